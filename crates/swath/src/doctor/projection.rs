use swath_raster::crs::{Crs, Transformer};

use super::diagnosis::{Diagnosis, Topic};

/// Whether the database of coordinate systems opens and projects: the origin of ETRS89-LAEA is at 10 E, 52 N.
pub(super) fn check() -> Diagnosis {
    let origin = || -> crate::Result<(f64, f64)> {
        let mut points = [(4_321_000.0, 3_210_000.0)];
        Transformer::new(&Crs::parse("EPSG:3035")?, &Crs::parse("OGC:CRS84")?)?.points(&mut points)?;
        Ok(points[0])
    };
    let fix = "unset PROJ_DATA PROJ_LIB: swath carries its own database";
    match origin() {
        Ok((x, y)) if (x - 10.0).abs() < 1e-9 && (y - 52.0).abs() < 1e-9 => {
            Diagnosis::fine(Topic::Projection, "the database of coordinate systems opens and projects")
        }
        Ok((x, y)) => Diagnosis::error(Topic::Projection, format!("the origin of EPSG:3035 lies at {x}, {y}, not at 10, 52")).fix(fix),
        Err(e) => Diagnosis::error(Topic::Projection, e.to_string()).fix(fix),
    }
}
