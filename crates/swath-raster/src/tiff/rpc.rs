//! Rational polynomial coefficients: tag 50844, 92 numbers, and GDAL's names for them.

use std::collections::BTreeMap;

/// The domain of GDAL's metadata that has them.
pub(crate) const DOMAIN: &str = "RPC";

/// Names in the order of the tag, each with how many numbers it has.
const NAMES: [(&str, usize); 16] = [
    ("ERR_BIAS", 1),
    ("ERR_RAND", 1),
    ("LINE_OFF", 1),
    ("SAMP_OFF", 1),
    ("LAT_OFF", 1),
    ("LONG_OFF", 1),
    ("HEIGHT_OFF", 1),
    ("LINE_SCALE", 1),
    ("SAMP_SCALE", 1),
    ("LAT_SCALE", 1),
    ("LONG_SCALE", 1),
    ("HEIGHT_SCALE", 1),
    ("LINE_NUM_COEFF", 20),
    ("LINE_DEN_COEFF", 20),
    ("SAMP_NUM_COEFF", 20),
    ("SAMP_DEN_COEFF", 20),
];

/// Texts of a tag's numbers; `None` where these are not 92.
pub(crate) fn named(numbers: &[f64]) -> Option<BTreeMap<String, String>> {
    let mut rest = numbers;
    let mut items = BTreeMap::new();
    for (name, count) in NAMES {
        let (mine, others) = rest.split_at_checked(count)?;
        items.insert(name.to_owned(), mine.iter().map(f64::to_string).collect::<Vec<_>>().join(" "));
        rest = others;
    }
    rest.is_empty().then_some(items)
}

/// The tag's numbers; `None` where some are missing. Errors of the model need not be said: -1 is unknown.
pub(crate) fn numbers(items: &BTreeMap<String, String>) -> Option<Vec<f64>> {
    let mut all = Vec::with_capacity(92);
    for (name, count) in NAMES {
        let before = all.len();
        match items.get(name) {
            None if name.starts_with("ERR_") => all.push(-1.0),
            None => return None,
            Some(text) => {
                // Some products say the unit behind the number.
                let words = text.split([' ', ',', '\t', '\n', '\r']).filter(|w| !w.is_empty()).take(count);
                words.map(|w| w.parse::<f64>().ok()).collect::<Option<Vec<f64>>>().into_iter().for_each(|v| all.extend(v));
            }
        }
        if all.len() != before + count || !all.iter().all(|v| v.is_finite()) {
            return None;
        }
    }
    Some(all)
}

/// What the same parts are called in a `.RPB` file.
const RPB: [&str; 16] = [
    "errBias",
    "errRand",
    "lineOffset",
    "sampOffset",
    "latOffset",
    "longOffset",
    "heightOffset",
    "lineScale",
    "sampScale",
    "latScale",
    "longScale",
    "heightScale",
    "lineNumCoef",
    "lineDenCoef",
    "sampNumCoef",
    "sampDenCoef",
];

/// A file beside the raster: `NAME_RPC.TXT` (lines such as `LINE_OFF: 2191 pixels`) or `NAME.RPB`; `None` where a number is missing.
pub(crate) fn beside(text: &[u8]) -> Option<BTreeMap<String, String>> {
    let text = String::from_utf8_lossy(text);
    let mut items: BTreeMap<String, String> = BTreeMap::new();
    if text.contains("lineOffset") {
        for (head, value) in text.split(';').filter_map(|statement| statement.rsplit_once('=')) {
            let name = head.rsplit('\n').next().unwrap_or_default().trim();
            if let Some(at) = RPB.iter().position(|known| name == *known) {
                items.insert(NAMES[at].0.to_owned(), value.replace(['(', ')', ','], " "));
            }
        }
    } else {
        for (name, value) in text.lines().filter_map(|line| line.split_once([':', '='])) {
            let name = name.trim().to_ascii_uppercase();
            match name.rsplit_once('_').filter(|(head, number)| head.ends_with("COEFF") && number.parse::<u8>().is_ok()) {
                Some((head, _)) => {
                    let all = items.entry(head.to_owned()).or_default();
                    all.push(' ');
                    all.push_str(value.split_whitespace().next().unwrap_or_default());
                }
                None => drop(items.insert(name, value.trim().to_owned())),
            }
        }
    }
    named(&numbers(&items)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_beside_a_raster_say_the_same_as_its_tag() {
        let all: Vec<f64> = (0..92).map(|v| f64::from(v) * 0.5 + 1.0).collect();
        let (mut text, mut rpb) = (String::new(), String::from("satId = \"QB02\";\nBEGIN_GROUP = IMAGE\n"));
        let mut rest = all.as_slice();
        for ((name, count), other) in NAMES.into_iter().zip(RPB) {
            let (mine, others) = rest.split_at(count);
            rest = others;
            if count == 1 {
                text += &format!("{name}: {} pixels\r\n", mine[0]);
                rpb += &format!("\t{other} = {};\n", mine[0]);
            } else {
                mine.iter().enumerate().for_each(|(at, v)| text += &format!("{name}_{}: {v}\n", at + 1));
                rpb += &format!("\t{other} = (\n{});\n", mine.iter().map(|v| format!("\t\t\t{v}")).collect::<Vec<_>>().join(",\n"));
            }
        }
        assert_eq!(beside(text.as_bytes()), named(&all));
        assert_eq!(beside(rpb.as_bytes()), named(&all));
        assert_eq!(beside(b"LINE_OFF: 1\n"), None);
    }

    #[test]
    fn numbers_survive_their_names() {
        let all: Vec<f64> = (0..92).map(|i| f64::from(i) / 3.0 - 7.0).collect();
        let mut items = named(&all).unwrap();
        assert_eq!(items["LINE_OFF"], all[2].to_string());
        assert_eq!(numbers(&items).as_deref(), Some(&all[..]));
        items.remove("ERR_BIAS");
        items.insert("LINE_SCALE".to_owned(), "5 pixels".to_owned());
        assert_eq!(numbers(&items).map(|n| (n[0], n[7])), Some((-1.0, 5.0)));
        items.insert("LAT_OFF".to_owned(), "north".to_owned());
        assert_eq!((numbers(&items), named(&all[1..])), (None, None));
    }
}
