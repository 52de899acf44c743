//! How pixels are tied to the ground (OGC 19-008r4, clause 7.2 and annex B).

use crate::{
    Affine, Error, Georeference, Result,
    crs::GeoKeys,
    tiff::{field::Fields, tags},
};

/// GTRasterTypeGeoKey.
const RASTER_TYPE: u16 = 1025;
const PIXEL_IS_POINT: u16 = 2;

/// The key tags; empty where there are none.
pub(crate) fn geo_keys(fields: &Fields) -> GeoKeys {
    let directory = fields.array(tags::GEO_KEY_DIRECTORY);
    GeoKeys {
        directory: directory
            .map(|v| (0..v.len().min(1 << 18)).map_while(|i| v.unsigned(i).and_then(|k| u16::try_from(k).ok())).collect())
            .unwrap_or_default(),
        doubles: fields.floats(tags::GEO_DOUBLES),
        ascii: fields.text(tags::GEO_ASCII).unwrap_or_default(),
    }
}

pub(crate) fn has_raster_type(keys: &GeoKeys) -> bool {
    keys.directory.get(4..).unwrap_or_default().as_chunks::<4>().0.iter().any(|[key, ..]| *key == RASTER_TYPE)
}

pub(crate) fn pixel_is_point(keys: &GeoKeys) -> bool {
    let entries = keys.directory.get(4..).unwrap_or_default().as_chunks::<4>().0;
    entries.iter().any(|[key, place, _, value]| (*key, *place, *value) == (RASTER_TYPE, 0, PIXEL_IS_POINT))
}

/// The transform of pixel corners, and what it rests on.
///
/// # Errors
/// Damaged where a number is not finite.
pub(crate) fn georeference(at: &str, fields: &Fields, pixel_is_point: bool) -> Result<(Affine, Georeference)> {
    let scale = fields.floats(tags::MODEL_PIXEL_SCALE);
    let points = fields.floats(tags::MODEL_TIEPOINT);
    let matrix = fields.floats(tags::MODEL_TRANSFORMATION);
    let affine = match (scale.as_slice(), points.as_slice(), matrix.as_slice()) {
        ([dx, dy, ..], [col, row, _, x, y, _, ..], _) if *dx != 0.0 && *dy != 0.0 => {
            // Rows run down whatever the sign of the scale, as every reader takes it.
            let (a, e) = (*dx, -dy.abs());
            Some(Affine { a, b: 0.0, c: x - col * a, d: 0.0, e, f: y - row * e })
        }
        (_, _, [a, b, _, c, d, e, _, f, ..]) if matrix.len() == 16 => Some(Affine { a: *a, b: *b, c: *c, d: *d, e: *e, f: *f }),
        _ => None,
    };
    if let Some(affine) = affine {
        if !affine.to_array().iter().all(|v| v.is_finite()) {
            let found = format!("the transform is {:?}", affine.to_array());
            return Err(Error::damaged(at, found, "finite numbers in ModelPixelScale, ModelTiepoint and ModelTransformation"));
        }
        // Pixels as coordinates: what writers leave where they know nothing.
        if affine == Affine::IDENTITY {
            return Ok((affine, Georeference::None));
        }
        return Ok((if pixel_is_point { corner(affine) } else { affine }, Georeference::Affine));
    }
    let half = if pixel_is_point { 0.5 } else { 0.0 };
    let gcps: Vec<[f64; 5]> = points.as_chunks::<6>().0.iter().map(|[col, row, _, x, y, z]| [col + half, row + half, *x, *y, *z]).collect();
    if gcps.iter().flatten().any(|v| !v.is_finite()) {
        return Err(Error::damaged(at, "a tiepoint that is not finite", "finite numbers in ModelTiepoint"));
    }
    Ok((Affine::IDENTITY, if gcps.is_empty() { Georeference::None } else { Georeference::Gcps(gcps) }))
}

/// The numbers tie the centre of the first pixel; the corner is half a pixel off.
fn corner(t: Affine) -> Affine {
    Affine { c: t.c - (t.a * 0.5 + t.b * 0.5), f: t.f - (t.d * 0.5 + t.e * 0.5), ..t }
}
