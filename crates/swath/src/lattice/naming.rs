//! Words of people as names in a catalog.

use unicode_normalization::UnicodeNormalization;

/// Text as the key of an asset or a band: letters of any script stay, other characters become `-`.
pub(crate) fn fit(text: &str) -> String {
    kept(text.trim().nfc())
}

/// Text as a folder name and part of a URL, in ASCII: readers differ in how they write other letters into an address.
/// Accents go, German umlauts are written out, and a letter of another script becomes its number.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.trim().nfc() {
        match written_out(c) {
            Some(letters) => out.push_str(letters),
            None if c.is_ascii() || !c.is_alphanumeric() => out.push(c),
            None => {
                let bare: String = c.nfkd().filter(char::is_ascii).collect();
                if bare.is_empty() { out.push_str(&format!("u{:x}", u32::from(c))) } else { out.push_str(&bare) }
            }
        }
    }
    kept(out.chars())
}

fn kept(chars: impl Iterator<Item = char>) -> String {
    let mut out: String = chars.map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
    if out.is_empty() || out.starts_with('.') {
        out.insert(0, '_');
    }
    out
}

/// Letters that no accent makes of plain ones, or that people write out.
fn written_out(c: char) -> Option<&'static str> {
    Some(match c {
        'ä' | 'æ' => "ae",
        'ö' | 'œ' => "oe",
        'ü' => "ue",
        'Ä' | 'Æ' => "Ae",
        'Ö' | 'Œ' => "Oe",
        'Ü' => "Ue",
        'ß' => "ss",
        'ø' => "o",
        'Ø' => "O",
        'ł' => "l",
        'Ł' => "L",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'þ' => "th",
        'Þ' => "Th",
        'ı' => "i",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_keys_and_plain_names() {
        for (text, key, name) in [
            ("Höhe über Grund", "Höhe-über-Grund", "Hoehe-ueber-Grund"),
            ("Ho\u{308}he", "Höhe", "Hoehe"),
            ("São Paulo", "São-Paulo", "Sao-Paulo"),
            ("Łódź_2020", "Łódź_2020", "Lodz_2020"),
            ("東京 #1", "東京--1", "u6771u4eac--1"),
            ("m²", "m²", "m2"),
            (" a/b (1).x ", "a-b--1-.x", "a-b--1-.x"),
            (".hidden", "_.hidden", "_.hidden"),
            ("", "_", "_"),
        ] {
            assert_eq!((fit(text).as_str(), plain(text).as_str()), (key, name), "{text}");
            assert_eq!(plain(&plain(text)), plain(text));
        }
    }
}
