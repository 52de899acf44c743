/// A word as a shell takes it: as it stands, or in single quotes where it holds more than plain characters.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/.:_-+=@%,".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_split_or_read_them() {
        for (word, right) in [
            ("https://a.blob.core.windows.net/c/p/collection.json", "https://a.blob.core.windows.net/c/p/collection.json"),
            ("pub lished/ü.json", "'pub lished/ü.json'"),
            ("it's", "'it'\\''s'"),
            ("a&b", "'a&b'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), right);
        }
    }
}
