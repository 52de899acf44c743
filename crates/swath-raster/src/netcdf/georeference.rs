use super::attributes::Attributes;
use super::axes::{Axis, Role, any_role, habitual, is_place};
use super::file::{File, Variable};
use super::grid_mapping;
use crate::crs::Crs;
use crate::{Affine, Georeference, Result};

/// Where the pixels of a variable lie, and in which order the file stores them.
pub(super) struct Placed {
    pub x: SpatialDimension,
    pub y: SpatialDimension,
    pub crs: Option<Crs>,
    /// Of pixel corners, rows from north to south.
    pub transform: Affine,
    pub georeference: Georeference,
    /// Why the grid mapping, though there is one, gives no CRS.
    pub complaint: Option<String>,
}

pub(super) struct SpatialDimension {
    /// Its place among the variable's dimensions.
    pub at: usize,
    /// Stored from south to north, so that rows are read from the end.
    pub flipped: bool,
}

/// A dimension of the variable with what its coordinate variable says.
struct Candidate<'f> {
    at: usize,
    coordinate: Option<&'f Variable>,
    role: Option<Role>,
}

pub(super) fn place(file: &File, variable: &Variable) -> Result<Placed> {
    let mapping = mapping(file, variable);
    // A grid mapping that PROJ refuses costs the CRS, not the pixels.
    let (crs, complaint) = match mapping.map(grid_mapping::crs).transpose() {
        Ok(crs) => (crs.flatten(), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let (x, y) = spatial(file, variable, crs.is_some());
    let unplaced = |x: &Candidate, y: &Candidate, crs: Option<Crs>, georeference| Placed {
        x: SpatialDimension { at: x.at, flipped: false },
        y: SpatialDimension { at: y.at, flipped: !falls(file, y) },
        crs,
        transform: Affine::IDENTITY,
        georeference,
        complaint: complaint.clone(),
    };
    if let Some((x_name, y_name)) = curvilinear(file, variable, &x, &y) {
        let mut placed = unplaced(&x, &y, crs, Georeference::Curvilinear { x: x_name.path.clone(), y: y_name.path.clone() });
        placed.y.flipped = !falls_down_the_middle(file, y_name);
        return Ok(placed);
    }
    let roles = x.role.is_some() && y.role.is_some();
    let axes = roles.then(|| Some((axis(file, &x, mapping, crs.as_ref())?, axis(file, &y, mapping, crs.as_ref())?))).flatten();
    let Some((x_axis, y_axis)) = axes else {
        let mut placed = unplaced(&x, &y, crs, Georeference::None);
        if let Some(transform) = mapping.filter(|_| placed.crs.is_some()).and_then(written_transform) {
            // A file of GDAL's own without coordinates: its transform speaks of rows from the north, stored from the south.
            (placed.transform, placed.georeference) = (transform, Georeference::Affine);
        }
        return Ok(placed);
    };
    let geographic = x.role == Some(Role::Longitude) && y.role == Some(Role::Latitude);
    let georeference = match [&x_axis, &y_axis].into_iter().find(|axis| !axis.is_even()) {
        Some(uneven) => Georeference::Uneven { axis: uneven.name.clone() },
        None => Georeference::Affine,
    };
    let usable = x_axis.is_even() && (y_axis.is_even() || (geographic && y_axis.is_nearly_even()));
    let (x_at, y_at) = (x.at, y.at);
    let Some(transform) = transform(file, (&x, &x_axis), (&y, &y_axis)).filter(|_| usable) else {
        // Without a transform a CRS would only mislead.
        let georeference = if georeference == Georeference::Affine { Georeference::None } else { georeference };
        return Ok(unplaced(&x, &y, None, georeference));
    };
    let crs = match crs {
        None if geographic && complaint.is_none() => Some(Crs::parse("EPSG:4326")?),
        crs => crs,
    };
    Ok(Placed {
        x: SpatialDimension { at: x_at, flipped: x_axis.falls() },
        y: SpatialDimension { at: y_at, flipped: !y_axis.falls() && y_axis.values.len() > 1 },
        crs,
        transform,
        georeference,
        complaint,
    })
}

/// The variable that `grid_mapping` names; in the extended form (CF 1.11, section 5.6) the first.
fn mapping<'f>(file: &'f File, variable: &Variable) -> Option<&'f Variable> {
    let text = variable.text("grid_mapping")?;
    let name = text.split_whitespace().next()?.trim_end_matches(':');
    file.variable(&variable.group, name)
}

/// The dimensions of x and y: those whose coordinates say so, else the last two.
fn spatial<'f>(file: &'f File, variable: &Variable, mapped: bool) -> (Candidate<'f>, Candidate<'f>) {
    let rank = variable.inner.dimensions.len();
    let candidate = |at: usize| {
        let name = variable.inner.dimensions.get(at).map_or("", |dimension| dimension.name.as_str());
        let coordinate = file.variable(&variable.group, name).filter(|found| found.inner.dimensions.len() == 1);
        let role = coordinate.and_then(any_role).or_else(|| habitual(name).filter(|_| mapped && coordinate.is_some()));
        Candidate { at, coordinate, role }
    };
    let all: Vec<usize> = (0..rank).collect();
    let x = all.iter().rev().copied().find(|&at| candidate(at).role.is_some_and(Role::is_x));
    let y = all.iter().rev().copied().find(|&at| candidate(at).role.is_some_and(|role| !role.is_x()));
    let (x, y) = match (x, y) {
        (Some(x), Some(y)) => (x, y),
        _ => (rank - 1, rank - 2),
    };
    (candidate(x), candidate(y))
}

/// Whether a row's coordinate falls as the file goes on. What is not known counts as rising, as GDAL has it.
fn falls(file: &File, y: &Candidate) -> bool {
    y.coordinate.and_then(|coordinate| Axis::read(file, coordinate)).is_some_and(|axis| axis.falls())
}

/// The coordinate of a dimension in the unit of the CRS.
fn axis(file: &File, candidate: &Candidate, mapping: Option<&Variable>, crs: Option<&Crs>) -> Option<Axis> {
    let axis = Axis::read(file, candidate.coordinate?)?;
    let metres = match axis.units.as_deref().unwrap_or_default() {
        "km" | "kilometers" | "kilometres" | "kilometer" | "kilometre" => 1000.0,
        "m" | "meter" | "meters" | "metre" | "metres" => 1.0,
        "rad" | "radian" | "radians" => return Some(axis.scaled(mapping.and_then(grid_mapping::satellite_height).unwrap_or(1.0))),
        "microradian" => return Some(axis.scaled(mapping.and_then(grid_mapping::satellite_height).unwrap_or(1.0) * 1e-6)),
        _ => return Some(axis),
    };
    let unit = crs.filter(|crs| !crs.is_geographic()).map_or(1.0, Crs::unit_size);
    Some(if metres == unit { axis } else { axis.scaled(metres / unit) })
}

/// From the centres of the first and the last pixel of each axis to the corner of the grid.
fn transform(file: &File, (x, x_axis): (&Candidate, &Axis), (y, y_axis): (&Candidate, &Axis)) -> Option<Affine> {
    let x_step = x_axis.step().or_else(|| step_of_bounds(file, x));
    let y_step = y_axis.step().or_else(|| step_of_bounds(file, y));
    // An axis of one pixel without bounds: square pixels are the best guess.
    let dx = x_step.or(y_step)?.abs();
    let dy = y_step.or(x_step)?.abs();
    let west = x_axis.values.iter().copied().fold(f64::INFINITY, f64::min) - dx / 2.0;
    let north = y_axis.values.iter().copied().fold(f64::NEG_INFINITY, f64::max) + dy / 2.0;
    (dx > 0.0 && dy > 0.0 && west.is_finite() && north.is_finite()).then(|| Affine::north_up(west, north, dx, dy))
}

fn step_of_bounds(file: &File, candidate: &Candidate) -> Option<f64> {
    let coordinate = candidate.coordinate?;
    let bounds = file.numbers(file.variable(&coordinate.group, &coordinate.text("bounds")?)?)?;
    let [first, second] = bounds[..] else { return None };
    (first != second).then_some(second - first)
}

/// GDAL's own `GeoTransform` attribute, six numbers in GDAL's order.
fn written_transform(mapping: &Variable) -> Option<Affine> {
    let [c, a, b, f, d, e] = mapping.numbers("GeoTransform").try_into().ok()?;
    (a != 0.0 && e != 0.0).then_some(Affine { a, b, c, d, e, f })
}

/// The two-dimensional longitude and latitude that `coordinates` names, over the very dimensions of x and y.
fn curvilinear<'f>(file: &'f File, variable: &Variable, x: &Candidate, y: &Candidate) -> Option<(&'f Variable, &'f Variable)> {
    if x.role.is_some() && y.role.is_some() {
        return None;
    }
    let name = |at: usize| variable.inner.dimensions.get(at).map(|dimension| dimension.name.as_str());
    let text = variable.text("coordinates")?;
    let places = text.split_whitespace().filter_map(|word| file.variable(&variable.group, word));
    let over_both = |place: &&Variable| {
        let over: Vec<&str> = place.inner.dimensions.iter().map(|d| d.name.as_str()).collect();
        over.len() >= 2 && name(x.at).is_some_and(|x| over.contains(&x)) && name(y.at).is_some_and(|y| over.contains(&y))
    };
    let places: Vec<&Variable> = places.filter(over_both).filter(|place| is_place(place)).collect();
    let of = |x: bool| places.iter().copied().find(|place| any_role(place).is_some_and(|role| role.is_x() == x));
    Some((of(true)?, of(false)?))
}

/// Whether a two-dimensional latitude falls from the first row to the last, halfway along them.
fn falls_down_the_middle(file: &File, latitude: &Variable) -> bool {
    use super::file::Pick;
    let dimensions = &latitude.inner.dimensions;
    let Some(row) = dimensions.len().checked_sub(2) else { return false };
    let picks = dimensions.iter().enumerate().map(|(at, dimension)| match at {
        at if at == row => Pick::Range { start: 0, len: dimension.size },
        at if at == row + 1 => Pick::One(dimension.size / 2),
        _ => Pick::One(0),
    });
    let Ok(samples) = file.read(latitude, &picks.collect::<Vec<_>>()) else { return false };
    crate::with_real!(&samples, values => match (values.first(), values.last()) {
        (Some(first), Some(last)) => (*last as f64) < (*first as f64),
        _ => false,
    }, else false)
}
