use super::axis::Cover;
use super::{Shrink, Valid, not_nodata};
use crate::cog::real::Real;

/// The root of the mean of squares of the pixels under each destination pixel, each weighted by how much of it lies under.
pub(super) fn rows<T: Real>(shrink: &Shrink, from: &Valid<'_, T>, covers: &[Cover], to: &mut [T], first: usize) {
    let fill = shrink.fill(from.nodata);
    let mut valid: Vec<Vec<u8>> = Vec::new();
    for (i, to) in to.chunks_exact_mut(covers.len()).enumerate() {
        let y = shrink.y.cover(first + i);
        if from.always() && shrink.x.is_half() && y.to - y.from == 2 {
            quarters(from.rows.row(y.from), from.rows.row(y.from + 1), to);
            continue;
        }
        if from.always() {
            to.iter_mut().zip(covers).for_each(|(to, &x)| *to = whole(from, x, y));
            continue;
        }
        valid.resize(y.to - y.from, Vec::new());
        for (valid, y) in valid.iter_mut().zip(y.from..) {
            valid.resize(from.rows.row(y).len(), 0);
            from.fill(y, valid);
        }
        for (to, &x) in to.iter_mut().zip(covers) {
            *to = of_valid(from, &valid, x, y).map_or(fill, |v| not_nodata(v, from.nodata));
        }
    }
}

fn quarters<T: Real>(upper: &[T], lower: &[T], to: &mut [T]) {
    let ((upper, _), (lower, _)) = (upper.as_chunks::<2>(), lower.as_chunks::<2>());
    for ((to, u), l) in to.iter_mut().zip(upper).zip(lower) {
        *to = T::quarter_rms([u[0], u[1], l[0], l[1]]);
    }
}

/// Floats are divided by the largest first, so that no square leaves their range.
fn whole<T: Real>(from: &Valid<'_, T>, x: Cover, y: Cover) -> T {
    let rows = y.from..y.to;
    let largest = if T::SQUARES_FIT {
        1.0
    } else {
        rows.clone().flat_map(|at| &from.rows.row(at)[x.from..x.to]).fold(0.0, |most: f64, v| most.max(v.to_f64().abs()))
    };
    let (part, whole) = if largest > 0.0 && largest.is_finite() { (1.0 / largest, largest) } else { (1.0, largest) };
    let square = |v: T| (v.to_f64() * part) * (v.to_f64() * part);
    let mut total = 0.0;
    for at in rows {
        let row = from.rows.row(at);
        let mut line = square(row[x.from]) * x.first;
        if x.to - x.from > 1 {
            line = row[x.from + 1..x.to - 1].iter().fold(line, |line, &v| line + square(v));
            line += square(row[x.to - 1]) * x.last;
        }
        total += line * y.weight(at);
    }
    T::from_square(total / (x.total() * y.total()), whole)
}

fn of_valid<T: Real>(from: &Valid<'_, T>, valid: &[Vec<u8>], x: Cover, y: Cover) -> Option<T> {
    let (mut total, mut weight, mut any) = (0.0, 0.0, false);
    for (at, valid) in (y.from..y.to).zip(valid) {
        let row = from.rows.row(at);
        let (mut line, mut line_weight) = (0.0, 0.0);
        for i in (x.from..x.to).filter(|&i| valid[i] != 0) {
            any = true;
            line += row[i].to_f64() * row[i].to_f64() * x.weight(i);
            line_weight += x.weight(i);
        }
        total += line * y.weight(at);
        weight += line_weight * y.weight(at);
    }
    any.then(|| T::from_square(total / weight, 1.0))
}
