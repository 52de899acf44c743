use super::directory::{Directory, Value};
use crate::crs::GeoKeys;
use crate::{Affine, Georeference, RasterInfo};

const PIXEL_SCALE: u16 = 33550;
const TIEPOINTS: u16 = 33922;
const TRANSFORMATION: u16 = 34264;
const KEY_DIRECTORY: u16 = 34735;
const KEY_DOUBLES: u16 = 34736;
const KEY_ASCII: u16 = 34737;
/// GTRasterTypeGeoKey: 1 is PixelIsArea, 2 is PixelIsPoint (OGC 19-008r4, clause 7.4.1).
const RASTER_TYPE: u16 = 1025;

/// The tags that tie pixels to the ground (OGC 19-008r4, annex C); none where the source is not tied.
pub(super) fn georeference(info: &RasterInfo, directory: &mut Directory) {
    match &info.georeference {
        Georeference::Affine => affine(info.grid.transform, info.pixel_is_point, directory),
        Georeference::Gcps(points) => {
            let half = if info.pixel_is_point { 0.5 } else { 0.0 };
            let ties = points.iter().flat_map(|&[col, row, x, y, z]| [col - half, row - half, 0.0, x, y, z]).collect();
            directory.set(TIEPOINTS, Value::Double(ties));
        }
        Georeference::None | Georeference::Curvilinear { .. } | Georeference::Uneven { .. } if info.grid.crs.is_none() => return,
        Georeference::None | Georeference::Curvilinear { .. } | Georeference::Uneven { .. } => {}
    }
    let mut keys = info.grid.crs.as_ref().map(|crs| GeoKeys::from_crs(crs, info.pixel_is_point)).unwrap_or_default();
    if keys.directory.is_empty() {
        // Readers take any key for a CRS without a name, so there is none but where pixels are points.
        if !info.pixel_is_point {
            return;
        }
        keys.directory = vec![1, 1, 0, 1, RASTER_TYPE, 0, 1, 2];
    }
    directory.set(KEY_DIRECTORY, Value::Short(keys.directory));
    if !keys.doubles.is_empty() {
        directory.set(KEY_DOUBLES, Value::Double(keys.doubles));
    }
    if !keys.ascii.is_empty() {
        directory.set(KEY_ASCII, Value::Ascii(keys.ascii));
    }
}

/// With PixelIsPoint the file counts from the centre of the first pixel, while `t` is always that of corners.
fn affine(t: Affine, pixel_is_point: bool, directory: &mut Directory) {
    let (left, top) = if pixel_is_point { t.apply(0.5, 0.5) } else { (t.c, t.f) };
    if t.is_axis_aligned() && t.a > 0.0 && t.e < 0.0 {
        directory.set(PIXEL_SCALE, Value::Double(vec![t.a, -t.e, 0.0]));
        directory.set(TIEPOINTS, Value::Double(vec![0.0, 0.0, 0.0, left, top, 0.0]));
        return;
    }
    #[rustfmt::skip]
    let matrix = vec![
        t.a, t.b, 0.0, left,
        t.d, t.e, 0.0, top,
        0.0, 0.0, 0.0, 0.0,
        0.0, 0.0, 0.0, 1.0,
    ];
    directory.set(TRANSFORMATION, Value::Double(matrix));
}
