use swath_raster::{Format, Georeference, RasterInfo};

use crate::lattice::crs_label;

/// What a header says that helps to understand a name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Facts {
    pub format: Format,
    pub crs: String,
    /// Left, bottom, right, top; `None` without a georeference.
    pub place: Option<[f64; 4]>,
    /// Edge of a pixel.
    pub pixel: f64,
    /// Sample type and count of bands.
    pub kind: String,
    /// Names of NetCDF rasters.
    pub rasters: Vec<String>,
    pub has_time_axis: bool,
}

impl Facts {
    /// `None` for a file without rasters.
    pub(super) fn of(infos: &[&RasterInfo]) -> Option<Self> {
        let first = infos.first()?;
        let b = first.grid.bounds();
        let place = [b.left, b.bottom, b.right, b.top];
        let placed = first.georeference == Georeference::Affine && place.iter().all(|v| v.is_finite());
        let has_time_axis = infos.iter().any(|i| i.bands.iter().any(|b| b.time.is_some()));
        let bands = if has_time_axis { 1 } else { first.bands.len() };
        Some(Self {
            format: first.format,
            crs: crs_label(first),
            place: placed.then_some(place),
            pixel: first.grid.transform.a.hypot(first.grid.transform.d),
            kind: format!("{} x {bands}", first.sample.name()),
            rasters: infos.iter().map(|i| i.name.clone()).filter(|n| !n.is_empty()).collect(),
            has_time_axis,
        })
    }

    /// Whether two files lie at one place: at least half of their union is common.
    pub(super) fn shares_place(&self, other: &Self) -> Option<bool> {
        let (a, b) = (self.place?, other.place?);
        if self.crs != other.crs {
            return Some(false);
        }
        let overlap = |lo: usize, hi: usize| (a[hi].min(b[hi]) - a[lo].max(b[lo])).max(0.0);
        let area = |r: [f64; 4]| (r[2] - r[0]) * (r[3] - r[1]);
        let both = overlap(0, 2) * overlap(1, 3);
        Some(both > 0.5 * (area(a) + area(b) - both))
    }

    /// Pixels of the same size, within a fiftieth.
    pub(super) fn shares_pixel(&self, other: &Self) -> bool {
        (self.pixel - other.pixel).abs() <= 0.02 * self.pixel.abs().max(other.pixel.abs())
    }
}
