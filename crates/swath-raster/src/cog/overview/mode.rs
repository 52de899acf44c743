use super::axis::Cover;
use super::{Shrink, Valid};
use crate::cog::real::{Real, is_nodata};

/// The value that first reached the highest count, row by row.
pub(super) fn rows<T: Real>(shrink: &Shrink, from: &Valid<'_, T>, covers: &[Cover], to: &mut [T], first: usize) {
    let mut seen: Vec<(T, u32)> = Vec::new();
    let mut valid: Vec<Vec<u8>> = Vec::new();
    for (i, to) in to.chunks_exact_mut(covers.len()).enumerate() {
        let y = shrink.y.cover(first + i);
        if !from.always() {
            valid.resize(y.to - y.from, Vec::new());
            for (valid, y) in valid.iter_mut().zip(y.from..) {
                valid.resize(from.rows.row(y).len(), 0);
                from.fill(y, valid);
            }
        }
        for (to, x) in to.iter_mut().zip(covers) {
            seen.clear();
            let mut most = None::<usize>;
            for at in y.from..y.to {
                let row = from.rows.row(at);
                for i in x.from..x.to {
                    if valid.get(at - y.from).is_none_or(|v| v[i] != 0) {
                        most = Some(count(&mut seen, row[i], most));
                    }
                }
            }
            *to = most.map_or_else(|| shrink.fill(from.nodata), |most| seen[most].0);
        }
    }
}

fn count<T: Real>(seen: &mut Vec<(T, u32)>, value: T, most: Option<usize>) -> usize {
    let at = match seen.iter().position(|&(v, _)| is_nodata(v, value)) {
        Some(at) => at,
        None => {
            seen.push((value, 0));
            seen.len() - 1
        }
    };
    seen[at].1 += 1;
    match most {
        Some(most) if seen[at].1 <= seen[most].1 => most,
        _ => at,
    }
}
