use std::collections::BTreeMap;

use super::date_format::DateFormat;
use super::stamp::{DateFields, Stamp};

/// Where raw files lie and what their names say: `raw/{variable}_{tile}_{date:%Y%m%d}.tif`.
///
/// `{name}` captures one or more characters other than `/`; the same name twice must capture the same text.
/// `{name:%Y%m%d}` captures a date (`%Y %m %d %j %y %H %M %S`); the same name may gather a date from several places. `%b` is a month's
/// name, in full or shortened, in English, German, French, Spanish, Italian or Portuguese; `%-d` and `%-m` have one digit or two.
/// `{name:b1|b2}` captures one of these words.
/// `*` is any text within one folder level, `**` any folders; `{{` and `}}` are braces. Case counts.
///
/// ```
/// # use swath::plan_file::Pattern;
/// let pattern = Pattern::parse("raw/{variable}_{tile}_{date:%Y%m%d}.tif").unwrap();
/// let found = pattern.captures("raw/b1_r0c1_20200105.tif").unwrap();
/// assert_eq!((found.text("variable"), found.text("tile"), found.text("date")), (Some("b1"), Some("r0c1"), Some("20200105")));
/// assert!(pattern.captures("raw/b1_r0c1_20201305.tif").is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Literal(String),
    Text {
        name: String,
    },
    Date {
        name: String,
        format: DateFormat,
    },
    /// `{name:a|b}`
    OneOf {
        name: String,
        words: Vec<String>,
    },
    /// `*`: any text without `/`, also none.
    Any,
    /// `**/`: any folders, also none.
    Folders,
}

/// What a name captured.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Captures {
    texts: BTreeMap<String, String>,
    dates: BTreeMap<String, DateFields>,
}

impl Captures {
    /// Captured text; a date in its canonical form.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }
    pub fn stamp(&self, name: &str) -> Option<Stamp> {
        self.dates.get(name)?.stamp()
    }
    /// Every captured name with its text.
    pub fn texts(&self) -> &BTreeMap<String, String> {
        &self.texts
    }
}

impl Pattern {
    /// # Errors
    /// What is wrong with the text, without its place.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let taken = if rest.starts_with("{{") || rest.starts_with("}}") {
                literal.push(c);
                2
            } else if c == '{' {
                let end = rest.find('}').ok_or_else(|| format!("`{rest}` opens a brace that is never closed"))?;
                flush(&mut literal, &mut parts);
                parts.push(capture(&rest[1..end])?);
                end + 1
            } else if c == '}' {
                return Err(format!("`{rest}` closes a brace that was never opened"));
            } else if rest.starts_with("**/") {
                flush(&mut literal, &mut parts);
                parts.push(Part::Folders);
                3
            } else if rest.starts_with("**") {
                return Err("`**` stands for folders and is followed by `/`".to_owned());
            } else if c == '*' {
                flush(&mut literal, &mut parts);
                parts.push(Part::Any);
                1
            } else {
                literal.push(c);
                c.len_utf8()
            };
            rest = &rest[taken..];
        }
        flush(&mut literal, &mut parts);
        let open = parts.iter().filter(|p| !matches!(p, Part::Literal(_))).count();
        if parts.is_empty() {
            return Err("is empty".to_owned());
        }
        if open > 24 {
            return Err(format!("has {open} captures and wildcards; at most 24"));
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }
    /// The names it captures, in order, each once.
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for part in &self.parts {
            if let Part::Text { name } | Part::Date { name, .. } | Part::OneOf { name, .. } = part
                && !names.contains(&name.as_str())
            {
                names.push(name.as_str());
            }
        }
        names
    }
    /// The folder that holds all its matches: its literal beginning up to the last `/`, empty for the plan's own folder.
    pub fn folder(&self) -> &str {
        match self.parts.first() {
            Some(Part::Literal(literal)) if self.parts.len() > 1 || literal.contains('/') => {
                literal.rfind('/').map_or("", |i| &literal[..=i])
            }
            _ => "",
        }
    }
    /// What `path` says, or `None` where it does not match.
    pub fn captures(&self, path: &str) -> Option<Captures> {
        let mut steps = 200_000;
        let mut found = matches(&self.parts, path, &Captures::default(), &mut steps)?;
        for (name, fields) in &found.dates {
            found.texts.insert(name.clone(), fields.stamp()?.canonical());
        }
        Some(found)
    }
}

fn flush(literal: &mut String, parts: &mut Vec<Part>) {
    if !literal.is_empty() {
        parts.push(Part::Literal(std::mem::take(literal)));
    }
}

fn capture(inside: &str) -> Result<Part, String> {
    let (name, format) = match inside.split_once(':') {
        Some((name, format)) => (name, Some(format)),
        None => (inside, None),
    };
    if name == "*" && format.is_none() {
        return Ok(Part::Any);
    }
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(format!("`{{{inside}}}` is no capture; write {{name}} or {{date:%Y%m%d}}"));
    }
    Ok(match format {
        None => Part::Text { name: name.to_owned() },
        Some(words) if !words.contains('%') => {
            let words: Vec<String> = words.split('|').map(str::to_owned).collect();
            if words.iter().any(|w| w.is_empty() || w.contains('/')) {
                return Err(format!("`{{{inside}}}` is no choice of words; write {{name:b1|b2}} or {{date:%Y%m%d}}"));
            }
            Part::OneOf { name: name.to_owned(), words }
        }
        Some(format) => Part::Date { name: name.to_owned(), format: DateFormat::parse(format)? },
    })
}

fn matches(parts: &[Part], rest: &str, so_far: &Captures, steps: &mut u32) -> Option<Captures> {
    *steps = steps.checked_sub(1)?;
    let Some((part, after)) = parts.split_first() else { return rest.is_empty().then(|| so_far.clone()) };
    match part {
        Part::Literal(literal) => matches(after, rest.strip_prefix(literal.as_str())?, so_far, steps),
        Part::Date { name, format } => {
            let (fields, left) = format.read(rest)?;
            let mut next = so_far.clone();
            let known = next.dates.get(name).copied().unwrap_or_default();
            next.dates.insert(name.clone(), known.merged(fields)?);
            matches(after, left, &next, steps)
        }
        Part::Any => ends(rest, 0).find_map(|end| matches(after, &rest[end..], so_far, steps)),
        Part::Folders => std::iter::once(0)
            .chain(rest.char_indices().filter(|(_, c)| *c == '/').map(|(i, _)| i + 1))
            .find_map(|start| matches(after, &rest[start..], so_far, steps)),
        Part::OneOf { name, words } => words.iter().find_map(|word| {
            let left = rest.strip_prefix(word.as_str())?;
            if so_far.texts.get(name).is_some_and(|same| same != word) {
                return None;
            }
            let mut next = so_far.clone();
            next.texts.insert(name.clone(), word.clone());
            matches(after, left, &next, steps)
        }),
        Part::Text { name } => match so_far.texts.get(name) {
            Some(same) => matches(after, rest.strip_prefix(same.as_str())?, so_far, steps),
            None => ends(rest, 1).find_map(|end| {
                let mut next = so_far.clone();
                next.texts.insert(name.clone(), rest[..end].to_owned());
                matches(after, &rest[end..], &next, steps)
            }),
        },
    }
}

/// Ends of the prefixes of `text` without `/`, shortest first, of at least `least` characters.
fn ends(text: &str, least: usize) -> impl Iterator<Item = usize> + '_ {
    let segment = text.find('/').map_or(text, |i| &text[..i]);
    segment.char_indices().map(|(i, _)| i).chain([segment.len()]).skip(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, path: &str, expected: Option<&[(&str, &str)]>) {
        let found = Pattern::parse(pattern).unwrap().captures(path);
        let found = found.map(|c| c.texts().iter().map(|(k, v)| (k.clone(), v.clone())).collect::<Vec<_>>());
        let expected = expected.map(|e| e.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>());
        assert_eq!(found, expected, "{pattern} on {path}");
    }

    #[test]
    fn a_pattern_captures_what_a_name_says() {
        check("{variable}_{tile}.tif", "b1_12_34.tif", Some(&[("tile", "12_34"), ("variable", "b1")]));
        check("tile_{tile}/{variable}.tif", "tile_12_34/height.tif", Some(&[("tile", "12_34"), ("variable", "height")]));
        check("{date:%Y}/{date:%m}/{date:%d}/{tile}.tif", "2020/01/05/t1.tif", Some(&[("date", "20200105"), ("tile", "t1")]));
        check("{date:%Y}/{tile}_{date:%Y%m%d}.tif", "2019/a_20200105.tif", None);
        check("{tile}/{tile}_{variable}.TIF", "a/a_B1.TIF", Some(&[("tile", "a"), ("variable", "B1")]));
        check("{tile}/{tile}_{variable}.TIF", "a/b_B1.TIF", None);
        check("x.tif", "x.TIF", None);
        check("*.nc", "a b.nc", Some(&[]));
        check("*.nc", "a/b.nc", None);
        check("**/{variable}.tif", "a/b/c.tif", Some(&[("variable", "c")]));
        check("**/{variable}.tif", "c.tif", Some(&[("variable", "c")]));
        check("A{date:%Y%j}.tif", "A2020366.tif", Some(&[("date", "20201231")]));
        check("A{date:%Y%j}.tif", "A2021366.tif", None);
        check("{date:%Y%m%dT%H%M%S}.tif", "20200105T101112.tif", Some(&[("date", "20200105T101112")]));
        check("{tile}_{variable:b|cloud_b}.tif", "1_cloud_b.tif", Some(&[("tile", "1"), ("variable", "cloud_b")]));
        check("{variable:b1|b10}_x.tif", "b10_x.tif", Some(&[("variable", "b10")]));
        check("{variable:b1|b10}_x.tif", "b2_x.tif", None);
        check("{date:%Y-%m}.tif", "2020-01.tif", Some(&[("date", "202001")]));
        check("{date:%G-W%V}.tif", "2020-W53.tif", Some(&[("date", "2020W53")]));
        check("{date:%G}/{variable}_KW{date:%V}.tif", "2021/lst_KW01.tif", Some(&[("date", "2021W01"), ("variable", "lst")]));
        check("{date:%G-W%V-%u}.tif", "2021-W12-3.tif", Some(&[("date", "20210324")]));
        check("{date:%G-W%V}.tif", "2021-W53.tif", None);
        check("{date:%YQ%q}.tif", "2021Q3.tif", Some(&[("date", "2021Q3")]));
        check("{date:%d.%m.%Y}.tif", "14.04.2021.tif", Some(&[("date", "20210414")]));
        check("{variable}_{date:%d%b%Y}.tif", "ndvi_14Apr2021.tif", Some(&[("date", "20210414"), ("variable", "ndvi")]));
        check("{date:%-d}. {date:%B} {date:%Y}.tif", "4. März 2021.tif", Some(&[("date", "20210304")]));
        check("{date:%-d}. {date:%B} {date:%Y}.tif", "4. Merz 2021.tif", None);
        check("{date:%-d-%-m-%Y}.tif", "14-4-2021.tif", Some(&[("date", "20210414")]));
        check("{{a}}_{tile}.tif", "{a}_é.tif", Some(&[("tile", "é")]));
        check("{date:%Y%m%d}.tif", "é1234567.tif", None);
    }

    #[test]
    fn a_pattern_that_makes_no_sense_says_why() {
        for (pattern, says) in [
            ("{a", "never closed"),
            ("a}", "never opened"),
            ("{a b}", "no capture"),
            ("{d:%Q}", "%Q"),
            ("{d:}", "choice"),
            ("a**", "folders"),
            ("", "empty"),
        ] {
            let error = Pattern::parse(pattern).unwrap_err();
            assert!(error.contains(says), "{pattern}: {error}");
        }
    }

    #[test]
    fn a_pattern_knows_its_folder() {
        for (pattern, folder) in
            [("a/b/{x}.tif", "a/b/"), ("{x}.tif", ""), ("a/pre_{x}/y.tif", "a/"), ("../d/x.tif", "../d/"), ("x.tif", "")]
        {
            assert_eq!(Pattern::parse(pattern).unwrap().folder(), folder);
        }
    }

    #[test]
    fn many_wildcards_on_a_long_name_end_soon() {
        let pattern = Pattern::parse(&"*a".repeat(20)).unwrap();
        assert!(pattern.captures(&"a".repeat(200)).is_some() || pattern.captures(&"a".repeat(200)).is_none());
        assert!(pattern.captures(&format!("{}b", "a".repeat(200))).is_none());
    }
}
