use std::sync::Arc;

use super::file::{self, File, Pick};
use super::georeference::SpatialDimension;
use super::missing::Missing;
use super::places::Places;
use crate::crs::Crs;
use crate::{ControlPoints, Error, RasterInfo, RasterSource, Result, SampleType, Samples, Shape, Window};

/// A variable as a raster.
pub(super) struct Variable {
    file: Arc<File>,
    variable: file::Variable,
    info: RasterInfo,
    layout: Layout,
}

/// Which of the file's dimensions are columns, rows and bands.
pub(super) struct Layout {
    pub x: SpatialDimension,
    pub y: SpatialDimension,
    /// The other dimensions, in the file's order, and their sizes.
    pub leading: Vec<usize>,
    pub steps: Vec<u64>,
    pub missing: Missing,
    pub places: Option<Places>,
}

/// Ground control points on a side: enough for a spline, few enough to solve one.
const CONTROL_POINTS: u32 = 21;

impl Variable {
    pub fn new(file: Arc<File>, variable: file::Variable, info: RasterInfo, layout: Layout) -> Self {
        Self { file, variable, info, layout }
    }
    /// What to read for one band of a window, in the order of the file's dimensions.
    fn picks(&self, band: usize, window: Window) -> Vec<Pick> {
        let Shape { width, height } = self.info.grid.shape;
        let range = |flipped: bool, start: u32, len: u32, whole: u32| {
            let start = if flipped { whole - start - len } else { start };
            Pick::Range { start: u64::from(start), len: u64::from(len) }
        };
        let mut picks = vec![Pick::One(0); self.variable.inner.dimensions.len()];
        picks[self.layout.x.at] = range(self.layout.x.flipped, window.col, window.width, width);
        picks[self.layout.y.at] = range(self.layout.y.flipped, window.row, window.height, height);
        let mut rest = band as u64;
        for (&at, &size) in self.layout.leading.iter().zip(&self.layout.steps).rev() {
            picks[at] = Pick::One(rest % size.max(1));
            rest /= size.max(1);
        }
        picks
    }
    fn read_band(&self, band: usize, window: Window) -> Result<Samples> {
        let mut samples = self.file.read(&self.variable, &self.picks(band, window))?;
        let (width, height) = (window.width as usize, window.height as usize);
        let size = samples.sample_type().size();
        let transposed = self.layout.x.at < self.layout.y.at;
        if transposed || self.layout.x.flipped {
            let stored = samples.as_bytes().to_vec();
            let bytes = samples.as_bytes_mut();
            for row in 0..height {
                for col in 0..width {
                    let from_col = if self.layout.x.flipped { width - 1 - col } else { col };
                    let from_row = if self.layout.y.flipped { height - 1 - row } else { row };
                    let from = if transposed { from_col * height + from_row } else { from_row * width + from_col };
                    let to = row * width + col;
                    bytes[to * size..(to + 1) * size].copy_from_slice(&stored[from * size..(from + 1) * size]);
                }
            }
        } else if self.layout.y.flipped {
            let line = width * size;
            let bytes = samples.as_bytes_mut();
            for row in 0..height / 2 {
                let (top, bottom) = bytes.split_at_mut((height - 1 - row) * line);
                top[row * line..(row + 1) * line].swap_with_slice(&mut bottom[..line]);
            }
        }
        let mut samples = signed_as_said(samples, self.info.sample);
        self.layout.missing.settle(&mut samples);
        Ok(samples)
    }
    fn check(&self, bands: &[usize], window: Window) -> Result<()> {
        let Shape { width, height } = self.info.grid.shape;
        let at = || format!("{}: variable {}", self.file.at, self.info.name);
        if let Some(band) = bands.iter().find(|band| **band >= self.info.bands.len()) {
            return Err(Error::misuse(at(), format!("band {band}"), format!("it has {} bands", self.info.bands.len())));
        }
        let inside = |start: u32, len: u32, whole: u32| start.checked_add(len).is_some_and(|end| end <= whole);
        if inside(window.col, window.width, width) && inside(window.row, window.height, height) {
            return Ok(());
        }
        Err(Error::misuse(at(), format!("{window:?}"), format!("it has {width} columns and {height} rows")))
    }
}

impl RasterSource for Variable {
    fn info(&self) -> &RasterInfo {
        &self.info
    }
    fn read(&self, bands: &[usize], window: Window) -> Result<Vec<Samples>> {
        self.check(bands, window)?;
        if window.pixels() == 0 {
            return Ok(bands.iter().map(|_| Samples::zeros(self.info.sample, 0)).collect());
        }
        bands.iter().map(|&band| self.read_band(band, window)).collect()
    }
    fn control_points(&self) -> Result<Option<ControlPoints>> {
        let Some(places) = &self.layout.places else { return Ok(None) };
        let crs = match (&self.info.grid.crs, places) {
            (Some(crs), Places::Axes { .. }) => crs.clone(),
            _ => Crs::parse("EPSG:4326")?,
        };
        let points = places.lattice(&self.file, self.info.grid.shape, CONTROL_POINTS);
        let points = points.iter().map(|&[col, row, x, y]| [col + 0.5, row + 0.5, x, y, 0.0]).collect();
        Ok(Some(ControlPoints { crs, points }))
    }
    fn read_mask(&self, _window: Window) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }
}

/// The same bits under the sign that `_Unsigned` gives them.
fn signed_as_said(samples: Samples, said: SampleType) -> Samples {
    if samples.sample_type() == said || samples.sample_type().size() != said.size() {
        return samples;
    }
    Samples::from_bytes(said, samples.as_bytes())
}
