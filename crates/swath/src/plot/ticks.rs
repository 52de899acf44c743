/// Round values inside `low..=high`, at most `most` of them, with the number of decimals that tells them apart.
pub fn ticks(low: f64, high: f64, most: usize) -> (Vec<f64>, usize) {
    let span = high - low;
    if span.is_nan() || span <= 0.0 || !span.is_finite() {
        return (if low.is_finite() { vec![low] } else { Vec::new() }, 2);
    }
    let raw = span / most.max(1) as f64;
    let unit = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].iter().map(|m| m * unit).find(|s| *s >= raw * 0.999_999).unwrap_or(unit * 10.0);
    let first = (low / step - 1e-9).ceil();
    let count = (high / step + 1e-9).floor() - first;
    let values: Vec<f64> = (0..=count.max(0.0) as usize).map(|i| (first + i as f64) * step).filter(|v| *v <= high + step * 1e-6).collect();
    if values.is_empty() && most < 8 {
        // The round value of so wide a step lies outside: a finer one does not.
        return ticks(low, high, most.max(1) + 1);
    }
    (values, decimals(step))
}

/// Decimals that a step needs to be written out.
fn decimals(step: f64) -> usize {
    (0..12).find(|d| ((step * 10f64.powi(*d)).round() - step * 10f64.powi(*d)).abs() < 1e-6 * step * 10f64.powi(*d)).unwrap_or(12) as usize
}

/// `4 980 000`, `−0.25`: groups of three by no-break spaces, a true minus.
pub fn number(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), ""), |(w, f)| (w, f));
    let mut out = String::new();
    if value < 0.0 && text.bytes().any(|b| matches!(b, b'1'..=b'9')) {
        out.push('\u{2212}');
    }
    for (i, digit) in whole.chars().enumerate() {
        // Four digits are read at a glance, and a year must not be cut.
        if i > 0 && (whole.len() - i) % 3 == 0 && whole.len() > 4 {
            out.push('\u{a0}');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// `12.5° W`; longitudes beyond a half turn come back from the other side.
pub fn degrees(value: f64, decimals: usize, positive: char, negative: char) -> String {
    let turned = if positive == 'E' && value > 180.0 { value - 360.0 } else { value };
    let side = if turned.abs() < 1e-9 || (positive == 'E' && turned.abs() == 180.0) {
        String::new()
    } else {
        format!("\u{a0}{}", if turned > 0.0 { positive } else { negative })
    };
    format!("{:.decimals$}°{side}", turned.abs())
}

/// A value with about four digits that count.
pub fn short(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e7).contains(&size) {
        return format!("{value:.2e}").replace('-', "\u{2212}");
    }
    let decimals = if size >= 1000.0 || value.fract() == 0.0 {
        0
    } else if size >= 100.0 {
        1
    } else if size >= 1.0 {
        2
    } else {
        4
    };
    number(value, decimals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        for (low, high, most, expected) in [
            (0.0, 10.0, 5, vec![0.0, 2.0, 4.0, 6.0, 8.0, 10.0]),
            (500_007.0, 503_007.0, 4, vec![501_000.0, 502_000.0, 503_000.0]),
            (500_007.0, 501_507.0, 1, vec![501_000.0]),
            (-0.31, 0.42, 4, vec![-0.2, 0.0, 0.2, 0.4]),
            (7.0, 7.0, 4, vec![7.0]),
        ] {
            let (got, _) = ticks(low, high, most);
            assert!(got.len() == expected.len() && got.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9), "{got:?} {expected:?}");
        }
    }

    #[test]
    fn numbers_are_written_for_people() {
        for (got, expected) in [
            (number(4_980_000.0, 0), "4\u{a0}980\u{a0}000"),
            (number(-0.25, 2), "−0.25"),
            (number(-0.001, 1), "0.0"),
            (number(2018.0, 0), "2018"),
            (degrees(-73.5, 1, 'E', 'W'), "73.5°\u{a0}W"),
            (degrees(190.0, 0, 'E', 'W'), "170°\u{a0}W"),
            (degrees(0.0, 0, 'N', 'S'), "0°"),
            (short(0.123_456), "0.1235"),
            (short(12_345.6), "12\u{a0}346"),
            (short(3e-9), "3.00e−9"),
        ] {
            assert_eq!(got, expected);
        }
    }
}
