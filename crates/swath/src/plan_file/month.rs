//! Names of months, as file names have them.

/// In lower case and without accents, by language: English, German, French, Spanish, Italian, Portuguese.
const NAMES: [&[&str]; 12] = [
    &["january", "jan", "januar", "janner", "jaenner", "janvier", "janv", "enero", "ene", "gennaio", "gen", "janeiro"],
    &["february", "feb", "februar", "fevrier", "fevr", "fev", "febrero", "febbraio", "fevereiro"],
    &["march", "mar", "marz", "maerz", "mrz", "mars", "marzo", "marco"],
    &["april", "apr", "avril", "avr", "abril", "abr", "aprile"],
    &["may", "mai", "mayo", "maggio", "mag", "maio"],
    &["june", "jun", "juni", "juin", "junio", "giugno", "giu", "junho"],
    &["july", "jul", "juli", "juillet", "juil", "julio", "luglio", "lug", "julho"],
    &["august", "aug", "aout", "agosto", "ago"],
    &["september", "sep", "sept", "septembre", "septiembre", "settembre", "set", "setembro"],
    &["october", "oct", "oktober", "okt", "octobre", "octubre", "ottobre", "ott", "outubro", "out"],
    &["november", "nov", "novembre", "noviembre", "novembro"],
    &["december", "dec", "dezember", "dez", "decembre", "diciembre", "dic", "dicembre", "dezembro"],
];

/// The month whose name `text` begins with, from 1, and what follows the name; of two that fit the longer.
pub(super) fn read(text: &str) -> Option<(u32, &str)> {
    let named = (1..).zip(NAMES).flat_map(|(number, names)| names.iter().map(move |name| (number, *name)));
    let fits = named.filter_map(|(number, name)| Some((number, after(text, name)?)));
    fits.min_by_key(|(_, rest)| rest.len())
}

/// What follows `name` in `text`, whatever its case and accents.
fn after<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut chars = text.char_indices().filter(|(_, c)| !is_mark(*c));
    for wanted in name.chars() {
        let (_, c) = chars.next()?;
        if plain(c) != wanted {
            return None;
        }
    }
    Some(chars.next().map_or("", |(i, _)| &text[i..]))
}

/// An accent that some systems write as a character of its own.
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

fn plain(c: char) -> char {
    match c.to_lowercase().next().unwrap_or(c) {
        'ä' | 'á' | 'à' => 'a',
        'é' | 'è' => 'e',
        'û' | 'ü' => 'u',
        'ç' => 'c',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_known_by_its_name_in_six_languages() {
        for (text, found) in [
            ("Apr2021", Some((4, "2021"))),
            ("APRIL_x", Some((4, "_x"))),
            ("Mär", Some((3, ""))),
            ("Ma\u{308}rz 1", Some((3, " 1"))),
            ("août", Some((8, ""))),
            ("févr.", Some((2, "."))),
            ("Mai", Some((5, ""))),
            ("junio2", Some((6, "2"))),
            ("Okt", Some((10, ""))),
            ("Dezember", Some((12, ""))),
            ("giugno", Some((6, ""))),
            ("ndvi", None),
            ("m", None),
            ("", None),
        ] {
            assert_eq!(read(text), found, "{text}");
        }
    }
}
