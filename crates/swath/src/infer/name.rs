/// A path taken apart: runs of letters and digits, and what lies between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub tokens: Vec<String>,
    /// What precedes each token.
    pub separators: Vec<String>,
    /// Folder level of each token, 0 for the first folder.
    pub levels: Vec<usize>,
    /// What follows the last token, with the extension.
    pub tail: String,
}

impl Name {
    pub(super) fn of(rel: &str) -> Self {
        let file_start = rel.rfind('/').map_or(0, |i| i + 1);
        let stem_end = match rel[file_start..].rfind('.') {
            Some(dot) if dot > 0 && is_extension(&rel[file_start + dot + 1..]) => file_start + dot,
            _ => rel.len(),
        };
        let mut name = Self { tokens: Vec::new(), separators: Vec::new(), levels: Vec::new(), tail: String::new() };
        let (mut between, mut token, mut level) = (String::new(), String::new(), 0);
        let stem = &rel[..stem_end];
        for (i, c) in stem.char_indices() {
            let is_sign = c == '-' && is_axis(&token) && stem[i + 1..].starts_with(|n: char| n.is_ascii_digit());
            if c.is_alphanumeric() || is_sign {
                token.push(c);
                continue;
            }
            name.push(&mut between, &mut token, level);
            if c == '/' {
                level += 1;
            }
            between.push(c);
        }
        name.push(&mut between, &mut token, level);
        name.tail = format!("{between}{}", &rel[stem_end..]);
        name
    }

    fn push(&mut self, between: &mut String, token: &mut String, level: usize) {
        if !token.is_empty() {
            self.separators.push(std::mem::take(between));
            self.tokens.push(std::mem::take(token));
            self.levels.push(level);
        }
    }

    /// Names with the same grammar have the same signature.
    pub(super) fn signature(&self) -> String {
        let folders = self.tail.matches('/').count();
        format!("{}|{folders}|{}", self.separators.join("\u{1}"), self.tail.split('.').next().unwrap_or(""))
    }
}

/// `lat-10` is a number with its sign, not two tokens.
fn is_axis(word: &str) -> bool {
    ["lat", "lon", "long", "lng", "x", "y"].contains(&word.to_lowercase().as_str())
}

fn is_extension(text: &str) -> bool {
    (1..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric()) && text.bytes().any(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_tokens_and_what_lies_between() {
        for (rel, tokens, tail) in [
            ("B02/32633_20200105.tif", vec!["B02", "32633", "20200105"], ".tif"),
            ("my data/a - b (1).TIFF", vec!["my", "data", "a", "b", "1"], ").TIFF"),
            ("MOD13A1.A2022081.h09v05.006.tif", vec!["MOD13A1", "A2022081", "h09v05", "006"], ".tif"),
            ("p50_lat-10_lon20-b1.tif", vec!["p50", "lat-10", "lon20", "b1"], ".tif"),
            ("v1.2", vec!["v1", "2"], ""),
            ("é_1.nc4", vec!["é", "1"], ".nc4"),
        ] {
            let name = Name::of(rel);
            assert_eq!((name.tokens.iter().map(String::as_str).collect::<Vec<_>>(), name.tail.as_str()), (tokens, tail), "{rel}");
            let mut back = String::new();
            for (separator, token) in name.separators.iter().zip(&name.tokens) {
                back.push_str(separator);
                back.push_str(token);
            }
            assert_eq!(back + &name.tail, rel);
        }
    }
}
