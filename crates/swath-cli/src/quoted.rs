/// A word as a shell takes it: as it stands, or in single quotes where it holds more than plain characters.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/.:_-+=@%,".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// ` -f maps/swath.toml`, or nothing where the plan is the one that every command looks for.
pub fn with_plan(plan: &std::path::Path) -> String {
    let plan = quoted(&plan.display().to_string());
    if plan == "swath.toml" { String::new() } else { format!(" -f {plan}") }
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
