use super::axis::Cover;
use super::{Shrink, Valid};
use crate::cog::real::Real;

/// The value that beats all others under each destination pixel; NaN is beaten by any.
pub(super) fn rows<T: Real>(
    shrink: &Shrink,
    from: &Valid<'_, T>,
    covers: &[Cover],
    to: &mut [T],
    first: usize,
    beats: impl Fn(T, T) -> bool + Copy,
) {
    let mut best: Vec<Option<T>> = vec![None; covers.len()];
    let mut valid = Vec::new();
    for (i, to) in to.chunks_exact_mut(covers.len()).enumerate() {
        let y = shrink.y.cover(first + i);
        best.fill(None);
        for at in y.from..y.to {
            let row = from.rows.row(at);
            valid.resize(row.len(), 0);
            from.fill(at, &mut valid);
            for (best, x) in best.iter_mut().zip(covers) {
                for i in x.from..x.to {
                    if valid[i] != 0 && best.is_none_or(|old| beats(row[i], old) || old.is_nan()) {
                        *best = Some(row[i]);
                    }
                }
            }
        }
        for (to, best) in to.iter_mut().zip(&best) {
            *to = best.unwrap_or_else(|| shrink.fill(from.nodata));
        }
    }
}
