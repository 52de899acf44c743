//! Names of objects and their spelling in URLs.

use url::Url;

use crate::{Error, Result};

/// The text behind percent escapes; what is no valid escape stays as it is.
pub(crate) fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%').then(|| bytes.get(at + 1..at + 3)).flatten().filter(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        let value = escape.and_then(|hex| std::str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(value.unwrap_or(bytes[at]));
        at += if value.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// The text as a query's value: all but letters, digits and `-._~` escaped.
pub(crate) fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte.into());
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The decoded segments of a URL's path, joined again with slashes, without slashes at either end.
pub(crate) fn decoded_path(url: &Url) -> String {
    let segments: Vec<_> = url.path_segments().into_iter().flatten().map(percent_decode).collect();
    segments.join("/").trim_matches('/').to_owned()
}

/// A URL with the segments of a name appended, each escaped.
pub(crate) fn append(base: &Url, name: &str) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty();
        segments.extend(name.split('/').filter(|segment| !segment.is_empty()));
    }
    url
}

/// Two parts of a name with one slash between; either may be empty.
pub(crate) fn join(prefix: &str, name: &str) -> String {
    match (prefix.trim_matches('/'), name.trim_start_matches('/')) {
        ("", name) => name.to_owned(),
        (prefix, "") => prefix.to_owned(),
        (prefix, name) => format!("{prefix}/{name}"),
    }
}

/// Refuses a name that steps out of its store or cannot be one.
///
/// # Errors
/// Misuse naming it.
pub(crate) fn check(name: &str) -> Result<()> {
    let odd = |segment: &str| matches!(segment, "" | "." | "..") || segment.chars().any(char::is_control);
    if name.split('/').any(odd) {
        return Err(Error::misuse(name, "is no name of an object", "segments without '.', '..', control characters or double slashes"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_survives_its_url() {
        let base = Url::parse("https://host/root/").unwrap();
        for name in ["a b/c.tif", "100%/x+y#z?.json", "ünï/码.tif", "%41/a", "a&b=c"] {
            let url = append(&base, name);
            assert_eq!(decoded_path(&url), format!("root/{name}"), "{url}");
            assert!(url.query().is_none() && url.fragment().is_none(), "{url}");
        }
    }

    #[test]
    fn a_value_survives_a_query() {
        for value in ["", "a+b/c==", "2026-01-01T00:00:00Z", "ü &=?#%"] {
            let spelled = percent_encode(value);
            assert_eq!(percent_decode(&spelled), value);
            assert!(!spelled.contains(['&', '=', '+', ' ', '?', '#']), "{spelled}");
        }
    }

    #[test]
    fn names_that_step_outside_are_refused() {
        for name in ["", "..", "a/../b", "a//b", "/a", "a/.", "a\nb"] {
            assert!(check(name).is_err(), "{name:?}");
        }
        assert!(check("a..b/.c/...").is_ok());
    }
}
