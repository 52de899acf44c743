//! Data: GeoTIFF's projection methods (OGC 19-008r4, annex C.3) with the keys that hold their parameters.

use super::directory::Key;
use crate::crs::method::{self as m, Method, ParameterCode};

const STD_1: Key = 3078;
const STD_2: Key = 3079;
const NAT_LONGITUDE: Key = 3080;
const NAT_LATITUDE: Key = 3081;
const EASTING: Key = 3082;
const NORTHING: Key = 3083;
const FALSE_LONGITUDE: Key = 3084;
const FALSE_LATITUDE: Key = 3085;
const FALSE_EASTING: Key = 3086;
const FALSE_NORTHING: Key = 3087;
const CENTRE_LONGITUDE: Key = 3088;
const CENTRE_LATITUDE: Key = 3089;
const CENTRE_EASTING: Key = 3090;
const CENTRE_NORTHING: Key = 3091;
const SCALE: Key = 3092;
const CENTRE_SCALE: Key = 3093;
const AZIMUTH: Key = 3094;
const POLE_LONGITUDE: Key = 3095;
const RECTIFIED: Key = 3096;

/// A method by its GeoTIFF number, with the key of each of its parameters in their order.
pub(super) struct Coded {
    pub number: u16,
    pub method: Method,
    pub keys: &'static [Key],
}

pub(super) const MERCATOR: u16 = 7;
pub(super) const POLAR_STEREOGRAPHIC: u16 = 15;
pub(super) const EQUIRECTANGULAR: u16 = 17;

const NATURAL: &[Key] = &[NAT_LATITUDE, NAT_LONGITUDE, EASTING, NORTHING];
const CENTRAL: &[Key] = &[CENTRE_LATITUDE, CENTRE_LONGITUDE, EASTING, NORTHING];
const SCALED: &[Key] = &[NAT_LATITUDE, NAT_LONGITUDE, SCALE, EASTING, NORTHING];
const CENTRAL_SCALED: &[Key] = &[CENTRE_LATITUDE, CENTRE_LONGITUDE, SCALE, EASTING, NORTHING];
const POLAR_A: &[Key] = &[NAT_LATITUDE, POLE_LONGITUDE, SCALE, EASTING, NORTHING];
const POLAR_B: &[Key] = &[NAT_LATITUDE, POLE_LONGITUDE, EASTING, NORTHING];
const CONIC: &[Key] = &[NAT_LATITUDE, NAT_LONGITUDE, STD_1, STD_2, EASTING, NORTHING];
const LAMBERT: &[Key] = &[FALSE_LATITUDE, FALSE_LONGITUDE, STD_1, STD_2, FALSE_EASTING, FALSE_NORTHING];
const WORLD: &[Key] = &[CENTRE_LONGITUDE, EASTING, NORTHING];
const CYLINDER: &[Key] = &[STD_1, NAT_LONGITUDE, EASTING, NORTHING];
const PLATE: &[Key] = &[STD_1, CENTRE_LONGITUDE, EASTING, NORTHING];
const OBLIQUE: &[Key] = &[CENTRE_LATITUDE, CENTRE_LONGITUDE, AZIMUTH, RECTIFIED, CENTRE_SCALE, EASTING, NORTHING];
const OBLIQUE_CENTRE: &[Key] = &[CENTRE_LATITUDE, CENTRE_LONGITUDE, AZIMUTH, RECTIFIED, CENTRE_SCALE, CENTRE_EASTING, CENTRE_NORTHING];

const fn coded(number: u16, method: Method, keys: &'static [Key]) -> Coded {
    Coded { number, method, keys }
}

/// Where a number has two methods, the reader chooses by the parameters.
pub(super) const CODED: &[Coded] = &[
    coded(1, m::TRANSVERSE_MERCATOR, SCALED),
    coded(3, m::OBLIQUE_MERCATOR_A, OBLIQUE),
    coded(MERCATOR, m::MERCATOR_A, SCALED),
    coded(MERCATOR, m::MERCATOR_B, CYLINDER),
    coded(8, m::LAMBERT_CONIC_2SP, LAMBERT),
    coded(9, m::LAMBERT_CONIC_1SP, SCALED),
    coded(10, m::LAMBERT_AZIMUTHAL, CENTRAL),
    coded(11, m::ALBERS, CONIC),
    coded(12, m::AZIMUTHAL_EQUIDISTANT, CENTRAL),
    coded(13, m::EQUIDISTANT_CONIC, CONIC),
    coded(14, m::STEREOGRAPHIC, CENTRAL_SCALED),
    coded(POLAR_STEREOGRAPHIC, m::POLAR_STEREOGRAPHIC_A, POLAR_A),
    coded(POLAR_STEREOGRAPHIC, m::POLAR_STEREOGRAPHIC_B, POLAR_B),
    coded(16, m::OBLIQUE_STEREOGRAPHIC, SCALED),
    coded(EQUIRECTANGULAR, m::EQUIDISTANT_CYLINDRICAL, PLATE),
    coded(EQUIRECTANGULAR, m::EQUIDISTANT_CYLINDRICAL_SPHERE, PLATE),
    coded(18, m::CASSINI, NATURAL),
    coded(19, m::GNOMONIC, CENTRAL),
    coded(20, m::MILLER, WORLD),
    coded(21, m::ORTHOGRAPHIC, CENTRAL),
    coded(22, m::POLYCONIC, NATURAL),
    coded(23, m::ROBINSON, WORLD),
    coded(24, m::SINUSOIDAL, WORLD),
    coded(25, m::VAN_DER_GRINTEN, WORLD),
    coded(26, m::NEW_ZEALAND_MAP_GRID, NATURAL),
    coded(27, m::TRANSVERSE_MERCATOR_SOUTH, SCALED),
    coded(28, m::CYLINDRICAL_EQUAL_AREA, CYLINDER),
    coded(9815, m::OBLIQUE_MERCATOR_B, OBLIQUE_CENTRE),
];

/// Other keys in which writers put the same parameter.
pub(super) fn alternatives(parameter: ParameterCode) -> &'static [Key] {
    match parameter {
        m::LATITUDE | m::FALSE_LATITUDE | m::CENTRE_LATITUDE | m::POLAR_PARALLEL => &[NAT_LATITUDE, FALSE_LATITUDE, CENTRE_LATITUDE],
        m::LONGITUDE | m::FALSE_LONGITUDE | m::CENTRE_LONGITUDE | m::POLAR_LONGITUDE => {
            &[NAT_LONGITUDE, FALSE_LONGITUDE, CENTRE_LONGITUDE, POLE_LONGITUDE]
        }
        m::SCALE | m::CENTRE_SCALE => &[SCALE, CENTRE_SCALE],
        m::EASTING | m::FALSE_EASTING | m::CENTRE_EASTING => &[EASTING, CENTRE_EASTING, FALSE_EASTING],
        m::NORTHING | m::FALSE_NORTHING | m::CENTRE_NORTHING => &[NORTHING, CENTRE_NORTHING, FALSE_NORTHING],
        _ => &[],
    }
}

/// Linear units by EPSG code: name and metres.
pub(super) const LINEAR: &[(u16, &str, f64)] = &[
    (9001, "metre", 1.0),
    (1025, "millimetre", 0.001),
    (1033, "centimetre", 0.01),
    (9002, "foot", 0.304_8),
    (9003, "US survey foot", 0.304_800_609_601_219_2),
    (9005, "Clarke's foot", 0.304_797_265_4),
    (9014, "fathom", 1.828_8),
    (9030, "nautical mile", 1_852.0),
    (9031, "German legal metre", 1.000_013_596_5),
    (9033, "US survey chain", 20.116_840_233_680_5),
    (9034, "US survey link", 0.201_168_402_336_805),
    (9035, "US survey mile", 1_609.347_218_694_44),
    (9036, "kilometre", 1_000.0),
    (9037, "Clarke's yard", 0.914_391_796_2),
    (9038, "Clarke's chain", 20.116_619_516_4),
    (9039, "Clarke's link", 0.201_166_195_164),
    (9040, "British yard (Sears 1922)", 0.914_398_414_616_028_7),
    (9041, "British foot (Sears 1922)", 0.304_799_471_538_676_24),
    (9042, "British chain (Sears 1922)", 20.116_765_121_552_6),
    (9043, "British link (Sears 1922)", 0.201_167_651_215_526),
    (9050, "British yard (Benoit 1895 A)", 0.914_399_2),
    (9051, "British foot (Benoit 1895 A)", 0.304_799_733_333_333),
    (9052, "British chain (Benoit 1895 A)", 20.116_782_4),
    (9053, "British link (Benoit 1895 A)", 0.201_167_824),
    (9060, "British yard (Benoit 1895 B)", 0.914_399_204_289_812),
    (9061, "British foot (Benoit 1895 B)", 0.304_799_734_763_271),
    (9062, "British chain (Benoit 1895 B)", 20.116_782_494_375_9),
    (9063, "British link (Benoit 1895 B)", 0.201_167_824_943_759),
    (9070, "British foot (1865)", 0.304_800_833_333_333),
    (9080, "Indian foot", 0.304_799_510_248_146_94),
    (9081, "Indian foot (1937)", 0.304_798_41),
    (9082, "Indian foot (1962)", 0.304_799_6),
    (9083, "Indian foot (1975)", 0.304_799_5),
    (9084, "Indian yard", 0.914_398_530_744_440_8),
    (9085, "Indian yard (1937)", 0.914_395_23),
    (9086, "Indian yard (1962)", 0.914_398_8),
    (9087, "Indian yard (1975)", 0.914_398_5),
    (9093, "Statute mile", 1_609.344),
    (9094, "Gold Coast foot", 0.304_799_710_181_509),
    (9095, "British foot (1936)", 0.304_800_749_1),
    (9096, "yard", 0.914_4),
    (9097, "chain", 20.116_8),
    (9098, "link", 0.201_168),
    (9099, "British yard (Sears 1922 truncated)", 0.914_398),
    (9300, "British foot (Sears 1922 truncated)", 0.304_799_333_333_333),
    (9301, "British chain (Sears 1922 truncated)", 20.116_756),
    (9302, "British link (Sears 1922 truncated)", 0.201_167_56),
];

/// Angular units by EPSG code: name and radians.
pub(super) const ANGULAR: &[(u16, &str, f64)] = &[
    (9102, "degree", std::f64::consts::PI / 180.0),
    (9101, "radian", 1.0),
    (9103, "arc-minute", std::f64::consts::PI / 10_800.0),
    (9104, "arc-second", std::f64::consts::PI / 648_000.0),
    (9105, "grad", std::f64::consts::PI / 200.0),
    (9106, "gon", std::f64::consts::PI / 200.0),
    (9109, "microradian", 1e-6),
    (9112, "centesimal minute", std::f64::consts::PI / 20_000.0),
    (9113, "centesimal second", std::f64::consts::PI / 2_000_000.0),
    (9114, "mil_6400", std::f64::consts::PI / 3200.0),
    (9122, "degree", std::f64::consts::PI / 180.0),
];
