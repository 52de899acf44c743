use super::attributes::Attributes;
use super::axes::{Axis, Role, any_role, habitual};
use super::file::{File, Variable};
use super::places::{self, Arrays, Places};
use super::{fit, grid_mapping, wrf};
use crate::crs::Crs;
use crate::{Affine, Georeference, Result, Shape};

/// Where the pixels of a variable lie, and in which order the file stores them.
pub(super) struct Placed {
    pub x: SpatialDimension,
    pub y: SpatialDimension,
    pub crs: Option<Crs>,
    /// Of pixel corners, rows from north to south.
    pub transform: Affine,
    pub georeference: Georeference,
    /// What places pixels where no affine map does.
    pub places: Option<Places>,
    /// What a person should know, by key.
    pub notes: Vec<(&'static str, String)>,
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

/// Points on a side of the lattice by which a grid is known for affine.
const PROBES: u32 = 9;

/// Why the grid mapping, though there is one, gives no CRS.
const COMPLAINT: &str = "SWATH_CRS";

pub(super) fn place(file: &File, variable: &Variable) -> Result<Placed> {
    let mapping = grid_mapping::of(file, variable);
    let mut notes = Vec::new();
    // A grid mapping that PROJ refuses costs the CRS, not the pixels.
    let crs = grid_mapping::crs_of(file, variable, mapping).unwrap_or_else(|error| {
        notes.push((COMPLAINT, error.to_string()));
        None
    });
    let (x, y) = spatial(file, variable);
    let roles = x.role.is_some() && y.role.is_some();
    let mut placed = match roles.then(|| axes(file, (&x, &y), mapping, crs.as_ref())).flatten() {
        Some(axes) => {
            let mut placed = by_axes(file, (&x, &y), axes, crs.clone(), notes.is_empty())?;
            let written = || grid_mapping::written_transform(variable, mapping).filter(|_| placed.georeference == Georeference::None);
            if let (Some(crs), Some(transform)) = (crs, written()) {
                // A single pixel without bounds: its size is told elsewhere.
                (placed.crs, placed.transform, placed.georeference) = (Some(crs), transform, Georeference::Affine);
            }
            placed
        }
        None => match places::arrays(file, variable).filter(|_| !roles) {
            Some((longitude, latitude)) => by_arrays(file, variable, (longitude, latitude), crs)?,
            None => without_coordinates(file, variable, mapping, (&x, &y), crs),
        },
    };
    placed.notes.extend(notes);
    Ok(placed)
}

/// The dimensions of x and y: those whose coordinates say so, else the last two.
fn spatial<'f>(file: &'f File, variable: &Variable) -> (Candidate<'f>, Candidate<'f>) {
    let rank = variable.inner.dimensions.len();
    let candidate = |at: usize| {
        let name = variable.inner.dimensions.get(at).map_or("", |dimension| dimension.name.as_str());
        let coordinate = file.variable(&variable.group, name).filter(|found| found.inner.dimensions.len() == 1 && !found.is_time());
        let role = coordinate.and_then(any_role).or_else(|| habitual(name).filter(|_| coordinate.is_some()));
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

/// The coordinates of both dimensions in the unit of the CRS.
fn axes(file: &File, (x, y): (&Candidate, &Candidate), mapping: Option<&Variable>, crs: Option<&Crs>) -> Option<(Axis, Axis)> {
    let geographic = crs.is_none_or(Crs::is_geographic);
    let x_axis = axis(file, x, mapping, crs)?;
    let x_axis = if x.role == Some(Role::Longitude) && geographic { x_axis.unwrapped() } else { x_axis };
    Some((x_axis, axis(file, y, mapping, crs)?))
}

fn by_axes(file: &File, (x, y): (&Candidate, &Candidate), (x_axis, y_axis): (Axis, Axis), crs: Option<Crs>, sane: bool) -> Result<Placed> {
    let geographic = x.role == Some(Role::Longitude) && y.role == Some(Role::Latitude);
    let crs = match crs {
        None if geographic && sane => Some(Crs::parse("EPSG:4326")?),
        crs => crs,
    };
    let uneven: Vec<&Axis> = [&x_axis, &y_axis].into_iter().filter(|axis| !axis.is_even()).collect();
    let usable = uneven.iter().all(|axis| axis.is_nearly_even());
    let transform = transform(file, (x, &x_axis), (y, &y_axis));
    let notes = uneven.iter().filter(|_| usable).map(|axis| {
        let off = axis.displaced();
        (
            "SWATH_UNEVEN",
            format!("{} has uneven steps; pixels lie up to {:.1} % of a step from where the transform puts them", axis.name, 100.0 * off),
        )
    });
    let notes = notes.collect();
    let (x_flipped, y_flipped) = (x_axis.falls(), !y_axis.falls() && y_axis.values.len() > 1);
    let (georeference, places) = match (uneven.first(), transform, usable) {
        (_, Some(_), true) => (Georeference::Affine, None),
        (Some(uneven), ..) => {
            (Georeference::Uneven { axis: uneven.name.clone() }, Some(axes_as_places(&x_axis, &y_axis, [x_flipped, y_flipped])))
        }
        (None, ..) => (Georeference::None, None),
    };
    // Without a transform a CRS would only mislead, unless points go with it.
    let crs = crs.filter(|_| georeference != Georeference::None);
    let transform = transform.filter(|_| georeference == Georeference::Affine).unwrap_or(Affine::IDENTITY);
    Ok(Placed {
        x: SpatialDimension { at: x.at, flipped: x_flipped },
        y: SpatialDimension { at: y.at, flipped: y_flipped },
        crs,
        transform,
        georeference,
        places,
        notes,
    })
}

fn axes_as_places(x: &Axis, y: &Axis, [flip_x, flip_y]: [bool; 2]) -> Places {
    let turned = |axis: &Axis, flip: bool| {
        let mut values = axis.values.clone();
        if flip {
            values.reverse();
        }
        values
    };
    Places::Axes { x: turned(x, flip_x), y: turned(y, flip_y) }
}

/// Two-dimensional coordinates: an affine grid of a projection after all, or truly curvilinear.
fn by_arrays(file: &File, variable: &Variable, (longitude, latitude): (&Variable, &Variable), crs: Option<Crs>) -> Result<Placed> {
    let dimensions = &variable.inner.dimensions;
    let at = |name: &str| dimensions.iter().position(|dimension| dimension.name == name);
    // The longer sides of the coordinates are rows and columns, in the variable's own order.
    let mut over: Vec<usize> = latitude.inner.dimensions.iter().filter(|d| d.size > 1).filter_map(|d| at(&d.name)).collect();
    if over.len() != 2 {
        // One pixel wide, or moving in time, as WRF's nests: the first step's last two dimensions.
        over = latitude.inner.dimensions.iter().rev().take(2).filter_map(|d| at(&d.name)).collect();
    }
    over.sort_unstable();
    let [y_at, x_at] = over[..] else {
        return Ok(nowhere(dimensions.len() - 1, dimensions.len() - 2, crs));
    };
    let size = |at: usize| u32::try_from(dimensions[at].size).unwrap_or(u32::MAX);
    let shape = Shape { width: size(x_at), height: size(y_at) };
    let sides = [x_at, y_at].map(|at| dimensions[at].name.clone());
    let mut arrays = Arrays { longitude: longitude.clone(), latitude: latitude.clone(), sides, shape, flipped: false };
    arrays.flipped = !arrays.falls(file);
    let flipped = arrays.flipped;
    let places = Places::Arrays(Box::new(arrays));
    let told = crs.is_some();
    let crs = crs.or_else(|| wrf::crs(file)?.ok()).map_or_else(|| Crs::parse("EPSG:4326"), Ok)?;
    let probes = places.lattice(file, shape, PROBES);
    let placed = Placed {
        x: SpatialDimension { at: x_at, flipped: false },
        y: SpatialDimension { at: y_at, flipped },
        crs: None,
        transform: Affine::IDENTITY,
        georeference: Georeference::Curvilinear { x: longitude.path.clone(), y: latitude.path.clone() },
        places: None,
        notes: Vec::new(),
    };
    Ok(match fit::affine(&probes, shape, &crs) {
        Some(transform) => Placed { crs: Some(crs), transform, georeference: Georeference::Affine, ..placed },
        None => Placed { crs: if told { Some(crs) } else { None }, places: Some(places), ..placed },
    })
}

fn nowhere(x: usize, y: usize, crs: Option<Crs>) -> Placed {
    Placed {
        x: SpatialDimension { at: x, flipped: false },
        y: SpatialDimension { at: y, flipped: true },
        crs,
        transform: Affine::IDENTITY,
        georeference: Georeference::None,
        places: None,
        notes: Vec::new(),
    }
}

/// No coordinates: a transform may be written beside the CRS. Rows count as stored from the south, as GDAL has it, unless the file is
/// one of GDAL's own from before it followed CF, or the coordinate falls.
fn without_coordinates(
    file: &File,
    variable: &Variable,
    mapping: Option<&Variable>,
    (x, y): (&Candidate, &Candidate),
    crs: Option<Crs>,
) -> Placed {
    let falls = y.coordinate.and_then(|coordinate| Axis::read(file, coordinate)).is_some_and(|axis| axis.falls());
    let mut placed = nowhere(x.at, y.at, crs);
    placed.y.flipped = !falls;
    let Some(transform) = grid_mapping::written_transform(variable, mapping).filter(|_| placed.crs.is_some()) else { return placed };
    let cf = file.attributes.get("Conventions").and_then(netcdf_reader::NcAttrValue::as_string).is_some_and(|text| text.contains("CF"));
    placed.y.flipped = !falls && cf;
    (placed.transform, placed.georeference) = (transform, Georeference::Affine);
    placed
}

/// The coordinate of a dimension in the unit of the CRS.
fn axis(file: &File, candidate: &Candidate, mapping: Option<&Variable>, crs: Option<&Crs>) -> Option<Axis> {
    let axis = Axis::read(file, candidate.coordinate?)?;
    let height = || mapping.and_then(grid_mapping::satellite_height);
    let metres = match axis.units.as_deref().unwrap_or_default() {
        "km" | "kilometers" | "kilometres" | "kilometer" | "kilometre" => 1000.0,
        "m" | "meter" | "meters" | "metre" | "metres" => 1.0,
        "ft" | "foot" | "feet" => 0.3048,
        "us-ft" | "US_survey_foot" | "US_survey_feet" => 1200.0 / 3937.0,
        "rad" | "radian" | "radians" if height().is_none() && crs.is_none_or(Crs::is_geographic) => {
            return Some(axis.scaled(1f64.to_degrees()));
        }
        "rad" | "radian" | "radians" => return Some(axis.scaled(height().unwrap_or(1.0))),
        "microradian" | "microradians" | "urad" => return Some(axis.scaled(height().unwrap_or(1.0) * 1e-6)),
        "degrees" | "degree" if height().is_some() => return Some(axis.scaled(height().unwrap_or(1.0).to_radians())),
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
