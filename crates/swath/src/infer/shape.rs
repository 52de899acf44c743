use std::collections::BTreeSet;

/// What the values of a column look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// `013032`, `12`.
    Digits,
    /// `ndvi`, `height`.
    Word,
    /// `B1` .. `B11`, `BQA`, `B8A`: one prefix, in lower case here, and numbers.
    Numbered(String),
    /// `r0c1`, `h09v05`, `N45E012`.
    Grid,
    /// Anything else, `32TQM`.
    Mixed,
}

/// Prefixes that count channels of one scene.
const BAND_WORDS: &[&str] = &["b", "band", "ch", "chan", "channel", "bd", "var", "layer", "lyr", "l", "bio", "pc", "class"];
/// Words that count places.
const TILE_WORDS: &[&str] = &[
    "t", "tile", "r", "row", "c", "col", "x", "y", "h", "v", "p", "path", "s", "site", "plot", "block", "zone", "grid", "sheet", "cell",
    "n", "e", "w", "lat", "lon", "long", "lng", "utm", "region", "id", "scene", "part", "chunk", "img", "image", "map", "area", "quad",
    "field", "station",
];

impl Shape {
    pub(super) fn of(values: &BTreeSet<&str>) -> Self {
        let all = |f: &dyn Fn(&str) -> bool| values.iter().all(|v| f(v));
        if all(&|v| v.bytes().all(|b| b.is_ascii_digit())) {
            return Self::Digits;
        }
        if all(&|v| v.chars().all(char::is_alphabetic)) {
            return Self::Word;
        }
        if all(&|v| runs(v) == "wdwd") {
            return Self::Grid;
        }
        let numbered: Vec<&str> = values.iter().copied().filter(|v| matches!(runs(v).as_str(), "wd" | "wdw")).collect();
        let prefix = |v: &str| v.chars().take_while(|c| c.is_alphabetic()).collect::<String>().to_lowercase();
        let short = |v: &str| v.bytes().filter(u8::is_ascii_digit).count() <= 4;
        if let Some(first) = numbered.first() {
            let word = prefix(first);
            let one = numbered.iter().all(|v| prefix(v) == word && short(v));
            let rest_are_words = values.iter().all(|v| numbered.contains(v) || runs(v) == "w");
            if one && rest_are_words && numbered.len() * 2 >= values.len() {
                return Self::Numbered(word);
            }
        }
        Self::Mixed
    }

    /// How much this looks like a variable, above zero, or unlike one.
    pub(super) fn like_variable(&self) -> i32 {
        match self {
            Self::Word => 2,
            Self::Numbered(prefix) if BAND_WORDS.contains(&prefix.as_str()) => 3,
            Self::Numbered(prefix) if TILE_WORDS.contains(&prefix.as_str()) => -3,
            Self::Numbered(_) => 1,
            Self::Mixed => 0,
            Self::Digits => -3,
            Self::Grid => -5,
        }
    }

    /// How much this looks like a tile.
    pub(super) fn like_tile(&self) -> i32 {
        match self {
            Self::Grid => 5,
            Self::Digits => 2,
            Self::Numbered(prefix) if BAND_WORDS.contains(&prefix.as_str()) => -2,
            Self::Numbered(prefix) if TILE_WORDS.contains(&prefix.as_str()) => 3,
            Self::Mixed => 2,
            Self::Numbered(_) => 1,
            Self::Word => 0,
        }
    }

    /// `B04`, `band3`: a band even where it is the only one.
    pub(super) fn is_band(&self) -> bool {
        matches!(self, Self::Numbered(prefix) if ["b", "band", "ch", "channel"].contains(&prefix.as_str()))
    }
}

/// A word that says 'a piece of the map follows'.
pub(super) fn is_tile_word(word: &str) -> bool {
    TILE_WORDS.contains(&word.to_lowercase().as_str())
}

/// Whether letters between numbers count places, as in `h09v05`; those of `MOD13Q1` name a product.
pub(super) fn counts_places(text: &str) -> bool {
    text.split(|c: char| c.is_ascii_digit()).filter(|word| !word.is_empty()).all(is_tile_word)
}

/// Runs of letters and digits: `wd` for `B04`.
fn runs(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let kind = if c.is_ascii_digit() { 'd' } else { 'w' };
        if !out.ends_with(kind) {
            out.push(kind);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_a_shape() {
        for (values, shape) in [
            (vec!["B1", "B10", "BQA", "B8A"], Shape::Numbered("b".into())),
            (vec!["r0c1", "r10c2"], Shape::Grid),
            (vec!["h09v05"], Shape::Grid),
            (vec!["013032", "12"], Shape::Digits),
            (vec!["ndvi", "height"], Shape::Word),
            (vec!["32TQM", "32TQN"], Shape::Mixed),
            (vec!["b1", "t1"], Shape::Mixed),
        ] {
            assert_eq!(Shape::of(&values.iter().copied().collect()), shape, "{values:?}");
        }
    }
}
