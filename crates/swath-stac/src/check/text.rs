//! What a JSON parser would refuse or pass over in silence: bare NaN and Infinity, doubled keys.

use std::collections::HashSet;

use serde_json::Value;

use super::finding::{Finding, at};

/// Objects and lists inside one another, at most.
const DEEPEST: usize = 120;

/// Reads a document as far as it can be read: numbers that JSON does not have are found, and null in the value.
pub(super) fn read(path: &str, text: &str, findings: &mut Vec<Finding>) -> Option<Value> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut scan = Scan { path, bytes: text.as_bytes(), at: 0, place: Vec::new(), holes: Vec::new(), findings };
    scan.value();
    let holes = scan.holes;
    let mut mended = text.to_owned();
    for (from, to) in holes.into_iter().rev() {
        mended.replace_range(from..to, "null");
    }
    match serde_json::from_str(&mended) {
        Ok(value) => Some(value),
        Err(e) => {
            let place = format!("{path}:{}:{}", e.line(), e.column());
            let what = e.to_string().split(" at line").next().unwrap_or_default().to_owned();
            findings.push(Finding::error("STAC-JSON-SYNTAX", place, what, "valid JSON (RFC 8259)").fix("build the document again"));
            None
        }
    }
}

struct Scan<'a, 'f> {
    path: &'a str,
    bytes: &'a [u8],
    at: usize,
    place: Vec<String>,
    holes: Vec<(usize, usize)>,
    findings: &'f mut Vec<Finding>,
}

impl Scan<'_, '_> {
    fn peek(&mut self) -> Option<u8> {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    /// Walks over one value; `None` where the text is no JSON any more.
    fn value(&mut self) -> Option<()> {
        if self.place.len() > DEEPEST {
            return None;
        }
        match self.peek()? {
            b'{' => self.object(),
            b'[' => self.array(),
            b'"' => self.string().map(drop),
            _ => self.word(),
        }
    }

    fn object(&mut self) -> Option<()> {
        self.at += 1;
        let mut seen = HashSet::new();
        loop {
            match self.peek()? {
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                b',' => self.at += 1,
                b'"' => {
                    let key = self.string()?;
                    self.place.push(key.clone());
                    if !seen.insert(key) {
                        self.say("STAC-JSON-DUPLICATE-KEY", "the key stands twice", "each key once; readers keep either one");
                    }
                    if self.peek()? != b':' {
                        return None;
                    }
                    self.at += 1;
                    self.value()?;
                    self.place.pop();
                }
                _ => return None,
            }
        }
    }

    fn array(&mut self) -> Option<()> {
        self.at += 1;
        let mut index = 0_usize;
        loop {
            match self.peek()? {
                b']' => {
                    self.at += 1;
                    return Some(());
                }
                b',' => {
                    self.at += 1;
                    index += 1;
                }
                _ => {
                    self.place.push(index.to_string());
                    self.value()?;
                    self.place.pop();
                }
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.bytes.get(self.at)? {
                b'\\' => self.at += 2,
                b'"' => break,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        serde_json::from_slice(self.bytes.get(start..self.at)?).ok()
    }

    fn word(&mut self) -> Option<()> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(|b| b.is_ascii_alphanumeric() || b"+-._".contains(b)) {
            self.at += 1;
        }
        let word = self.bytes.get(start..self.at)?;
        if word.is_empty() {
            return None;
        }
        let name = word.strip_prefix(b"-").or(word.strip_prefix(b"+")).unwrap_or(word);
        if ["nan", "infinity", "inf"].iter().any(|n| name.eq_ignore_ascii_case(n.as_bytes())) {
            let found = format!("the bare word {}", String::from_utf8_lossy(word));
            self.say("STAC-JSON-NAN", &found, "JSON has no such number: the string \"nan\", \"inf\" or \"-inf\" for nodata, else no field");
            self.holes.push((start, self.at));
        }
        Some(())
    }

    fn say(&mut self, rule: &'static str, found: &str, right: &str) {
        let parts: Vec<&str> = self.place.iter().map(String::as_str).collect();
        self.findings.push(Finding::error(rule, at(self.path, &parts), found, right).fix("build the document again"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)], readable: bool) {
        let mut findings = Vec::new();
        assert_eq!(read("a.json", text, &mut findings).is_some(), readable, "{text}");
        let found: Vec<(&str, &str)> = findings.iter().map(|f| (f.rule, f.at.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_json_has_not_is_found_with_its_place() {
        check(r#"{"a": [1, "NaN", -1.5e3, true, null]}"#, &[], true);
        check(r#"{"a": [1, NaN]}"#, &[("STAC-JSON-NAN", "a.json#/a/1")], true);
        check(r#"{"a/b": {"c": -Infinity}}"#, &[("STAC-JSON-NAN", "a.json#/a~1b/c")], true);
        check(r#"{"a": 1, "b": "\"", "a": 2}"#, &[("STAC-JSON-DUPLICATE-KEY", "a.json#/a")], true);
        check("{\"a\": \n [1, }", &[("STAC-JSON-SYNTAX", "a.json:2:6")], false);
        check("", &[("STAC-JSON-SYNTAX", "a.json:1:0")], false);
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_overflow() {
        let mut findings = Vec::new();
        assert!(read("a.json", &"[".repeat(100_000), &mut findings).is_none());
    }
}
