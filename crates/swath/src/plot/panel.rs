use super::colours::{Colours, viridis};
use super::picture::{Area, Colour, Picture};
use crate::stack::Stack;

/// Whether any pixel of a panel had no data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    Full,
    Gaps,
    /// No pixel had any.
    Empty,
}

/// Draws one (time, band) plane, or one time as a composite, into an area: averaged where it shrinks, repeated where it grows.
pub fn paint(picture: &mut Picture, area: Area, stack: &Stack, (time, band): (usize, usize), colours: &Colours) -> Coverage {
    let [_, _, rows, cols] = stack.shape();
    let (mut gaps, mut seen) = (false, false);
    let sizes = (area.width.max(1) as usize, area.height.max(1) as usize);
    let colours = colours.of_band(band);
    let planes: Vec<Vec<f64>> = match colours {
        Colours::Composite(_) => (0..3).map(|b| scaled(&stack.plane_f64(time, b), (cols, rows), sizes, Scaling::Mean)).collect(),
        Colours::Ramp(_) => vec![scaled(&stack.plane_f64(time, band), (cols, rows), sizes, Scaling::Mean)],
        Colours::Classes(_) | Colours::Apart(_) | Colours::None => {
            vec![scaled(&stack.plane_f64(time, band), (cols, rows), sizes, Scaling::Nearest)]
        }
    };
    let south_up = stack.grid.transform.e > 0.0;
    for j in 0..sizes.1 {
        let row = if south_up { sizes.1 - 1 - j } else { j };
        for i in 0..sizes.0 {
            let values: [f64; 3] = std::array::from_fn(|k| planes.get(k).or(planes.first()).map_or(f64::NAN, |p| p[row * sizes.0 + i]));
            let (x, y) = (area.x + i as i64, area.y + j as i64);
            match colour(values, colours) {
                Some(colour) => {
                    seen = true;
                    picture.set(x, y, colour);
                }
                None => {
                    gaps = true;
                    picture.empty(x, y);
                }
            }
        }
    }
    match (seen, gaps) {
        (_, false) => Coverage::Full,
        (true, true) => Coverage::Gaps,
        (false, true) => Coverage::Empty,
    }
}

fn colour(values: [f64; 3], colours: &Colours) -> Option<Colour> {
    match colours {
        Colours::None | Colours::Apart(_) => None,
        Colours::Composite(stretches) => {
            values.iter().all(|v| v.is_finite()).then(|| std::array::from_fn(|k| (stretches[k].share(values[k]) * 255.0).round() as u8))
        }
        Colours::Ramp(stretch) => values[0].is_finite().then(|| viridis(stretch.share(values[0]))),
        Colours::Classes(classes) => {
            // A value without a class is shown grey: it is data that nobody named.
            let class = classes.iter().find(|c| c.class.value as f64 == values[0]);
            values[0].is_finite().then(|| class.map_or([128, 128, 128], |c| c.colour))
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scaling {
    Mean,
    Nearest,
}

/// A plane at another size; NaN where most of what lies under a pixel is no data.
fn scaled(plane: &[f64], (cols, rows): (usize, usize), (width, height): (usize, usize), how: Scaling) -> Vec<f64> {
    let mut out = Vec::with_capacity(width * height);
    let range = |i: usize, to: usize, from: usize| {
        let first = (i * from / to).min(from.saturating_sub(1));
        first..((i + 1) * from).div_ceil(to).clamp(first + 1, from.max(1))
    };
    for j in 0..height {
        let down = range(j, height, rows);
        for i in 0..width {
            let across = range(i, width, cols);
            if how == Scaling::Nearest || (across.len() == 1 && down.len() == 1) || width > cols || height > rows {
                let (x, y) = ((2 * i + 1) * cols / (2 * width), (2 * j + 1) * rows / (2 * height));
                out.push(plane.get(y * cols + x).copied().unwrap_or(f64::NAN));
                continue;
            }
            let (mut sum, mut seen, mut all) = (0.0, 0usize, 0usize);
            for y in down.clone() {
                for value in &plane[y * cols + across.start..y * cols + across.end] {
                    all += 1;
                    if value.is_finite() {
                        sum += value;
                        seen += 1;
                    }
                }
            }
            out.push(if seen * 2 >= all && seen > 0 { sum / seen as f64 } else { f64::NAN });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(size: (usize, usize), how: Scaling, expected: &[f64]) {
        let plane = [1.0, 2.0, 3.0, f64::NAN, 5.0, 6.0, f64::NAN, f64::NAN];
        let got = scaled(&plane, (4, 2), size, how);
        let same = got.len() == expected.len() && got.iter().zip(expected).all(|(a, b)| a == b || (a.is_nan() && b.is_nan()));
        assert!(same, "{size:?}: {got:?}");
    }

    #[test]
    fn shrinking_averages_data_and_growing_repeats_it() {
        let nan = f64::NAN;
        check((2, 1), Scaling::Mean, &[3.5, nan]);
        check((2, 1), Scaling::Nearest, &[6.0, nan]);
        check((4, 2), Scaling::Mean, &[1.0, 2.0, 3.0, nan, 5.0, 6.0, nan, nan]);
        check((8, 1), Scaling::Nearest, &[5.0, 5.0, 6.0, 6.0, nan, nan, nan, nan]);
    }
}
