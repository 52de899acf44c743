//! Boxes of longitude and latitude, also across the antimeridian, and their union.

use serde_json::{Value, json};

/// West may exceed east: then the box crosses the antimeridian (RFC 7946, section 5.2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LonLatBox {
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
}

impl LonLatBox {
    /// Of four numbers, or of six with heights, which are dropped; `None` for any other count, for NaN and for south above north.
    ///
    /// ```
    /// # use swath_stac::LonLatBox;
    /// assert!(LonLatBox::of(&[170.0, -20.0, -170.0, 10.0]).unwrap().crosses_antimeridian());
    /// assert!(LonLatBox::of(&[0.0, 10.0, 1.0, 5.0]).is_none());
    /// ```
    pub fn of(numbers: &[f64]) -> Option<Self> {
        let ([west, south, east, north] | [west, south, _, east, north, _]) = *numbers else { return None };
        let good = [west, south, east, north].iter().all(|v| v.is_finite()) && south <= north;
        good.then_some(Self { west, south, east, north })
    }

    pub fn to_array(self) -> [f64; 4] {
        [self.west, self.south, self.east, self.north]
    }

    pub fn to_json(self) -> Value {
        json!(self.to_array())
    }

    pub fn crosses_antimeridian(&self) -> bool {
        self.west > self.east
    }

    /// Whether a point of one lies in the other, edges included.
    pub fn intersects(&self, other: &Self) -> bool {
        self.south <= other.north
            && other.south <= self.north
            && self.halves().iter().flatten().any(|a| other.halves().iter().flatten().any(|b| a.0 <= b.1 && b.0 <= a.1))
    }

    /// Whether all of `inner` lies in this box, to a billionth of a degree.
    pub fn holds(&self, inner: &Self) -> bool {
        const SLACK: f64 = 1e-9;
        let within = |h: &(f64, f64)| self.halves().iter().flatten().any(|o| o.0 - SLACK <= h.0 && h.1 <= o.1 + SLACK);
        self.south - SLACK <= inner.south && inner.north <= self.north + SLACK && inner.halves().iter().flatten().all(within)
    }

    /// The one or two runs of longitude that do not cross the antimeridian. Boxes of data whose columns go on to 360 are brought home.
    fn halves(&self) -> [Option<(f64, f64)>; 2] {
        if self.east > 180.0 && self.west >= -180.0 {
            if self.east - self.west >= 360.0 {
                return [Some((-180.0, 180.0)), None];
            }
            let far = Some(((self.west - 360.0).max(-180.0), self.east - 360.0));
            return [(self.west <= 180.0).then_some((self.west, 180.0)), far];
        }
        if self.crosses_antimeridian() {
            [Some((self.west, 180.0)), Some((-180.0, self.east))]
        } else {
            [Some((self.west, self.east)), None]
        }
    }

    /// One box around all of them; `None` when there is none. It crosses the antimeridian only where one of them does, or where they
    /// touch it from both sides and leave a gap elsewhere.
    ///
    /// ```
    /// # use swath_stac::LonLatBox;
    /// let boxes = [[170.0, -10.0, -170.0, 10.0], [172.0, -20.0, 178.0, 0.0]].map(|b| LonLatBox::of(&b).unwrap());
    /// assert_eq!(LonLatBox::around(&boxes).unwrap().to_array(), [170.0, -20.0, -170.0, 10.0]);
    /// ```
    pub fn around<'a>(boxes: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let boxes: Vec<Self> = boxes.into_iter().copied().collect();
        let (mut south, mut north) = (f64::INFINITY, f64::NEG_INFINITY);
        for b in &boxes {
            south = south.min(b.south);
            north = north.max(b.north);
        }
        let mut runs: Vec<(f64, f64)> = boxes.iter().flat_map(|b| b.halves()).flatten().collect();
        runs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (west, mut east) = *runs.first()?;
        let mut gap: Option<(f64, f64)> = None;
        for &(w, e) in &runs {
            if w > east && gap.is_none_or(|(a, b)| w - east > b - a) {
                gap = Some((east, w));
            }
            east = east.max(e);
        }
        let around = west <= -180.0 && east >= 180.0;
        let (west, east) = match gap {
            Some((from, to)) if around => (to, from),
            _ => (west, east),
        };
        Some(Self { west, south, east, north })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(boxes: &[[f64; 4]], expected: [f64; 4]) {
        let boxes: Vec<LonLatBox> = boxes.iter().map(|b| LonLatBox::of(b).unwrap()).collect();
        let around = LonLatBox::around(&boxes).unwrap();
        assert_eq!(around.to_array(), expected);
        assert!(boxes.iter().all(|b| around.holds(b)));
    }

    #[test]
    fn a_union_never_loses_data() {
        check(&[[0.0, 0.0, 1.0, 1.0], [5.0, -1.0, 6.0, 0.5]], [0.0, -1.0, 6.0, 1.0]);
        check(&[[170.0, -10.0, -170.0, 10.0], [172.0, -20.0, 178.0, 0.0]], [170.0, -20.0, -170.0, 10.0]);
        check(&[[170.0, 0.0, 180.0, 1.0], [-180.0, 0.0, -175.0, 1.0]], [170.0, 0.0, -175.0, 1.0]);
        check(&[[-120.0, 0.0, -110.0, 1.0], [140.0, 0.0, 150.0, 1.0]], [-120.0, 0.0, 150.0, 1.0]);
        check(&[[-180.0, -90.0, 180.0, 90.0], [170.0, 0.0, -170.0, 1.0]], [-180.0, -90.0, 180.0, 90.0]);
        check(&[[170.0, 0.0, -170.0, 1.0], [0.0, 0.0, 10.0, 1.0], [-20.0, 0.0, -10.0, 1.0]], [170.0, 0.0, 10.0, 1.0]);
    }

    #[test]
    fn boxes_meet_across_the_antimeridian() {
        let fiji = LonLatBox::of(&[177.0, -19.0, -177.0, -16.0]).unwrap();
        assert!(fiji.intersects(&LonLatBox::of(&[-179.0, -18.0, -178.0, -17.0]).unwrap()));
        assert!(fiji.intersects(&LonLatBox::of(&[178.0, -18.0, 179.0, -17.0]).unwrap()));
        assert!(!fiji.intersects(&LonLatBox::of(&[0.0, -18.0, 1.0, -17.0]).unwrap()));
    }

    #[test]
    fn boxes_that_count_on_to_360_meet_those_west_of_greenwich() {
        for (west, east, expected) in
            [(0.0, 360.0, true), (180.0, 350.0, true), (340.0, 345.0, true), (170.0, 200.0, false), (0.0, 20.0, false)]
        {
            let far = LonLatBox::of(&[west, -10.0, east, 10.0]).unwrap();
            assert_eq!(far.intersects(&LonLatBox::of(&[-20.0, 0.0, -10.0, 5.0]).unwrap()), expected, "{west} {east}");
        }
        check(&[[0.0, -90.0, 360.0, 90.0], [10.0, 0.0, 20.0, 1.0]], [-180.0, -90.0, 180.0, 90.0]);
    }
}
