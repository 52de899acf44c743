//! Names, held against Azure's rules before anything is sent (learn.microsoft.com/azure/azure-resource-manager/management/
//! resource-name-rules).

use std::fmt;

use crate::{Error, Result};

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// The name of a storage account: 3 to 24 lower-case letters and digits, unique in all of Azure.
    AccountName
);
name!(
    /// The name of a resource group: 1 to 90 letters, digits, `_`, `-`, `.` and parentheses, not ending in a period.
    GroupName
);
name!(
    /// The name of a container: 3 to 63 lower-case letters, digits and single dashes, not at its ends.
    ContainerName
);
name!(
    /// A region as Azure's programs spell it: `westeurope`.
    Region
);

impl AccountName {
    /// # Errors
    /// Misuse with the rule, and a name near by that keeps it.
    ///
    /// ```
    /// # use swath_store::manage::AccountName;
    /// let error = AccountName::parse("My_Maps").unwrap_err();
    /// assert!(error.hint.unwrap().contains("mymaps"));
    /// ```
    pub fn parse(text: &str) -> Result<Self> {
        let good = (3..=24).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let near: String = plain(text).chars().filter(char::is_ascii_alphanumeric).take(24).collect();
        let rule = "3 to 24 lower-case letters and digits, nothing else";
        if good { Ok(Self(text.to_owned())) } else { Err(wrong(("--name", "storage account"), text, rule, &padded(near))) }
    }
}

impl GroupName {
    /// # Errors
    /// Misuse with the rule, and a name near by that keeps it.
    pub fn parse(text: &str) -> Result<Self> {
        let allowed = |c: char| c.is_alphanumeric() || "_-.()".contains(c);
        let good = (1..=90).contains(&text.chars().count()) && text.chars().all(allowed) && !text.ends_with('.');
        let near: String = text.trim().chars().map(|c| if allowed(c) { c } else { '-' }).take(90).collect();
        let rule = "1 to 90 letters, digits, '_', '-', '.', '(' and ')', not ending in a period";
        if good { Ok(Self(text.to_owned())) } else { Err(wrong(("--group", "resource group"), text, rule, near.trim_end_matches('.'))) }
    }
}

impl ContainerName {
    /// # Errors
    /// Misuse with the rule, and a name near by that keeps it.
    pub fn parse(text: &str) -> Result<Self> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let dashes = text.starts_with('-') || text.ends_with('-') || text.contains("--");
        if (3..=63).contains(&text.len()) && text.chars().all(allowed) && !dashes {
            return Ok(Self(text.to_owned()));
        }
        let words: String = plain(text).chars().map(|c| if allowed(c) { c } else { '-' }).collect();
        let near = words.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
        let near: String = near.chars().take(63).collect();
        let rule = "3 to 63 lower-case letters, digits and single dashes, a letter or digit at both ends";
        Err(wrong(("--container", "container"), text, rule, &padded(near.trim_matches('-').to_owned())))
    }
}

impl Region {
    /// The region of a group or account unless the wish names one.
    pub const DEFAULT: &str = "westeurope";

    /// A region by its program's name or the name on the page: `West Europe` is `westeurope`. Whether Azure has it, Azure knows.
    ///
    /// # Errors
    /// Misuse where it cannot be one.
    pub fn parse(text: &str) -> Result<Self> {
        let near: String = text.to_ascii_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
        let good = (3..=40).contains(&near.len()) && near.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if good { Ok(Self(near)) } else { Err(wrong(("--location", "region"), text, "letters and digits, like westeurope or eastus2", "")) }
    }
}

fn wrong((at, kind): (&str, &str), text: &str, rule: &str, near: &str) -> Error {
    let error = Error::misuse(at, format!("'{text}' cannot be the name of a {kind}"), rule);
    let shown = text.chars().count();
    let error = if shown > 24 { Error { found: format!("{} ({shown} characters)", error.found), ..error } } else { error };
    if near.is_empty() || near == text { error } else { error.hint(format!("for example {at} {}", crate::manage::account::quoted(near))) }
}

/// Lower case, with the letters of Western Europe in ASCII.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().to_lowercase().chars() {
        match c {
            'ä' | 'à' | 'á' | 'â' | 'ã' | 'å' => out.push('a'),
            'ç' => out.push('c'),
            'è' | 'é' | 'ê' | 'ë' => out.push('e'),
            'ì' | 'í' | 'î' | 'ï' => out.push('i'),
            'ñ' => out.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => out.push('o'),
            'ù' | 'ú' | 'û' | 'ü' => out.push('u'),
            'ß' => out.push_str("ss"),
            c => out.push(c),
        }
    }
    out
}

/// At least three characters; empty where nothing is left to build on.
fn padded(near: String) -> String {
    match near.len() {
        0 => near,
        1 | 2 => near + "maps",
        _ => near,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: fmt::Debug>(parse: fn(&str) -> Result<T>, text: &str, suggested: Option<&str>) {
        match (parse(text), suggested) {
            (Ok(_), None) => {}
            (Err(error), Some(near)) => {
                let hint = error.hint.clone().unwrap_or_default();
                assert!(hint.ends_with(near) && (near.is_empty() || parse(near.trim_matches('\'')).is_ok()), "{text}: {error} {hint}");
            }
            (found, _) => panic!("{text}: {found:?}"),
        }
    }

    #[test]
    fn an_account_has_3_to_24_small_letters_and_digits() {
        for (text, near) in [
            ("abc", None),
            ("a23456789012345678901234", None),
            ("0maps", None),
            ("ab", Some("abmaps")),
            ("a234567890123456789012345", Some("a23456789012345678901234")),
            ("My_Maps", Some("mymaps")),
            ("karten-größe", Some("kartengrosse")),
            ("地图", Some("")),
            ("", Some("")),
        ] {
            check(AccountName::parse, text, near);
        }
    }

    #[test]
    fn a_container_has_3_to_63_small_letters_digits_and_single_dashes() {
        for (text, near) in [
            ("maps", None),
            ("my-maps-2", None),
            ("My Maps", Some("my-maps")),
            ("a--b", Some("a-b")),
            ("-maps-", Some("maps")),
            ("$web", Some("web")),
            ("a", Some("amaps")),
        ] {
            check(ContainerName::parse, text, near);
        }
        check(ContainerName::parse, &"a".repeat(63), None);
        check(ContainerName::parse, &"a".repeat(64), Some(&"a".repeat(63)));
    }

    #[test]
    fn a_group_has_1_to_90_characters_and_ends_in_no_period() {
        for (text, near) in [("maps-rg", None), ("Karten_(Größe).1", None), ("a.", Some("a")), ("a b/c", Some("a-b-c")), ("", Some(""))] {
            check(GroupName::parse, text, near);
        }
        check(GroupName::parse, &"g".repeat(90), None);
        check(GroupName::parse, &"g".repeat(91), Some(&"g".repeat(90)));
    }

    #[test]
    fn a_region_is_known_by_both_its_spellings() {
        assert_eq!(Region::parse("West Europe").unwrap().as_str(), "westeurope");
        assert_eq!(Region::parse("eastus2").unwrap().as_str(), "eastus2");
        assert!(Region::parse("west/europe").is_err());
    }
}
