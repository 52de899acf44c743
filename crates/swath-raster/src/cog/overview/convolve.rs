use super::axis::Taps;
use super::{Shrink, Valid, not_nodata};
use crate::cog::real::Real;

/// Weighted means under a kernel stretched to the size of a destination pixel: across each source row, then down.
///
/// Pixels that do not count leave their weight to the rest of their row, and rows without any leave theirs to the others. Of a
/// kernel with negative weights half of the pixels must count side by side, or nothing is made of them.
pub(super) fn rows<T: Real>(shrink: &Shrink, from: &Valid<'_, T>, columns: &[Taps], to: &mut [T], first: usize) {
    let width = shrink.x.dst;
    let lines = to.len() / width;
    let downs: Vec<Taps> = (first..first + lines).map(|i| Taps::down(&shrink.y, i, shrink.kernel)).collect();
    let (Some(top), Some(bottom)) = (downs.iter().map(|d| d.from).min(), downs.iter().map(|d| d.from + d.weights.len()).max()) else {
        return;
    };
    let whole = from.always();
    let mut across = vec![0.0; (bottom - top) * width];
    let mut counts = vec![1u8; if whole { 0 } else { across.len() }];
    let mut valid = Vec::new();
    for (y, line) in (top..bottom).zip(across.chunks_exact_mut(width)) {
        let row = from.rows.row(y);
        if whole {
            line.iter_mut().zip(columns).for_each(|(to, taps)| *to = taps.mean(|i| row[taps.from + i].to_f64()));
        } else {
            valid.resize(row.len(), 0);
            from.fill(y, &mut valid);
            // A pixel that holds no number weighs nothing where some pixels do not count.
            valid.iter_mut().zip(row).for_each(|(valid, v)| *valid &= u8::from(!v.is_nan()));
            let counts = &mut counts[(y - top) * width..][..width];
            for ((to, count), taps) in line.iter_mut().zip(counts).zip(columns) {
                let mean = taps.mean_of_valid(shrink.kernel, |i| row[taps.from + i].to_f64(), |i| valid[taps.from + i] != 0);
                (*to, *count) = mean.map_or((0.0, 0), |mean| (mean, 1));
            }
        }
    }
    let fill = shrink.fill(from.nodata);
    for (to, taps) in to.chunks_exact_mut(width).zip(&downs) {
        let at = (taps.from - top) * width;
        for (x, to) in to.iter_mut().enumerate() {
            let value = |i: usize| across[at + i * width + x];
            let mean =
                if whole { Some(taps.mean(value)) } else { taps.mean_of_valid(shrink.kernel, value, |i| counts[at + i * width + x] != 0) };
            *to = mean.map_or(fill, |mean| not_nodata(T::from_single(mean), from.nodata));
        }
    }
}
