//! Data: the projections and parameters that GeoTIFF and CF can say, by their names and numbers in the EPSG registry.

/// What a parameter measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    /// Degrees.
    Angle,
    /// The unit of the projected axes.
    Length,
    /// Always metres.
    Metres,
    Scale,
}

/// The number of a parameter in the EPSG registry; below 100 are our own, for those it does not have.
pub(crate) type ParameterCode = u16;

pub(crate) const LATITUDE: ParameterCode = 8801;
pub(crate) const LONGITUDE: ParameterCode = 8802;
pub(crate) const SCALE: ParameterCode = 8805;
pub(crate) const EASTING: ParameterCode = 8806;
pub(crate) const NORTHING: ParameterCode = 8807;
pub(crate) const CENTRE_LATITUDE: ParameterCode = 8811;
pub(crate) const CENTRE_LONGITUDE: ParameterCode = 8812;
pub(crate) const AZIMUTH: ParameterCode = 8813;
pub(crate) const RECTIFIED: ParameterCode = 8814;
pub(crate) const CENTRE_SCALE: ParameterCode = 8815;
pub(crate) const CENTRE_EASTING: ParameterCode = 8816;
pub(crate) const CENTRE_NORTHING: ParameterCode = 8817;
pub(crate) const FALSE_LATITUDE: ParameterCode = 8821;
pub(crate) const FALSE_LONGITUDE: ParameterCode = 8822;
pub(crate) const PARALLEL_1: ParameterCode = 8823;
pub(crate) const PARALLEL_2: ParameterCode = 8824;
pub(crate) const FALSE_EASTING: ParameterCode = 8826;
pub(crate) const FALSE_NORTHING: ParameterCode = 8827;
pub(crate) const POLAR_PARALLEL: ParameterCode = 8832;
pub(crate) const POLAR_LONGITUDE: ParameterCode = 8833;
pub(crate) const TOPOCENTRIC_LATITUDE: ParameterCode = 8834;
pub(crate) const TOPOCENTRIC_LONGITUDE: ParameterCode = 8835;
pub(crate) const TOPOCENTRIC_HEIGHT: ParameterCode = 8836;
pub(crate) const VIEWPOINT_HEIGHT: ParameterCode = 8840;
pub(crate) const SATELLITE_HEIGHT: ParameterCode = 1;

/// Code, name and measure of every parameter.
pub(super) const PARAMETERS: &[(ParameterCode, &str, Measure)] = &[
    (LATITUDE, "Latitude of natural origin", Measure::Angle),
    (LONGITUDE, "Longitude of natural origin", Measure::Angle),
    (SCALE, "Scale factor at natural origin", Measure::Scale),
    (EASTING, "False easting", Measure::Length),
    (NORTHING, "False northing", Measure::Length),
    (CENTRE_LATITUDE, "Latitude of projection centre", Measure::Angle),
    (CENTRE_LONGITUDE, "Longitude of projection centre", Measure::Angle),
    (AZIMUTH, "Azimuth of initial line", Measure::Angle),
    (RECTIFIED, "Angle from Rectified to Skew Grid", Measure::Angle),
    (CENTRE_SCALE, "Scale factor on initial line", Measure::Scale),
    (CENTRE_EASTING, "Easting at projection centre", Measure::Length),
    (CENTRE_NORTHING, "Northing at projection centre", Measure::Length),
    (FALSE_LATITUDE, "Latitude of false origin", Measure::Angle),
    (FALSE_LONGITUDE, "Longitude of false origin", Measure::Angle),
    (PARALLEL_1, "Latitude of 1st standard parallel", Measure::Angle),
    (PARALLEL_2, "Latitude of 2nd standard parallel", Measure::Angle),
    (FALSE_EASTING, "Easting at false origin", Measure::Length),
    (FALSE_NORTHING, "Northing at false origin", Measure::Length),
    (POLAR_PARALLEL, "Latitude of standard parallel", Measure::Angle),
    (POLAR_LONGITUDE, "Longitude of origin", Measure::Angle),
    (TOPOCENTRIC_LATITUDE, "Latitude of topocentric origin", Measure::Angle),
    (TOPOCENTRIC_LONGITUDE, "Longitude of topocentric origin", Measure::Angle),
    (TOPOCENTRIC_HEIGHT, "Ellipsoidal height of topocentric origin", Measure::Metres),
    (VIEWPOINT_HEIGHT, "Viewpoint height", Measure::Metres),
    (SATELLITE_HEIGHT, "Satellite Height", Measure::Metres),
];

/// A projection method; `code` is 0 where the EPSG registry has none and PROJ goes by the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Method {
    pub code: u16,
    pub name: &'static str,
    pub parameters: &'static [ParameterCode],
}

const NATURAL: &[ParameterCode] = &[LATITUDE, LONGITUDE, EASTING, NORTHING];
const SCALED: &[ParameterCode] = &[LATITUDE, LONGITUDE, SCALE, EASTING, NORTHING];
const CONIC: &[ParameterCode] = &[FALSE_LATITUDE, FALSE_LONGITUDE, PARALLEL_1, PARALLEL_2, FALSE_EASTING, FALSE_NORTHING];
const WORLD: &[ParameterCode] = &[LONGITUDE, EASTING, NORTHING];
const CYLINDER: &[ParameterCode] = &[PARALLEL_1, LONGITUDE, EASTING, NORTHING];
const OBLIQUE: &[ParameterCode] = &[CENTRE_LATITUDE, CENTRE_LONGITUDE, AZIMUTH, RECTIFIED, CENTRE_SCALE, EASTING, NORTHING];
const OBLIQUE_CENTRE: &[ParameterCode] =
    &[CENTRE_LATITUDE, CENTRE_LONGITUDE, AZIMUTH, RECTIFIED, CENTRE_SCALE, CENTRE_EASTING, CENTRE_NORTHING];
const PERSPECTIVE: &[ParameterCode] =
    &[TOPOCENTRIC_LATITUDE, TOPOCENTRIC_LONGITUDE, TOPOCENTRIC_HEIGHT, VIEWPOINT_HEIGHT, EASTING, NORTHING];
const SATELLITE: &[ParameterCode] = &[LONGITUDE, SATELLITE_HEIGHT, EASTING, NORTHING];

macro_rules! methods {
    ($($constant:ident = $code:literal $name:literal $parameters:expr;)*) => {
        $(pub(crate) const $constant: Method = Method { code: $code, name: $name, parameters: $parameters };)*
    };
}

methods! {
    TRANSVERSE_MERCATOR = 9807 "Transverse Mercator" SCALED;
    TRANSVERSE_MERCATOR_SOUTH = 9808 "Transverse Mercator (South Orientated)" SCALED;
    LAMBERT_CONIC_1SP = 9801 "Lambert Conic Conformal (1SP)" SCALED;
    LAMBERT_CONIC_2SP = 9802 "Lambert Conic Conformal (2SP)" CONIC;
    ALBERS = 9822 "Albers Equal Area" CONIC;
    EQUIDISTANT_CONIC = 1119 "Equidistant Conic" CONIC;
    LAMBERT_AZIMUTHAL = 9820 "Lambert Azimuthal Equal Area" NATURAL;
    MERCATOR_A = 9804 "Mercator (variant A)" SCALED;
    MERCATOR_B = 9805 "Mercator (variant B)" CYLINDER;
    POLAR_STEREOGRAPHIC_A = 9810 "Polar Stereographic (variant A)" SCALED;
    POLAR_STEREOGRAPHIC_B = 9829 "Polar Stereographic (variant B)" &[POLAR_PARALLEL, POLAR_LONGITUDE, EASTING, NORTHING];
    OBLIQUE_STEREOGRAPHIC = 9809 "Oblique Stereographic" SCALED;
    STEREOGRAPHIC = 0 "Stereographic" SCALED;
    OBLIQUE_MERCATOR_A = 9812 "Hotine Oblique Mercator (variant A)" OBLIQUE;
    OBLIQUE_MERCATOR_B = 9815 "Hotine Oblique Mercator (variant B)" OBLIQUE_CENTRE;
    AZIMUTHAL_EQUIDISTANT = 1125 "Azimuthal Equidistant" NATURAL;
    SINUSOIDAL = 0 "Sinusoidal" WORLD;
    ORTHOGRAPHIC = 9840 "Orthographic" NATURAL;
    GNOMONIC = 0 "Gnomonic" NATURAL;
    POLYCONIC = 9818 "American Polyconic" NATURAL;
    CASSINI = 9806 "Cassini-Soldner" NATURAL;
    NEW_ZEALAND_MAP_GRID = 9811 "New Zealand Map Grid" NATURAL;
    EQUIDISTANT_CYLINDRICAL = 1028 "Equidistant Cylindrical" CYLINDER;
    EQUIDISTANT_CYLINDRICAL_SPHERE = 1029 "Equidistant Cylindrical (Spherical)" CYLINDER;
    CYLINDRICAL_EQUAL_AREA = 9835 "Lambert Cylindrical Equal Area" CYLINDER;
    ROBINSON = 0 "Robinson" WORLD;
    MILLER = 0 "Miller Cylindrical" WORLD;
    VAN_DER_GRINTEN = 0 "Van Der Grinten" WORLD;
    VERTICAL_PERSPECTIVE = 9838 "Vertical Perspective" PERSPECTIVE;
    GEOSTATIONARY_X = 0 "Geostationary Satellite (Sweep X)" SATELLITE;
    GEOSTATIONARY_Y = 0 "Geostationary Satellite (Sweep Y)" SATELLITE;
}
