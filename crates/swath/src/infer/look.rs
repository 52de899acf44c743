use std::collections::BTreeMap;

use swath_raster::{RasterSource, SampleType, Shape, Window, with_real};

/// A few pixels of a band: its upper and lower edge, and a window in the middle.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Look {
    pub border: Vec<f64>,
    pub inside: Vec<f64>,
}

/// Looks at one band; `None` where it cannot be read cheaply or at all.
pub(super) fn at(source: &dyn RasterSource, band: usize) -> Option<Look> {
    let info = source.info();
    let Shape { width, height } = info.grid.shape;
    // One strip may be the whole image: nobody asked to decode that.
    let block = u64::from(info.block.width) * u64::from(info.block.height) * info.sample.size() as u64;
    if block > 64 << 20 || width == 0 || height == 0 || info.sample.is_complex() {
        return None;
    }
    let read = |window: Window| {
        let samples = source.read(&[band], window).ok()?.into_iter().next()?;
        #[allow(clippy::cast_precision_loss, clippy::cast_lossless, clippy::unnecessary_cast)]
        Some(with_real!(&samples, v => v.iter().map(|&x| x as f64).collect::<Vec<f64>>(), else Vec::new()))
    };
    let wide = width.min(16_384);
    let mut border = read(Window { col: 0, row: 0, width: wide, height: 1 })?;
    border.extend(read(Window { col: width - wide, row: height - 1, width: wide, height: 1 })?);
    let (w, h) = (width.min(256), height.min(256));
    let inside = read(Window { col: (width - w) / 2, row: (height - h) / 2, width: w, height: h })?;
    Some(Look { border, inside })
}

/// What the pixels of a variable without a nodata tag suggest.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Suggestion {
    Nothing,
    /// So plain that it is taken.
    Plain {
        value: String,
        reason: String,
    },
    /// Worth a look by somebody who knows.
    Perhaps {
        value: String,
        reason: String,
    },
}

/// A fill value among the looks at several files of one variable.
pub(super) fn fill(sample: SampleType, looks: &[Look]) -> Suggestion {
    let border: Vec<f64> = looks.iter().flat_map(|l| l.border.iter().copied()).collect();
    if border.is_empty() {
        return Suggestion::Nothing;
    }
    let files = if looks.len() == 1 { "the file looked at".to_owned() } else { format!("the {} files looked at", looks.len()) };
    let candidates = candidates(sample);
    let share = |is: &dyn Fn(f64) -> bool| border.iter().filter(|v| is(**v)).count() * 100 / border.len();
    if sample.is_float() && border.iter().chain(looks.iter().flat_map(|l| &l.inside)).any(|v| v.is_nan()) {
        return Suggestion::Plain { value: "\"nan\"".to_owned(), reason: format!("NaN lies in {files}") };
    }
    for value in candidates {
        let part = share(&|v| v == value);
        if part < 10 {
            continue;
        }
        let text = if sample.is_float() && value < -1e30 { format!("{value:e}") } else { format!("{value}") };
        let reason = format!("{text} fills {part} % of the upper and lower edges of {files}");
        return match gap(value, looks) {
            Some(next) if is_far(sample, value, next) => {
                Suggestion::Plain { value: text, reason: format!("{reason}, and the nearest other value is {next}") }
            }
            Some(next) => {
                Suggestion::Perhaps { value: text, reason: format!("{reason}, but {next} occurs too, so {value} may be a real value") }
            }
            None => Suggestion::Perhaps { value: text, reason: format!("{reason}, and nothing else was seen") },
        };
    }
    Suggestion::Nothing
}

/// Values that people fill with, the likeliest first.
fn candidates(sample: SampleType) -> Vec<f64> {
    match sample {
        SampleType::U8 => vec![0.0, 255.0],
        SampleType::U16 => vec![0.0, 65_535.0],
        SampleType::U32 | SampleType::U64 => vec![0.0, 4_294_967_295.0],
        SampleType::I8 => vec![-128.0, -1.0],
        SampleType::I16 => vec![-32_768.0, -9999.0, -999.0, -99.0, 0.0],
        SampleType::I32 | SampleType::I64 => vec![-2_147_483_648.0, -32_768.0, -9999.0, -999.0, -99.0, 0.0],
        _ => vec![f64::from(f32::MIN), f64::MIN, -1e34, -32_768.0, -9999.0, -999.0, -99.0, 1e20, 0.0],
    }
}

/// The value nearest to the fill value.
fn gap(value: f64, looks: &[Look]) -> Option<f64> {
    let all = looks.iter().flat_map(|l| l.border.iter().chain(&l.inside)).copied();
    all.filter(|v| v.is_finite() && *v != value).min_by(|a, b| (a - value).abs().total_cmp(&(b - value).abs()))
}

fn is_far(sample: SampleType, value: f64, next: f64) -> bool {
    match sample {
        SampleType::U8 | SampleType::I8 => false,
        _ if value == 0.0 => !sample.is_float() && next.abs() >= 64.0,
        _ => (next - value).abs() >= 64.0_f64.min(value.abs() / 2.0),
    }
}

/// The values seen, where they are so few that they must be categories.
pub(super) fn few_values(sample: SampleType, looks: &[Look]) -> Option<Vec<i64>> {
    if !sample.is_integer() {
        return None;
    }
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    let mut seen = 0;
    for value in looks.iter().flat_map(|l| &l.inside) {
        #[allow(clippy::cast_possible_truncation)]
        let key = *value as i64;
        *counts.entry(key).or_default() += 1;
        seen += 1;
        if counts.len() > 12 {
            return None;
        }
    }
    (seen >= 1000 && counts.len() >= 2).then(|| counts.into_keys().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fill_value_is_taken_only_when_nothing_is_near_it() {
        let look = |border: &[f64], inside: &[f64]| vec![Look { border: border.to_vec(), inside: inside.to_vec() }];
        let kind = |s: &Suggestion| match s {
            Suggestion::Nothing => "nothing".to_owned(),
            Suggestion::Plain { value, .. } => format!("plain {value}"),
            Suggestion::Perhaps { value, .. } => format!("perhaps {value}"),
        };
        for (sample, border, inside, expected) in [
            (SampleType::U16, vec![0.0, 0.0, 7000.0], vec![7321.0, 9000.0], "plain 0"),
            (SampleType::U16, vec![0.0, 0.0, 3.0], vec![1.0, 2.0], "perhaps 0"),
            (SampleType::U8, vec![0.0, 0.0, 100.0], vec![100.0], "perhaps 0"),
            (SampleType::U16, vec![7000.0; 20], vec![0.0, 7000.0], "nothing"),
            (SampleType::F32, vec![f64::NAN, 1.0], vec![1.0], "plain \"nan\""),
            (SampleType::F32, vec![-9999.0, 1.0], vec![1.0], "plain -9999"),
            (SampleType::F32, vec![0.0, 0.0], vec![0.5], "perhaps 0"),
            (SampleType::U16, vec![0.0, 0.0], vec![0.0], "perhaps 0"),
            (SampleType::I16, vec![-9999.0, 4.0], vec![4.0], "plain -9999"),
        ] {
            assert_eq!(kind(&fill(sample, &look(&border, &inside))), expected, "{sample:?} {border:?}");
        }
    }

    #[test]
    fn few_integers_are_categories() {
        let inside: Vec<f64> = (0..2000).map(|i| f64::from(i % 5)).collect();
        let look = [Look { border: vec![], inside: inside.clone() }];
        assert_eq!(few_values(SampleType::U8, &look), Some(vec![0, 1, 2, 3, 4]));
        assert_eq!(few_values(SampleType::F32, &look), None);
        let constant = [Look { border: vec![], inside: vec![7.0; 2000] }];
        assert_eq!(few_values(SampleType::U8, &constant), None);
    }
}
