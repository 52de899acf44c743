use crate::crs::{Crs, Transformer};
use crate::{Grid, Result};

/// The way from the web map's metres to the coordinates of a raster, longitudes within half a turn of its middle.
pub(super) struct Place {
    back: Transformer,
    forth: Transformer,
    /// Longitude of the raster's middle, where its CRS is geographic and it is no wider than a turn.
    middle: Option<f64>,
}

impl Place {
    /// # Errors
    /// Unsupported where there is no way between the two.
    pub(super) fn new(source: &Grid, crs: &Crs, map: &Crs) -> Result<Self> {
        let bounds = source.bounds();
        let degrees = crs.is_geographic() && (crs.unit_size() - 1f64.to_radians()).abs() < 1e-9;
        let middle = (degrees && bounds.right - bounds.left <= 360.0).then_some((bounds.left + bounds.right) / 2.0);
        Ok(Self { back: Transformer::new(map, crs)?, forth: Transformer::new(crs, map)?, middle })
    }

    /// Web map to the raster's CRS, in place; what has no image becomes infinite.
    pub(super) fn back(&self, points: &mut [(f64, f64)]) -> Result<()> {
        self.back.points(points)?;
        self.wrap(points);
        Ok(())
    }

    /// The raster's CRS to the web map.
    pub(super) fn forth(&self, points: &mut [(f64, f64)]) -> Result<()> {
        self.wrap(points);
        self.forth.points(points)
    }

    fn wrap(&self, points: &mut [(f64, f64)]) {
        let Some(middle) = self.middle else { return };
        for (x, _) in points.iter_mut().filter(|(x, _)| x.is_finite()) {
            if *x < middle - 180.0 {
                *x += 360.0;
            } else if *x > middle + 180.0 {
                *x -= 360.0;
            }
        }
    }
}
