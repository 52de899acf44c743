use super::axis::Cover;
use super::{Shrink, Valid, not_nodata};
use crate::cog::real::Real;
use crate::wide::{Loop, wide};

/// The mean of the pixels under each destination pixel, each weighted by how much of it lies under.
pub(super) fn rows<T: Real>(shrink: &Shrink, from: &Valid<'_, T>, covers: &[Cover], to: &mut [T], first: usize) {
    let mut work = Work::new(covers.len());
    for (i, to) in to.chunks_exact_mut(covers.len()).enumerate() {
        let y = shrink.y.cover(first + i);
        let half = shrink.x.is_half() && y.to - y.from == 2;
        match (from.always(), half) {
            (true, true) => wide(Quarters { upper: from.rows.row(y.from), lower: from.rows.row(y.from + 1), to }),
            (true, false) => whole(from, covers, y, to, &mut work),
            (false, true) => valid_quarters(shrink, from, y.from, to, &mut work),
            (false, false) => valid(shrink, from, covers, y, to, &mut work),
        }
    }
}

/// What a thread keeps between rows.
struct Work {
    total: Vec<f64>,
    weight: Vec<f64>,
    valid: [Vec<u8>; 2],
}

impl Work {
    fn new(width: usize) -> Self {
        Self { total: vec![0.0; width], weight: vec![0.0; width], valid: [vec![], vec![]] }
    }
}

struct Quarters<'a, T> {
    upper: &'a [T],
    lower: &'a [T],
    to: &'a mut [T],
}

impl<T: Real> Loop for Quarters<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let ((upper, _), (lower, _)) = (self.upper.as_chunks::<2>(), self.lower.as_chunks::<2>());
        for ((to, u), l) in self.to.iter_mut().zip(upper).zip(lower) {
            *to = T::quarter([u[0], u[1], l[0], l[1]]);
        }
    }
}

fn valid_quarters<T: Real>(shrink: &Shrink, from: &Valid<'_, T>, y: usize, to: &mut [T], work: &mut Work) {
    let (upper, lower) = (from.rows.row(y), from.rows.row(y + 1));
    for (valid, y) in work.valid.iter_mut().zip([y, y + 1]) {
        valid.resize(upper.len(), 0);
        from.fill(y, valid);
    }
    let fill = shrink.fill(from.nodata);
    wide(ValidQuarters { rows: [upper, lower], valid: [&work.valid[0], &work.valid[1]], fill, nodata: from.nodata, to });
}

struct ValidQuarters<'a, T> {
    rows: [&'a [T]; 2],
    valid: [&'a [u8]; 2],
    fill: T,
    nodata: Option<T>,
    to: &'a mut [T],
}

impl<T: Real> Loop for ValidQuarters<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let [(upper, _), (lower, _)] = self.rows.map(|row| row.as_chunks::<2>());
        let [(in_upper, _), (in_lower, _)] = self.valid.map(|row| row.as_chunks::<2>());
        for ((((to, u), l), vu), vl) in self.to.iter_mut().zip(upper).zip(lower).zip(in_upper).zip(in_lower) {
            let part = |v: T, valid: u8| if valid != 0 { v.to_f64() } else { 0.0 };
            let count = vu[0] + vu[1] + vl[0] + vl[1];
            let total = (part(u[0], vu[0]) + part(u[1], vu[1])) + (part(l[0], vl[0]) + part(l[1], vl[1]));
            *to = if count == 0 { self.fill } else { not_nodata(T::from_mean(total / f64::from(count)), self.nodata) };
        }
    }
}

fn whole<T: Real>(from: &Valid<'_, T>, covers: &[Cover], y: Cover, to: &mut [T], work: &mut Work) {
    work.total.fill(0.0);
    for at in y.from..y.to {
        let (row, weight) = (from.rows.row(at), y.weight(at));
        for (total, x) in work.total.iter_mut().zip(covers) {
            let mut line = row[x.from].to_f64() * x.first;
            if x.to - x.from > 1 {
                line += row[x.from + 1..x.to - 1].iter().map(|&v| v.to_f64()).sum::<f64>();
                line += row[x.to - 1].to_f64() * x.last;
            }
            *total += line * weight;
        }
    }
    let rows = y.total();
    for ((to, total), x) in to.iter_mut().zip(&work.total).zip(covers) {
        *to = T::from_mean(total / (x.total() * rows));
    }
}

fn valid<T: Real>(shrink: &Shrink, from: &Valid<'_, T>, covers: &[Cover], y: Cover, to: &mut [T], work: &mut Work) {
    work.total.fill(0.0);
    work.weight.fill(0.0);
    for at in y.from..y.to {
        let (row, weight) = (from.rows.row(at), y.weight(at));
        let counts = &mut work.valid[0];
        counts.resize(row.len(), 0);
        from.fill(at, counts);
        for ((total, sum), x) in work.total.iter_mut().zip(&mut work.weight).zip(covers) {
            let (mut line, mut line_weight) = (0.0, 0.0);
            for i in x.from..x.to {
                if counts[i] != 0 {
                    line += row[i].to_f64() * x.weight(i);
                    line_weight += x.weight(i);
                }
            }
            *total += line * weight;
            *sum += line_weight * weight;
        }
    }
    let fill = shrink.fill(from.nodata);
    for ((to, total), weight) in to.iter_mut().zip(&work.total).zip(&work.weight) {
        *to = if *weight > 0.0 { not_nodata(T::from_mean(total / weight), from.nodata) } else { fill };
    }
}
