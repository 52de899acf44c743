use super::full_turn;
use crate::Grid;

/// The turn of longitudes that a grid counts in: 0 to 360, or -180 to 180, or any other. Projections answer within 180 of their
/// own meridian, whatever the raster's columns are called.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Longitudes {
    first: f64,
    turn: f64,
}

impl Longitudes {
    /// Half a turn to either side of the grid's middle; `None` where its CRS does not count in longitudes.
    ///
    /// ```
    /// # use swath_raster::{Affine, Grid, Shape, crs::Crs, warp::Longitudes};
    /// let shape = Shape { width: 360, height: 180 };
    /// let world = Grid { crs: Some(Crs::parse("EPSG:4326")?), transform: Affine::north_up(0.0, 90.0, 1.0, 1.0), shape };
    /// let longitudes = Longitudes::of(&world).unwrap();
    /// assert_eq!([-75.0, 75.0, 360.0].map(|x| longitudes.home(x)), [285.0, 75.0, 0.0]);
    /// # Ok::<(), swath_raster::Error>(())
    /// ```
    pub fn of(grid: &Grid) -> Option<Self> {
        let turn = full_turn(grid.crs.as_ref()?)?;
        let bounds = grid.bounds();
        Some(Self { first: (bounds.left + bounds.right - turn) / 2.0, turn })
    }

    /// The same meridian in this turn.
    pub fn home(self, x: f64) -> f64 {
        let past = x - self.first;
        if past < 0.0 {
            x + self.turn
        } else if past >= self.turn {
            x - self.turn
        } else {
            x
        }
    }

    /// How far three places along a curve are to be moved to be in this turn; `None` where they or what lies between may not be in one.
    pub(super) fn shift(self, three: [f64; 3]) -> Option<f64> {
        let (low, high) = (three[0].min(three[1]).min(three[2]), three[0].max(three[1]).max(three[2]));
        let reach = high - low;
        let shift = self.home(low) - low;
        let inside = low + shift - reach >= self.first && high + shift + reach < self.first + self.turn;
        inside.then_some(shift)
    }
}
