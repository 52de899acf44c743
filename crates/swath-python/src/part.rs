use std::ops::Range;

use swath::raster::Window;
use swath::stack::{BandFrom, PlainGrid, Source, StackPlan};

/// The plan of a part of the array, with the sources that meet it.
pub fn cut(plan: &StackPlan, times: &Range<usize>, bands: &Range<usize>, window: Window) -> StackPlan {
    let [a, b, c, d, e, f] = plan.grid.transform;
    let (col, row) = (f64::from(window.col), f64::from(window.row));
    let transform = [a, b, c + a * col + b * row, d, e, f + d * col + e * row];
    let shape = swath::raster::Shape { width: window.width, height: window.height };
    let sources: Vec<Source> = plan.sources.iter().filter_map(|source| inside(source, times, bands, window)).collect();
    StackPlan {
        grid: PlainGrid { crs: plan.grid.crs.clone(), transform, shape },
        times: plan.times.get(times.clone()).unwrap_or_default().to_vec(),
        bands: plan.bands.get(bands.clone()).unwrap_or_default().to_vec(),
        bytes: (times.len() * bands.len() * window.pixels() * plan.data_type.size()) as u64,
        sources,
        ..StackPlan {
            grid: plan.grid.clone(),
            native: plan.native,
            reasons: Vec::new(),
            times: Vec::new(),
            bands: Vec::new(),
            data_type: plan.data_type,
            nodata: plan.nodata,
            resampling: plan.resampling,
            reduce: plan.reduce,
            errors: plan.errors,
            values: plan.values,
            bytes: 0,
            sources: Vec::new(),
        }
    }
}

fn inside(source: &Source, times: &Range<usize>, bands: &Range<usize>, window: Window) -> Option<Source> {
    let time = times.contains(&source.time).then(|| source.time - times.start)?;
    let (col, width) = overlap(source.target.col, source.target.width, window.col, window.width)?;
    let (row, height) = overlap(source.target.row, source.target.height, window.row, window.height)?;
    let kept: Vec<BandFrom> =
        source.bands.iter().filter(|b| bands.contains(&b.array)).map(|b| BandFrom { array: b.array - bands.start, file: b.file }).collect();
    (!kept.is_empty()).then(|| Source { time, bands: kept, target: Window { col, row, width, height }, ..source.clone() })
}

/// Where two stretches meet, counted from the start of the second, and how long.
fn overlap(start: u32, len: u32, from: u32, most: u32) -> Option<(u32, u32)> {
    let (low, high) = (start.max(from), start.saturating_add(len).min(from.saturating_add(most)));
    (low < high).then(|| (low - from, high - low))
}

/// Lengths of chunks of about so many pixels.
pub fn even(total: u32, most: u32) -> Vec<u32> {
    let most = most.max(1);
    (0..total.div_ceil(most)).map(|i| most.min(total - i * most)).collect()
}
