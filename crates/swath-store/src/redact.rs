/// The same text with every secret value replaced: `sig=`, `AccountKey=`, the signature of an `Authorization: SharedKey`, a
/// client's secret or assertion, a token.
///
/// ```
/// # use swath_store::redact;
/// assert_eq!(redact("https://a/b?sp=r&sig=abc%3D&se=x"), "https://a/b?sp=r&sig=REDACTED&se=x");
/// assert_eq!(redact("AccountName=a;AccountKey=Zm9v/+==;B=c"), "AccountName=a;AccountKey=REDACTED;B=c");
/// assert_eq!(redact("SharedKey acct:Zm9v="), "SharedKey acct:REDACTED");
/// ```
pub fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let lower = text.to_ascii_lowercase();
    let mut at = 0;
    while let Some(value) = next_secret(&lower, at) {
        out.push_str(&text[at..value]);
        out.push_str("REDACTED");
        at = text[value..].find(|c: char| !is_token(c)).map_or(text.len(), |length| value + length);
    }
    out.push_str(&text[at..]);
    out
}

/// The words a secret follows. The encoded ones stand inside a URL that is itself a query value.
const MARKS: [&str; 12] = [
    "sig=",
    "sig%3d",
    "accountkey=",
    "sharedkey ",
    "sharedkeylite ",
    "bearer ",
    "client_secret=",
    "client_assertion=",
    "access_token\":\"",
    "access_token\": \"",
    "accesstoken\":\"",
    "accesstoken\": \"",
];

/// Where the next secret value begins in a lower-case text, at or after a byte.
fn next_secret(lower: &str, from: usize) -> Option<usize> {
    let (start, mark) = MARKS.iter().filter_map(|mark| lower[from..].find(mark).map(|at| (from + at, *mark))).min()?;
    let value = start + mark.len();
    if !mark.starts_with("sharedkey") {
        return Some(value);
    }
    let account = lower[value..].find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).map_or(lower.len(), |length| value + length);
    Some(if lower[account..].starts_with(':') { account + 1 } else { value })
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "%+/=-_.~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn every_form_of_a_secret_is_replaced() {
        let canary = "cAnArY1%2B/x==";
        for form in [
            format!("?sv=1&sig={canary}"),
            format!("SIG={canary}&sig={canary}"),
            format!("u=https%3A%2F%2Fa%3Fsig%3D{canary}"),
            format!("AccountKey={canary};x"),
            format!("Authorization: SharedKey devstore:{canary}\r\n"),
            format!("Authorization: Bearer {canary}"),
            format!("grant_type=client_credentials&client_secret={canary}&x"),
            format!("client_assertion={canary}"),
            format!("{{\"access_token\":\"{canary}\"}} {{\"accessToken\": \"{canary}\"}}"),
        ] {
            let shown = redact(&form);
            assert!(!shown.contains("cAnArY1"), "{shown}");
            assert!(shown.contains("REDACTED"), "{shown}");
        }
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for text in ["", "significant", "naïve=ü sign=1", "SharedKey"] {
            assert_eq!(redact(text), text);
        }
    }
}
