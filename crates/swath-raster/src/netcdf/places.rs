//! Two-dimensional longitudes and latitudes, and uneven axes: where pixels lie that no affine map places.

use super::attributes::Attributes;
use super::axes::{any_role, is_place};
use super::file::{File, Pick, Variable};
use crate::Shape;

/// What places the pixels of a raster one by one.
#[derive(Clone)]
pub(super) enum Places {
    Arrays(Box<Arrays>),
    /// Centres of columns and rows, in the order of the raster.
    Axes {
        x: Vec<f64>,
        y: Vec<f64>,
    },
}

/// Arrays of longitude and latitude.
#[derive(Clone)]
pub(super) struct Arrays {
    pub longitude: Variable,
    pub latitude: Variable,
    /// The names of the dimensions of columns and rows.
    pub sides: [String; 2],
    pub shape: Shape,
    /// Rows are stored from south to north.
    pub flipped: bool,
}

/// A pixel's centre: column, row, x, y.
pub(super) type Point = [f64; 4];

/// The longitudes and latitudes over two dimensions of a variable: those that `coordinates` names, else the only ones in the file that
/// span dimensions of the variable.
pub(super) fn arrays<'f>(file: &'f File, variable: &Variable) -> Option<(&'f Variable, &'f Variable)> {
    let text = variable.text("coordinates").unwrap_or_default();
    let named: Vec<&Variable> = text.split_whitespace().filter_map(|word| file.variable(&variable.group, word)).collect();
    pair(&named, variable).or_else(|| {
        let all: Vec<&Variable> = file.variables.iter().filter(|v| v.path != variable.path).collect();
        pair(&all, variable)
    })
}

fn pair<'f>(among: &[&'f Variable], variable: &Variable) -> Option<(&'f Variable, &'f Variable)> {
    let own: Vec<&str> = variable.inner.dimensions.iter().map(|d| d.name.as_str()).collect();
    let spans = |place: &&&Variable| {
        let over: Vec<&str> = place.inner.dimensions.iter().map(|d| d.name.as_str()).collect();
        over.len() >= 2 && over.iter().all(|name| own.contains(name))
    };
    let places: Vec<&'f Variable> = among.iter().filter(spans).copied().filter(|place| is_place(place)).collect();
    let of = |x: bool| {
        let mut found = places.iter().copied().filter(|place| any_role(place).is_some_and(|role| role.is_x() == x));
        let first = found.next();
        first.filter(|_| found.next().is_none())
    };
    let (x, y) = (of(true)?, of(false)?);
    let names = |v: &Variable| v.inner.dimensions.iter().map(|d| d.name.clone()).collect::<Vec<_>>();
    (names(x) == names(y)).then_some((x, y))
}

impl Arrays {
    /// One row of the file's own order; `None` where it cannot be read.
    fn row(&self, file: &File, place: &Variable, row: u32) -> Option<Vec<f64>> {
        let picks: Vec<Pick> = place
            .inner
            .dimensions
            .iter()
            .map(|dimension| match &dimension.name {
                name if *name == self.sides[1] => Pick::One(u64::from(row).min(dimension.size.saturating_sub(1))),
                name if *name == self.sides[0] => Pick::Range { start: 0, len: dimension.size },
                _ => Pick::One(0),
            })
            .collect();
        let samples = file.read(place, &picks).ok()?;
        let (scale, offset) = (place.number("scale_factor").unwrap_or(1.0), place.number("add_offset").unwrap_or(0.0));
        let fill: Vec<f64> = place.numbers("_FillValue").into_iter().chain(place.numbers("missing_value")).collect();
        let value = |v: f64| if fill.contains(&v) || !v.is_finite() || v.abs() > 1e30 { f64::NAN } else { v * scale + offset };
        Some(crate::with_real!(&samples, values => values.iter().map(|&v| value(v as f64)).collect(), else return None))
    }
    /// Whether the first row lies north of the last, halfway along them.
    pub fn falls(&self, file: &File) -> bool {
        let middle = |row: u32| {
            let values = self.row(file, &self.latitude, row)?;
            values.get(values.len() / 2).copied().filter(|v| !v.is_nan())
        };
        matches!((middle(0), middle(self.shape.height.saturating_sub(1))), (Some(first), Some(last)) if last < first)
    }
    /// Longitudes and latitudes of a row of the raster.
    fn raster_row(&self, file: &File, row: u32) -> Option<[Vec<f64>; 2]> {
        let row = if self.flipped { self.shape.height.checked_sub(row + 1)? } else { row };
        Some([self.row(file, &self.longitude, row)?, self.row(file, &self.latitude, row)?])
    }
}

impl Places {
    /// Points of a lattice over the raster, its edges included, `side` on a side or as many as there are pixels; without those that the
    /// file leaves empty or that cannot be read.
    pub fn lattice(&self, file: &File, shape: Shape, side: u32) -> Vec<Point> {
        let columns = ticks(shape.width, side);
        let mut points = Vec::new();
        for row in ticks(shape.height, side) {
            let places = match self {
                Self::Axes { x, y } => y.get(row as usize).map(|&y| [x.clone(), vec![y; x.len()]]),
                Self::Arrays(arrays) => arrays.raster_row(file, row),
            };
            let Some([xs, ys]) = places else { continue };
            for &column in &columns {
                if let (Some(&x), Some(&y)) = (xs.get(column as usize), ys.get(column as usize))
                    && x.is_finite()
                    && y.is_finite()
                {
                    points.push([f64::from(column), f64::from(row), x, y]);
                }
            }
        }
        points
    }
}

/// Places along a side, its first and its last among them.
fn ticks(len: u32, most: u32) -> Vec<u32> {
    let count = most.min(len).max(1);
    let last = u64::from(len.saturating_sub(1));
    let mut ticks: Vec<u32> = (0..count).map(|at| (u64::from(at) * last / u64::from((count - 1).max(1))) as u32).collect();
    ticks.dedup();
    ticks
}
