/// The same text with the value of every `sig=` replaced.
///
/// ```
/// assert_eq!(swath_store::redact("https://a/b?sp=r&sig=abc%3D&se=x"), "https://a/b?sp=r&sig=REDACTED&se=x");
/// ```
pub fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.to_ascii_lowercase().find("sig=") {
        let value = start + 4;
        out.push_str(&rest[..value]);
        out.push_str("REDACTED");
        let end = rest[value..].find(|c: char| !(c.is_ascii_alphanumeric() || "%+/=-_.".contains(c))).map_or(rest.len(), |e| value + e);
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}
