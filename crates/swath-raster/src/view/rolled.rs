use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{ControlPoints, Error, Georeference, RasterInfo, RasterSource, Result, Samples, Window};

/// How longitudes from 0 to 360 become longitudes from -180 to 180.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wrap {
    /// The grid begins at -180 exactly; refused where a column lies across the antimeridian.
    Exact,
    /// Columns go by their centres: one across the antimeridian becomes the first, and the grid begins up to half a column before -180.
    Centre,
}

/// A raster whose last columns come first.
struct Rolled {
    source: Arc<dyn RasterSource>,
    info: RasterInfo,
    /// The column of the source that comes first.
    first: u32,
}

/// Edges this near to a meridian, in columns, lie on it.
const NEAR: f64 = 1e-3;

/// `source`, in longitudes from 0 to 360, with its columns rolled so that they run from -180 to 180. No sample changes; the transform begins
/// 180 degrees further west. A raster that lies west of 180 already stays as it is; one that lies east of it as a whole only moves.
///
/// # Errors
/// Misuse, with the way out, for a raster that is not tied to longitudes by an affine map, that would fall into two parts, or that has a
/// column across the antimeridian where `how` does not take it.
pub fn wrapped(source: Arc<dyn RasterSource>, how: Wrap) -> Result<Arc<dyn RasterSource>> {
    let info = source.info();
    let at = || format!("wrap_longitude: {}", info.name);
    let map = info.grid.transform;
    let lonlat = info.grid.crs.as_ref().is_some_and(|crs| crs.is_geographic() && crs.unit() == "degree");
    if !lonlat || info.georeference != Georeference::Affine || !map.is_axis_aligned() || map.a <= 0.0 {
        let found = "no longitudes in degrees that grow from column to column";
        return Err(Error::misuse(at(), found, "a raster on a regular grid of longitudes").hint("leave wrap_longitude out for this one"));
    }
    let width = info.grid.shape.width;
    let east = map.c + map.a * f64::from(width);
    if east <= 180.0 + NEAR * map.a {
        return Ok(source);
    }
    // In columns from the west edge to the antimeridian.
    let meridian = (180.0 - map.c) / map.a;
    let across = (meridian - meridian.round()).abs() > NEAR;
    let first = if across { (meridian - 0.5).ceil() } else { meridian.round() }.max(0.0);
    let moved = |first: u32| {
        let mut info = info.clone();
        info.grid.transform.c = map.c + map.a * f64::from(first) - 360.0;
        if !across && first > 0 {
            info.grid.transform.c = -180.0;
        }
        info
    };
    if first == 0.0 {
        return Ok(Arc::new(Rolled { info: moved(0), first: 0, source: Arc::clone(&source) }));
    }
    let turn = 360.0 / map.a;
    if (f64::from(width) - turn).abs() > 0.5 {
        let found = format!("longitudes from {} to {east}, which would fall into two parts", map.c);
        let right = format!("a whole turn, {turn:.2} columns of {} degrees, here are {width}", map.a);
        return Err(Error::misuse(at(), found, right)
            .hint("leave wrap_longitude out: longitudes beyond 180 are valid; or cut the file in two at 180, as with `cdo sellonlatbox`"));
    }
    if across && how == Wrap::Exact {
        let found = format!("a column of {} degrees lies across the antimeridian, {:.2} columns from the west edge", map.a, meridian);
        return Err(Error::misuse(at(), found, "an edge between columns at 180")
            .hint("`wrap_longitude = \"centre\"` (--wrap-longitude centre) puts that column first, so that the grid begins before -180"));
    }
    let first = first as u32;
    Ok(Arc::new(Rolled { info: moved(first), first, source: Arc::clone(&source) }))
}

impl Rolled {
    /// The parts of the source that make up some columns, in order: from which column, how many.
    fn parts(&self, window: Window) -> Vec<(u32, u32)> {
        let width = self.info.grid.shape.width;
        let east = width - self.first;
        let end = window.col + window.width;
        let before = window.col.min(east)..end.min(east);
        let after = window.col.max(east)..end.max(east);
        let parts = [(before.start + self.first, before.end - before.start), (after.start - east, after.end - after.start)];
        parts.into_iter().filter(|part| part.1 > 0).collect()
    }
}

impl RasterSource for Rolled {
    fn info(&self) -> &RasterInfo {
        &self.info
    }
    fn read(&self, bands: &[usize], window: Window) -> Result<Vec<Samples>> {
        if window.col.checked_add(window.width).is_none_or(|end| end > self.info.grid.shape.width) {
            return self.source.read(bands, window);
        }
        let parts = self.parts(window);
        let mut read = Vec::new();
        for &(col, width) in &parts {
            read.push((width, self.source.read(bands, Window { col, width, ..window })?));
        }
        if read.len() == 1 {
            return Ok(read.swap_remove(0).1);
        }
        let sample = self.info.sample;
        let join = |band: usize| {
            let mut out = Vec::with_capacity(window.pixels() * sample.size());
            for row in 0..window.height as usize {
                for (width, samples) in &read {
                    let line = *width as usize * sample.size();
                    let bytes = samples.get(band).map(Samples::as_bytes).unwrap_or_default();
                    out.extend_from_slice(bytes.get(row * line..(row + 1) * line).unwrap_or_default());
                }
            }
            Samples::from_bytes(sample, &out)
        };
        Ok((0..bands.len()).map(join).collect())
    }
    fn read_mask(&self, window: Window) -> Result<Option<Vec<u8>>> {
        let mut read = Vec::new();
        for (col, width) in self.parts(window) {
            match self.source.read_mask(Window { col, width, ..window })? {
                Some(mask) => read.push((width as usize, mask)),
                None => return Ok(None),
            }
        }
        let mut out = Vec::with_capacity(window.pixels());
        for row in 0..window.height as usize {
            for (width, mask) in &read {
                out.extend_from_slice(mask.get(row * width..(row + 1) * width).unwrap_or_default());
            }
        }
        Ok(Some(out))
    }
    fn control_points(&self) -> Result<Option<ControlPoints>> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crs::Crs;
    use crate::{Affine, BandInfo, Format, Grid, Interleave, MaskKind, SampleType, Shape};

    /// One row whose samples are the numbers of their columns.
    struct Columns(RasterInfo);

    impl RasterSource for Columns {
        fn info(&self) -> &RasterInfo {
            &self.0
        }
        fn read(&self, bands: &[usize], window: Window) -> Result<Vec<Samples>> {
            let row: Vec<u16> = (window.col..window.col + window.width).map(|col| col as u16).collect();
            Ok(bands.iter().map(|_| Samples::U16(row.repeat(window.height as usize))).collect())
        }
        fn read_mask(&self, window: Window) -> Result<Option<Vec<u8>>> {
            Ok(Some((0..window.pixels()).map(|n| n as u8).collect()))
        }
    }

    fn columns(west: f64, step: f64, width: u32) -> Arc<dyn RasterSource> {
        let grid = Grid {
            crs: Crs::parse("EPSG:4326").ok(),
            transform: Affine::north_up(west, 45.0, step, step),
            shape: Shape { width, height: 2 },
        };
        Arc::new(Columns(RasterInfo {
            name: "c".to_owned(),
            format: Format::NetCdf,
            block: grid.shape,
            grid,
            georeference: Georeference::Affine,
            sample: SampleType::U16,
            bands: vec![BandInfo::default()],
            compression: "none".to_owned(),
            interleave: Interleave::Band,
            overviews: Vec::new(),
            mask: MaskKind::AllValid,
            pixel_is_point: false,
            metadata: Default::default(),
            domains: Default::default(),
        }))
    }

    #[test]
    fn columns_roll_so_that_they_begin_at_the_antimeridian() {
        for (west, step, width, how, begins, order) in [
            (0.0, 90.0, 4, Wrap::Exact, -180.0, vec![2, 3, 0, 1]),
            (-45.0, 90.0, 4, Wrap::Centre, -225.0, vec![2, 3, 0, 1]),
            (-60.0, 60.0, 6, Wrap::Exact, -180.0, vec![4, 5, 0, 1, 2, 3]),
            (200.0, 10.0, 3, Wrap::Exact, -160.0, vec![0, 1, 2]),
            (-180.0, 90.0, 4, Wrap::Exact, -180.0, vec![0, 1, 2, 3]),
        ] {
            let rolled = wrapped(columns(west, step, width), how).unwrap();
            assert_eq!(rolled.info().grid.transform.c, begins, "{west}");
            let all = rolled.read(&[0], Window::whole(rolled.info().grid.shape)).unwrap();
            assert_eq!(all[0], Samples::U16(order.repeat(2)), "{west}");
            for col in 0..width {
                for len in 1..=width - col {
                    let part = rolled.read(&[0], Window { col, row: 0, width: len, height: 1 }).unwrap();
                    assert_eq!(part[0], Samples::U16(order[col as usize..(col + len) as usize].to_vec()));
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_rolled_is_refused_with_a_way_out() {
        for (west, step, width) in [(-45.0, 90.0, 4), (100.0, 10.0, 16), (0.0, 90.0, 5)] {
            let error = wrapped(columns(west, step, width), Wrap::Exact).map(|_| ()).unwrap_err();
            assert!(error.hint.is_some(), "{west}: {error}");
        }
    }
}
