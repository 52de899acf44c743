use super::{Shrink, Valid, not_nodata};
use crate::cog::real::Real;

/// Less weight than this is none.
const LEAST: f64 = 1e-6;

/// Weighted means under a kernel stretched to the size of a destination pixel; pixels that do not count leave their weight
/// to the rest of their row, and rows without any leave theirs to the others.
pub(super) fn rows<T: Real>(shrink: &Shrink, from: &Valid<'_, T>, to: &mut [T], first: usize) {
    let width = shrink.x.dst;
    let columns: Vec<(usize, Vec<f64>)> = (0..width).map(|i| weights(&shrink.x, i, shrink.kernel)).collect();
    let (mut total, mut weight) = (vec![0.0; width], vec![0.0; width]);
    let mut valid = Vec::new();
    for (i, to) in to.chunks_exact_mut(width).enumerate() {
        total.fill(0.0);
        weight.fill(0.0);
        let (start, lines) = weights(&shrink.y, first + i, shrink.kernel);
        for (at, line_weight) in (start..).zip(&lines) {
            let row = from.rows.row(at);
            valid.resize(row.len(), 0);
            from.fill(at, &mut valid);
            for ((total, weight), (start, parts)) in total.iter_mut().zip(&mut weight).zip(&columns) {
                let (mut line, mut counted) = (0.0, 0.0);
                for (x, part) in (*start..).zip(parts) {
                    if valid[x] != 0 {
                        line += row[x].to_f64() * part;
                        counted += part;
                    }
                }
                if counted > LEAST {
                    *total += line / counted * line_weight;
                    *weight += line_weight;
                }
            }
        }
        let fill = shrink.fill(from.nodata);
        for ((to, total), weight) in to.iter_mut().zip(&total).zip(&weight) {
            *to = if *weight > LEAST { not_nodata(T::from_mean(total / weight), from.nodata) } else { fill };
        }
    }
}

fn weights(axis: &super::Axis, i: usize, kernel: super::Kernel) -> (usize, Vec<f64>) {
    let range = axis.range(i);
    (range.start, range.map(|at| axis.pull(i, at, kernel)).collect())
}
