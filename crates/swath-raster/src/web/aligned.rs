use std::sync::Arc;

use super::pieces::{Piece, pieces};
use super::place::Place;
use super::{Alignment, Outside, WebGrid, plan};
use crate::cog::{NodataChoice, Tiling};
use crate::warp::{Approximation, Field, Method, PixelMap, resample, same_crs, validity};
use crate::{
    ColorInterp, Error, Georeference, Grid, MaskKind, Nodata, RasterInfo, RasterSource, Result, SampleType, Samples, Shape, Window,
};

/// Rows that are made with one map of positions, whatever is asked for: so the same pixel is the same in every read.
const BAND: u32 = 256;
/// How far a position may be from the truth, in source pixels.
const TOLERANCE: f64 = 1e-6;

/// A raster on the tiles of the web map. Every read warps what it asks for: memory is that of the window and of a bounded part of
/// the source.
pub struct Aligned {
    source: Arc<dyn RasterSource>,
    info: RasterInfo,
    tiling: Tiling,
    method: Method,
    /// `None` where the source lies on that very grid.
    place: Option<Place>,
    alpha: Option<usize>,
}

impl Aligned {
    /// # Errors
    /// As [`plan`]; Unsupported for a raster that is tied to the ground by points or by arrays of coordinates; Misuse for complex
    /// samples with any method but nearest.
    pub fn new(source: Arc<dyn RasterSource>, alignment: &Alignment) -> Result<Self> {
        let from = source.info();
        if from.georeference != Georeference::Affine {
            let error =
                Error::unsupported("web_optimized", "the raster is not tied to the ground by a transform", "a raster on a regular grid");
            return Err(error.hint("warp it first"));
        }
        let sample = from.sample;
        if sample.is_complex() && alignment.resampling != Method::Nearest {
            let found = format!("{} for {} samples", alignment.resampling.name(), sample.name());
            return Err(Error::misuse("resampling", found, "nearest"));
        }
        let WebGrid { grid, tiling } = plan(&from.grid, alignment)?;
        let crs = from.grid.crs.as_ref().ok_or_else(|| Error::misuse("web_optimized", "the raster has no CRS", "a raster with one"))?;
        let map = grid.crs.as_ref().unwrap_or(crs);
        let place = if is_that_grid(&from.grid, &grid) { None } else { Some(Place::new(&from.grid, crs, map)?) };
        let info = described(from, grid, alignment, place.is_some());
        let alpha = info.bands.iter().position(|b| b.color == ColorInterp::Alpha);
        Ok(Self { info, tiling, method: alignment.resampling, place, alpha, source })
    }

    /// The zoom level, and how many levels have blocks that are tiles.
    pub fn tiling(&self) -> Tiling {
        self.tiling
    }

    /// Calls `make` for every piece of `window`, in bands of rows that do not depend on the window.
    fn each(&self, place: &Place, window: Window, weight: usize, make: &mut dyn FnMut(&PixelMap, u32, Piece) -> Result<()>) -> Result<()> {
        let from = &self.source.info().grid;
        let scale = (from.transform.a * from.transform.e - from.transform.b * from.transform.d).abs().sqrt();
        let end = window.row + window.height;
        let mut row = window.row;
        while row < end {
            let first = row - row % BAND;
            let rows = BAND.min(self.info.grid.shape.height - first);
            let band = band(&self.info.grid, first, rows);
            let positions = Approximation::new(band.shape, TOLERANCE * scale, &|points| {
                points.iter_mut().for_each(|p| *p = band.transform.apply(p.0, p.1));
                place.back(points)
            })?;
            let map = PixelMap::new(&band, from, from.shape, Some(Arc::new(positions)))
                .ok_or_else(|| Error::misuse("web_optimized", "a transform that folds", "one that does not"))?;
            let density = map.density(Window::whole(band.shape));
            let map = map.of_density(density);
            let part = Window { col: window.col, row: row - first, width: window.width, height: (first + rows).min(end) - row };
            for piece in pieces(&map, part, self.method.reach(density), weight) {
                make(&map, first, piece)?;
            }
            row += part.height;
        }
        Ok(())
    }

    fn mask_of(&self, window: Window) -> Result<Vec<u8>> {
        let none = || vec![255; window.pixels()];
        match self.source.info().mask {
            MaskKind::PerDataset => Ok(self.source.read_mask(window)?.unwrap_or_else(none)),
            _ => Ok(none()),
        }
    }

    /// Where pixels of the source count, for each of the bands.
    fn valid(&self, bands: &[usize], samples: &[Samples], window: Window) -> Result<Vec<Vec<u8>>> {
        let mask = self.mask_of(window)?;
        let alpha = match self.alpha {
            Some(alpha) => self.source.read(&[alpha], window)?.pop().map(|s| validity(&s, Some(Nodata::Int(0)))),
            None => None,
        };
        Ok(bands
            .iter()
            .zip(samples)
            .map(|(&band, samples)| {
                let is_alpha = self.alpha == Some(band);
                let nodata = self.info.bands.get(band).and_then(|b| b.nodata);
                // The nearest pixel is copied, whatever it holds.
                let mut valid = if self.method == Method::Nearest { vec![1; samples.len()] } else { validity(samples, nodata) };
                valid.iter_mut().zip(&mask).for_each(|(v, &m)| *v &= u8::from(m != 0));
                if let Some(alpha) = alpha.as_ref().filter(|_| !is_alpha) {
                    valid.iter_mut().zip(alpha).for_each(|(v, &a)| *v &= a);
                }
                valid
            })
            .collect())
    }

    /// Whether anything of the source reaches each pixel of a piece.
    fn covered(&self, map: &PixelMap, piece: Piece, mask: &[u8]) -> Result<Vec<u8>> {
        let samples = Samples::U8(mask.to_vec());
        let field = Field { samples: &samples, valid: mask, window: piece.source, nodata: None };
        Ok(resample(&[field], map, piece.target, self.method)?.pop().map(|patch| patch.valid).unwrap_or_default())
    }
}

impl RasterSource for Aligned {
    fn info(&self) -> &RasterInfo {
        &self.info
    }

    fn read(&self, bands: &[usize], window: Window) -> Result<Vec<Samples>> {
        let Some(place) = &self.place else { return self.source.read(bands, window) };
        let sample = self.info.sample;
        let fills: Vec<Vec<u8>> = bands.iter().map(|&b| fill(self.info.bands.get(b).and_then(|b| b.nodata), sample)).collect();
        let mut out: Vec<Samples> = fills.iter().map(|fill| filled(fill, sample, window.pixels())).collect();
        // Doubles are made of the samples of one band at a time.
        let weight = bands.len() * sample.size() / 4 + 3;
        self.each(place, window, weight, &mut |map, first, piece| {
            let samples = self.source.read(bands, piece.source)?;
            let valid = self.valid(bands, &samples, piece.source)?;
            let absent = sample.is_float() && self.method != Method::Nearest;
            let covered = if absent { self.covered(map, piece, &vec![1; piece.source.pixels()])? } else { Vec::new() };
            let (row, col) = (first + piece.target.row - window.row, piece.target.col - window.col);
            for (i, (samples, valid)) in samples.iter().zip(&valid).enumerate() {
                let nodata = self.info.bands.get(bands[i]).and_then(|b| b.nodata);
                let field = Field { samples, valid, window: piece.source, nodata };
                for mut patch in resample(&[field], map, piece.target, self.method)? {
                    if nodata.is_none() && absent {
                        not_a_number(&mut patch.samples, &mut patch.valid, &covered);
                    }
                    let at = row as usize * window.width as usize + col as usize;
                    put(&mut out[i], window.width as usize, at, piece.target, &patch.samples, &patch.valid);
                }
            }
            Ok(())
        })?;
        Ok(out)
    }

    fn read_mask(&self, window: Window) -> Result<Option<Vec<u8>>> {
        if self.info.mask != MaskKind::PerDataset {
            return Ok(None);
        }
        let Some(place) = &self.place else { return self.source.read_mask(window) };
        let mut out = vec![0; window.pixels()];
        self.each(place, window, 3, &mut |map, first, piece| {
            let mask = self.mask_of(piece.source)?;
            let valid = self.covered(map, piece, &mask)?;
            let (row, col) = (first + piece.target.row - window.row, piece.target.col - window.col);
            for (line, valid) in valid.chunks_exact(piece.target.width as usize).enumerate() {
                let at = (row as usize + line) * window.width as usize + col as usize;
                out[at..at + valid.len()].iter_mut().zip(valid).for_each(|(to, &v)| *to = if v == 0 { 0 } else { 255 });
            }
            Ok(())
        })?;
        Ok(Some(out))
    }
}

/// Within a ten-billionth of the corners, as GDAL compares them.
fn is_that_grid(source: &Grid, target: &Grid) -> bool {
    let (Some(a), Some(b)) = (&source.crs, &target.crs) else { return false };
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-10 * a.abs();
    let (s, t) = (source.bounds(), target.bounds());
    source.shape == target.shape
        && source.transform.is_axis_aligned()
        && source.transform.a > 0.0
        && source.transform.e < 0.0
        && same_crs(a, b)
        && near(s.left, t.left)
        && near(s.right, t.right)
        && near(s.bottom, t.bottom)
        && near(s.top, t.top)
}

fn described(from: &RasterInfo, grid: Grid, alignment: &Alignment, warped: bool) -> RasterInfo {
    let mut info = from.clone();
    info.grid = grid;
    info.pixel_is_point = false;
    info.overviews.clear();
    info.domains.remove(crate::tiff::rpc::DOMAIN);
    for band in &mut info.bands {
        band.nodata = match alignment.nodata {
            NodataChoice::Keep => band.nodata,
            NodataChoice::Remove => None,
            NodataChoice::Set(value) => Some(value),
        };
    }
    if !warped {
        return info;
    }
    info.block = Shape { width: BAND, height: BAND };
    let told = info.bands.iter().all(|b| b.nodata.is_some_and(|n| n.fits(info.sample)));
    let alpha = info.bands.iter().any(|b| b.color == ColorInterp::Alpha);
    if info.mask != MaskKind::PerDataset && !told && !alpha && alignment.outside == Outside::Mask {
        info.mask = MaskKind::PerDataset;
    }
    info
}

/// Rows of a grid as a grid.
fn band(grid: &Grid, first: u32, rows: u32) -> Grid {
    let mut band = grid.clone();
    (band.transform.c, band.transform.f) = grid.transform.apply(0.0, f64::from(first));
    band.shape.height = rows;
    band
}

fn fill(nodata: Option<Nodata>, sample: SampleType) -> Vec<u8> {
    match nodata.filter(|n| n.fits(sample)) {
        Some(nodata) => nodata.to_sample(sample),
        None => vec![0; sample.size()],
    }
}

fn filled(fill: &[u8], sample: SampleType, len: usize) -> Samples {
    let mut out = Samples::zeros(sample, len);
    if fill.iter().any(|&b| b != 0) {
        out.as_bytes_mut().chunks_exact_mut(fill.len()).for_each(|to| to.copy_from_slice(fill));
    }
    out
}

/// Copies the valid pixels of a patch into rows of `width` pixels, from pixel `at` on.
fn put(out: &mut Samples, width: usize, at: usize, part: Window, samples: &Samples, valid: &[u8]) {
    let size = samples.sample_type().size();
    let (from, to) = (samples.as_bytes(), out.as_bytes_mut());
    let columns = part.width as usize;
    for (line, valid) in valid.chunks_exact(columns).enumerate() {
        let from = &from[line * columns * size..(line + 1) * columns * size];
        let start = (at + line * width) * size;
        let to = &mut to[start..start + columns * size];
        for ((to, from), &valid) in to.chunks_exact_mut(size).zip(from.chunks_exact(size)).zip(valid) {
            if valid != 0 {
                to.copy_from_slice(from);
            }
        }
    }
}

/// What lies on the raster but has no value becomes NaN.
fn not_a_number(samples: &mut Samples, valid: &mut [u8], covered: &[u8]) {
    let missing = |i: usize, valid: &[u8]| valid[i] == 0 && covered[i] != 0;
    match samples {
        Samples::F32(v) => v.iter_mut().enumerate().filter(|(i, _)| missing(*i, valid)).for_each(|(_, v)| *v = f32::NAN),
        Samples::F64(v) => v.iter_mut().enumerate().filter(|(i, _)| missing(*i, valid)).for_each(|(_, v)| *v = f64::NAN),
        _ => return,
    }
    valid.iter_mut().zip(covered).for_each(|(v, &c)| *v |= c);
}
