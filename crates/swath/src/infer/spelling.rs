//! How people write dates into names.

use super::columns::Columns;
use super::dates::DateColumn;
use crate::plan_file::{DateFields, DateFormat, Stamp};

/// Formats of a single token, with its length where they fix it; the first that fits all values is meant.
const FORMATS: [(Option<usize>, &str); 26] = [
    (Some(15), "%Y%m%dT%H%M%S"),
    (Some(16), "%Y%m%dT%H%M%SZ"),
    (Some(13), "%Y%m%dT%H%M"),
    (Some(14), "%Y%m%d%H%M%S"),
    (Some(13), "%Y%j%H%M%S"),
    (Some(12), "%Y%m%d%H%M"),
    (Some(10), "%Y%m%d%H"),
    (Some(8), "%Y%m%d"),
    (Some(8), "%d%m%Y"),
    (Some(8), "%m%d%Y"),
    (Some(7), "%Y%j"),
    (Some(6), "%Y%m"),
    (Some(4), "%Y"),
    (None, "%d%b%Y"),
    (None, "%-d%b%Y"),
    (None, "%Y%b%d"),
    (None, "%Y%b"),
    (None, "%b%Y"),
    (None, "%b%d%Y"),
    (None, "%d%b%y"),
    (Some(7), "%GW%V"),
    (Some(7), "%Gw%V"),
    (Some(8), "%GKW%V"),
    (Some(8), "%GW%V%u"),
    (Some(6), "%YQ%q"),
    (Some(6), "Q%q%Y"),
];

/// Formats of neighbouring tokens; the first that fits all rows is meant. Where day and month may be either, the day comes first.
const SPLITS: [&[&str]; 24] = [
    &["%Y", "%m", "%dT%H", "%M", "%S"],
    &["%Y", "%m", "%dT%H%M%S"],
    &["%Y", "%m", "%d"],
    &["%d", "%m", "%Y"],
    &["%m", "%d", "%Y"],
    &["%-d", "%-m", "%Y"],
    &["%-m", "%-d", "%Y"],
    &["%-d", "%b", "%Y"],
    &["%b", "%-d", "%Y"],
    &["%Y", "%b", "%-d"],
    &["%G", "W%V", "%u"],
    &["%G", "W%V"],
    &["%G", "w%V"],
    &["%G", "KW%V"],
    &["KW%V", "%G"],
    &["KW", "%V", "%G"],
    &["%Y", "Q%q"],
    &["Q%q", "%Y"],
    &["%Y", "%j"],
    &["%Y%m", "%d"],
    &["%Y", "%m"],
    &["%b", "%Y"],
    &["%Y", "%b"],
    &["%m", "%Y"],
];

/// How all these values are written as dates of plausible years, and the dates; `None` where one is none.
pub(super) fn format_of<T: AsRef<str>>(values: &[T]) -> Option<(&'static str, Vec<Stamp>)> {
    FORMATS.iter().find_map(|(len, format)| {
        let fits = |v: &T| len.is_none_or(|len| v.as_ref().len() == len);
        if !values.iter().all(fits) {
            return None;
        }
        read_all(&[format], &[values]).map(|stamps| (*format, stamps))
    })
}

/// The date of each row, of columns in these formats; `None` where one is none, or of no plausible year.
pub(super) fn read_all<T: AsRef<str>>(formats: &[&str], columns: &[&[T]]) -> Option<Vec<Stamp>> {
    let formats: Vec<DateFormat> = formats.iter().map(|f| DateFormat::parse(f).ok()).collect::<Option<_>>()?;
    let years = if formats.len() == 1 && formats[0].to_string() == "%Y" { 1900..=2100 } else { 1800..=2400 };
    let rows = columns.first()?.len();
    let read = |row: usize| {
        let mut fields = DateFields::default();
        for (format, column) in formats.iter().zip(columns) {
            let (part, rest) = format.read(column[row].as_ref())?;
            if !rest.is_empty() {
                return None;
            }
            fields = fields.merged(part)?;
        }
        fields.any_year().filter(|y| years.contains(y))?;
        fields.stamp()
    };
    (0..rows).map(read).collect()
}

/// Where in a word such as `A2022081` or `ndvi20210325t1` digits stand that may be a date: (start, end).
pub(super) fn within_word(word: &str) -> Option<(usize, usize)> {
    let start = word.find(|c: char| c.is_ascii_digit())?;
    let end = word[start..].find(|c: char| !c.is_ascii_digit()).map_or(word.len(), |i| start + i);
    let lengths: &[usize] = if end == word.len() { &[4, 6, 7, 8, 12, 13, 14] } else { &[8] };
    let likely = lengths.contains(&(end - start)) && format_of(&[&word[start..end]]).is_some();
    likely.then_some((start, end))
}

/// A date of several tokens from `column` on.
pub(super) fn several(table: &Columns<'_>, column: usize) -> Option<DateColumn> {
    SPLITS.iter().find_map(|formats| {
        let end = column + formats.len();
        if end > table.width() {
            return None;
        }
        let columns: Vec<&[String]> = (column..end).map(|c| table.values[c].as_slice()).collect();
        if formats.iter().zip(&columns).any(|(f, values)| width(f).is_some_and(|n| values.iter().any(|v| v.len() != n))) {
            return None;
        }
        if !(column + 1..end).all(|c| are_joined(formats, &table.separators[c])) || !is_of_time(table, formats, column..end) {
            return None;
        }
        let stamps = read_all(formats, &columns)?;
        Some(DateColumn { parts: (column..end).zip(formats.iter().copied()).collect(), stamps })
    })
}

/// `210325`, as like a tile's number: a date only where the files lie at one place, and differ in it.
pub(super) fn short_year(table: &Columns<'_>, column: usize) -> Option<DateColumn> {
    let values = &table.values[column];
    let others: Vec<usize> = (0..table.width()).filter(|c| *c != column).collect();
    if values.iter().any(|v| v.len() != 6) || table.distinct(column).len() < 2 || table.place_is_determined(&others) != Some(true) {
        return None;
    }
    read_all(&["%y%m%d"], &[values.as_slice()]).map(|stamps| DateColumn { parts: vec![(column, "%y%m%d")], stamps })
}

/// How many characters a token of this format has, where it is always the same.
fn width(format: &str) -> Option<usize> {
    match format {
        "%Y" | "%G" | "KW%V" => Some(4),
        "W%V" | "w%V" => Some(3),
        "%j" => Some(3),
        "%Y%m" => Some(6),
        "%dT%H" => Some(5),
        "%dT%H%M%S" => Some(9),
        "%m" | "%d" | "%M" | "%S" | "Q%q" => Some(2),
        _ => None,
    }
}

/// Whether what lies between two tokens joins them to a date.
fn are_joined(formats: &[&str], separator: &str) -> bool {
    separator.chars().count() == 1 || [". ", ", "].contains(&separator) || (separator.is_empty() && formats.contains(&"%b"))
}

/// Whether these columns tell times rather than places: numbers that move the place are a tile's.
fn is_of_time(table: &Columns<'_>, formats: &[&str], columns: std::ops::Range<usize>) -> bool {
    if formats.contains(&"%b") {
        return true;
    }
    let joints = &table.separators[columns.start + 1..columns.end];
    let is_padded = !formats.iter().any(|f| f.contains("%-"));
    if is_padded && formats.len() > 2 && joints.iter().all(|s| s == "-" || s == ".") {
        return true;
    }
    let others: Vec<usize> = (0..table.width()).filter(|c| !columns.contains(c)).collect();
    if !is_padded || formats.last() == Some(&"%Y") {
        // `1_2_2020` and `01_02_2020` may as well be a tile and a year.
        return table.place_is_determined(&others) == Some(true);
    }
    let moves = |c: usize| table.stays(c, &(0..table.width()).filter(|o| *o != c).collect::<Vec<_>>()) == Some(false);
    !(columns.start + 1..columns.end).any(moves)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_dates_when_all_of_them_are() {
        for (values, format) in [
            (vec!["20180131", "20180405"], Some("%Y%m%d")),
            (vec!["20180131", "20181399"], None),
            (vec!["2020005", "2020366"], Some("%Y%j")),
            (vec!["2021366"], None),
            (vec!["202001"], Some("%Y%m")),
            (vec!["013032"], None),
            (vec!["32633"], None),
            (vec!["2020", "1999"], Some("%Y")),
            (vec!["2020", "0001"], None),
            (vec!["20200105T101112"], Some("%Y%m%dT%H%M%S")),
            (vec!["2022101145817"], Some("%Y%j%H%M%S")),
            (vec!["31012020"], Some("%d%m%Y")),
            (vec!["05012020"], Some("%d%m%Y")),
            (vec!["05012020", "01312020"], Some("%m%d%Y")),
            (vec!["14Apr2021", "25mar2021", "31DEC2021"], Some("%d%b%Y")),
            (vec!["4Apr2021", "25Mär2021"], Some("%-d%b%Y")),
            (vec!["2021Apr14"], Some("%Y%b%d")),
            (vec!["14Apr2021", "25Mud2021"], None),
            (vec!["2021W12", "2020W53"], Some("%GW%V")),
            (vec!["2021W53"], None),
            (vec!["2021Q1", "2021Q4"], Some("%YQ%q")),
            (vec!["2021Q5"], None),
            (vec!["r0c1"], None),
        ] {
            assert_eq!(format_of(&values).map(|f| f.0), format, "{values:?}");
        }
    }

    #[test]
    fn digits_in_a_word_may_be_a_date() {
        for (word, digits) in
            [("A2022081", Some((1, 8))), ("ndvi20210325t1", Some((4, 12))), ("h09v05", None), ("b2", None), ("v2020x", None)]
        {
            assert_eq!(within_word(word), digits, "{word}");
        }
    }
}
