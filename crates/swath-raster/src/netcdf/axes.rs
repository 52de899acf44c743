use super::attributes::Attributes;
use super::file::{File, Variable};

/// What an axis measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    X,
    Y,
    Longitude,
    Latitude,
}

impl Role {
    pub fn is_x(self) -> bool {
        matches!(self, Self::X | Self::Longitude)
    }
}

/// What `standard_name` says (CF 1.11, sections 4.1, 4.2 and 5.6).
fn role(variable: &Variable) -> Option<Role> {
    match variable.text("standard_name")?.as_str() {
        "longitude" => Some(Role::Longitude),
        "latitude" => Some(Role::Latitude),
        "projection_x_coordinate" | "grid_longitude" | "projection_x_angular_coordinate" => Some(Role::X),
        "projection_y_coordinate" | "grid_latitude" | "projection_y_angular_coordinate" => Some(Role::Y),
        _ => None,
    }
}

/// What a coordinate variable measures: by its `standard_name`, then by units, by `axis`, by the usual names of latitude and longitude.
pub(super) fn any_role(variable: &Variable) -> Option<Role> {
    role(variable).or_else(|| by_units(variable)).or_else(|| by_axis(variable)).or_else(|| by_name(&variable.inner.name))
}

fn by_units(variable: &Variable) -> Option<Role> {
    match variable.text("units")?.replace(' ', "_").as_str() {
        "degrees_east" | "degree_east" | "degrees_E" | "degree_E" | "degreesE" | "degreeE" => Some(Role::Longitude),
        "degrees_north" | "degree_north" | "degrees_N" | "degree_N" | "degreesN" | "degreeN" => Some(Role::Latitude),
        _ => None,
    }
}

fn by_axis(variable: &Variable) -> Option<Role> {
    match variable.text("axis").or_else(|| variable.text("_CoordinateAxisType"))?.as_str() {
        "X" | "GeoX" => Some(Role::X),
        "Y" | "GeoY" => Some(Role::Y),
        "Lon" => Some(Role::Longitude),
        "Lat" => Some(Role::Latitude),
        _ => None,
    }
}

fn by_name(name: &str) -> Option<Role> {
    match name.to_ascii_lowercase().as_str() {
        "lon" | "long" | "longitude" => Some(Role::Longitude),
        "lat" | "latitude" => Some(Role::Latitude),
        _ => None,
    }
}

/// The names that x and y bear by habit: they mean something only beside a grid mapping.
pub(super) fn habitual(name: &str) -> Option<Role> {
    match name.to_ascii_lowercase().as_str() {
        "x" | "xc" | "easting" => Some(Role::X),
        "y" | "yc" | "northing" => Some(Role::Y),
        _ => None,
    }
}

/// Whether a variable of two dimensions or more gives the place of pixels, not their values.
pub(super) fn is_place(variable: &Variable) -> bool {
    by_units(variable).is_some() || matches!(role(variable), Some(Role::Latitude | Role::Longitude))
}

/// The values of a one-dimensional coordinate, unpacked, in rising index.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    pub name: String,
    pub values: Vec<f64>,
    pub units: Option<String>,
    /// Stored as 32-bit floats, whose last digits are noise.
    single: bool,
}

/// Coordinates longer than this are not believed.
const LONGEST: u64 = 1 << 24;

impl Axis {
    pub fn read(file: &File, variable: &Variable) -> Option<Self> {
        let [dimension] = variable.inner.dimensions.as_slice() else { return None };
        if dimension.size > LONGEST {
            return None;
        }
        let (scale, offset) = (variable.number("scale_factor").unwrap_or(1.0), variable.number("add_offset").unwrap_or(0.0));
        let mut values: Vec<f64> = file.numbers(variable)?.into_iter().map(|v| v * scale + offset).collect();
        let single = matches!(variable.inner.dtype, netcdf_reader::NcType::Float);
        if values.iter().all(|v| !v.is_finite() || *v > 9e36) {
            // Nobody wrote the coordinates, but COARDS' range of cell centres may stand beside them.
            values = spread(variable, values.len())?;
        }
        let whole = values.iter().all(|v| v.is_finite());
        whole.then(|| Self { name: variable.inner.name.clone(), values, units: variable.text("units"), single })
    }
    pub fn scaled(mut self, factor: f64) -> Self {
        self.values.iter_mut().for_each(|v| *v *= factor);
        self
    }
    /// Longitudes made to run on where they jump back by a turn, and none beyond 180 where all are. Nothing else moves.
    pub fn unwrapped(mut self) -> Self {
        // Only a step against all the others is a jump: two pixels may well lie more than half a turn apart.
        let steps: Vec<f64> = self.values.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let against =
            |step: f64| step.abs() > 180.0 && steps.len() > 1 && steps.iter().filter(|other| other.signum() == step.signum()).count() == 1;
        let jumps: Vec<usize> = (0..steps.len()).filter(|&at| against(steps[at])).map(|at| at + 1).collect();
        if let [jump] = jumps[..] {
            let up = self.values[jump] < self.values[jump - 1];
            // 350 .. 359, 0 .. 10 becomes -10 .. 10; 170 .. 179, -180 .. -170 becomes 170 .. 190.
            let crosses_zero = self.values[..jump].iter().chain(&self.values[jump..]).all(|v| *v >= 0.0);
            let (turned, turn) = match (up, crosses_zero) {
                (true, true) => (0..jump, -360.0),
                (true, false) => (jump..self.values.len(), 360.0),
                (false, true) => (jump..self.values.len(), -360.0),
                (false, false) => (0..jump, 360.0),
            };
            self.values[turned].iter_mut().for_each(|v| *v += turn);
        }
        if self.values.iter().all(|v| *v > 180.0) {
            self.values.iter_mut().for_each(|v| *v -= 360.0);
        }
        self
    }
    /// The mean step; `None` for a single value.
    pub fn step(&self) -> Option<f64> {
        let (first, last) = (self.values.first()?, self.values.last()?);
        let step = (last - first) / (self.values.len().checked_sub(1).filter(|n| *n > 0)? as f64);
        (step != 0.0).then_some(step)
    }
    pub fn falls(&self) -> bool {
        self.step().is_some_and(|step| step < 0.0)
    }
    /// How far the steps stray from their mean.
    fn strays(&self) -> f64 {
        let Some(step) = self.step() else { return 0.0 };
        self.values.windows(2).map(|pair| (pair[1] - pair[0] - step).abs()).fold(0.0, f64::max)
    }
    /// How far values lie from where even steps would put them, in steps.
    pub fn displaced(&self) -> f64 {
        let (Some(step), Some(first)) = (self.step(), self.values.first()) else { return 0.0 };
        self.values.iter().enumerate().map(|(at, v)| ((v - first) / step - at as f64).abs()).fold(0.0, f64::max)
    }
    /// Steps alike to a thousandth, or as well as 32-bit floats can say them.
    pub fn is_even(&self) -> bool {
        let Some(step) = self.step() else { return self.values.len() < 2 };
        let largest = self.values.iter().fold(0.0f64, |max, v| max.max(v.abs()));
        let noise = if self.single { 4.0 * f64::from(f32::EPSILON) * largest } else { 1e-9 * largest };
        self.strays() <= 1e-3 * step.abs() + noise
    }
    /// Uneven, yet by so little that one step serves, as for Gaussian latitudes: no value lies off by more than a twentieth of a step.
    pub fn is_nearly_even(&self) -> bool {
        self.step().is_some() && self.displaced() <= 0.05
    }
}

/// Cell centres from `actual_range`.
fn spread(variable: &Variable, len: usize) -> Option<Vec<f64>> {
    let [first, last] = variable.numbers("actual_range")[..] else { return None };
    let steps = len.checked_sub(1).filter(|steps| *steps > 0)?;
    (first.is_finite() && last.is_finite() && first != last)
        .then(|| (0..len).map(|at| first + (last - first) * at as f64 / steps as f64).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(values: &[f64]) -> Axis {
        Axis { name: "lon".to_owned(), values: values.to_vec(), units: None, single: false }
    }

    #[test]
    fn longitudes_run_on_across_their_jump() {
        for (stored, unwrapped) in [
            (vec![359.0, 1.5, 4.0], vec![-1.0, 1.5, 4.0]),
            (vec![175.0, 180.0, -175.0], vec![175.0, 180.0, 185.0]),
            (vec![4.0, 1.5, 359.0], vec![4.0, 1.5, -1.0]),
            (vec![280.0, 285.0, 290.0], vec![-80.0, -75.0, -70.0]),
            (vec![0.0, 120.0, 240.0], vec![0.0, 120.0, 240.0]),
            (vec![-180.0, 0.0, 180.0], vec![-180.0, 0.0, 180.0]),
            (vec![0.0, 187.5], vec![0.0, 187.5]),
            (vec![10.0, 200.0, 390.0], vec![10.0, 200.0, 390.0]),
        ] {
            assert_eq!(axis(&stored).unwrapped().values, unwrapped);
        }
    }

    #[test]
    fn evenness_is_judged_by_steps_and_by_place() {
        let even: Vec<f64> = (0..10).map(f64::from).collect();
        assert!(axis(&even).is_even() && axis(&even).is_nearly_even());
        let gaussian = [2.75, 5.58, 8.37, 11.16, 13.95];
        assert!(!axis(&gaussian).is_even() && axis(&gaussian).is_nearly_even(), "{}", axis(&gaussian).displaced());
        assert!(!axis(&[1.0, 2.0, 4.0, 8.0]).is_nearly_even());
        assert!(!axis(&[1.0, 1.0]).is_even());
    }
}
