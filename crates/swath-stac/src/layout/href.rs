//! References between documents: relative, absolute, and back.

use url::Url;

use crate::{Error, Result};

/// Every byte that a path segment may not hold as it is (RFC 3986, section 3.3: `pchar`).
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=@".contains(&byte)
}

/// A tree path as a relative reference: each segment percent-encoded.
pub(crate) fn encode(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte == b'/' || is_plain(byte) { out.push(char::from(byte)) } else { out.push_str(&format!("%{byte:02X}")) }
    }
    out
}

/// The inverse of [`encode`]; bytes that are no UTF-8 are left as they stand.
pub(crate) fn decode(href: &str) -> String {
    let bytes = href.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = href.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').and_then(|h| u8::from_str_radix(h, 16).ok());
        out.push(pair.unwrap_or(bytes[at]));
        at += if pair.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_else(|_| href.to_owned())
}

/// Whether a reference names its own scheme: `https://...`, `az://...`, `mailto:...`.
pub(crate) fn is_absolute(href: &str) -> bool {
    href.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.len() > 1
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    })
}

/// The tree path `to` as seen from the document at tree path `from`.
///
/// ```
/// # use swath_stac::layout::relative;
/// assert_eq!(relative("map4/t1/t1.json", "map4/collection.json"), "../collection.json");
/// assert_eq!(relative("collection.json", "map4/a b.json"), "./map4/a%20b.json");
/// ```
pub fn relative(from: &str, to: &str) -> String {
    let mut from: Vec<&str> = from.split('/').collect();
    from.pop();
    let to: Vec<&str> = to.split('/').collect();
    let shared = from.iter().zip(&to[..to.len() - 1]).take_while(|(a, b)| a == b).count();
    let up = from.len() - shared;
    let lead = if up == 0 { "./".to_owned() } else { "../".repeat(up) };
    lead + &encode(&to[shared..].join("/"))
}

/// Resolves a reference found in the document at `base` (RFC 3986, section 5); the base's query never carries over.
///
/// `base` is an absolute URL, or the path of a local file or tree entry, in which case a relative reference gives a path again.
///
/// # Errors
/// Damaged where the two make no address, or where a relative reference climbs out of the tree.
///
/// ```
/// # use swath_stac::layout::join;
/// assert_eq!(join("https://h/c/map/collection.json?sig=x", "./t1/t1.json").unwrap(), "https://h/c/map/t1/t1.json");
/// assert_eq!(join("map/t1/t1.json", "../collection.json").unwrap(), "map/collection.json");
/// assert!(join("collection.json", "../../etc/passwd").is_err());
/// ```
pub fn join(base: &str, href: &str) -> Result<String> {
    let wrong = |why: &str| Error::damaged(base, format!("href {href:?} {why}"), "a reference that resolves");
    if is_absolute(href) {
        return Ok(href.to_owned());
    }
    if is_absolute(base) {
        let mut url = Url::parse(base).map_err(|e| wrong(&e.to_string()))?;
        url.set_query(None);
        url.set_fragment(None);
        return Ok(url.join(href).map_err(|e| wrong(&e.to_string()))?.to_string());
    }
    if href.starts_with('/') {
        return Err(wrong("is rooted"));
    }
    let path = decode(href.split(['?', '#']).next().unwrap_or_default());
    let rooted = base.starts_with('/');
    let mut parts: Vec<&str> = base.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    parts.pop();
    for part in path.split('/').filter(|p| !p.is_empty() && *p != ".") {
        if part == ".." {
            match parts.last() {
                Some(&"..") | None if !rooted && base.starts_with("..") => parts.push(".."),
                Some(_) => drop(parts.pop()),
                None => return Err(wrong("climbs out of the tree")),
            }
        } else {
            parts.push(part);
        }
    }
    Ok(format!("{}{}", if rooted { "/" } else { "" }, parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_decodes_to_itself() {
        for path in ["a b/c#d?.tif", "größe/100%.tif", "plain-1_2.tif", "a:b.tif"] {
            assert!(encode(path).is_ascii());
            assert_eq!(decode(&encode(path)), path);
        }
    }

    #[test]
    fn joining_undoes_relating() {
        let paths = ["collection.json", "map/collection.json", "map/t 1/t 1.json", "map/t 1/b#1.tif", "other/x/x.json"];
        for from in paths {
            for to in paths {
                assert_eq!(join(from, &relative(from, to)).as_deref(), Ok(to), "{from} -> {to}");
            }
        }
    }
}
