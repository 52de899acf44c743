use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::{Error, Result};

/// The text of a plan and its name, to say where something stands.
#[derive(Clone, Copy)]
pub(super) struct Source<'t> {
    pub at: &'t str,
    pub text: &'t str,
}

impl Source<'_> {
    pub(super) fn place(&self, span: &Range<usize>) -> String {
        let line = self.text.as_bytes().iter().take(span.start).filter(|b| **b == b'\n').count() + 1;
        format!("{}:{line}", self.at)
    }
}

/// One table of the plan. Keys are taken out one by one; [`Section::finish`] refuses what is left.
pub(super) struct Section<'t> {
    source: Source<'t>,
    /// As a person names it: `[cog]`, `[[dataset]] map4`.
    pub name: String,
    span: Range<usize>,
    entries: Vec<(String, Range<usize>, Spanned<DeValue<'t>>)>,
    known: Vec<&'static str>,
}

/// A value with its place.
pub(super) struct Placed<T> {
    pub value: T,
    pub place: String,
}

impl<'t> Section<'t> {
    pub(super) fn new(source: Source<'t>, name: impl Into<String>, span: Range<usize>, table: DeTable<'t>) -> Self {
        let mut entries: Vec<_> = table.into_iter().map(|(k, v)| (k.get_ref().to_string(), k.span(), v)).collect();
        entries.sort_by_key(|(_, span, _)| span.start);
        Self { source, name: name.into(), span, entries, known: Vec::new() }
    }

    /// An empty one, for a table the plan leaves out.
    pub(super) fn absent(source: Source<'t>, name: impl Into<String>) -> Self {
        Self { source, name: name.into(), span: 0..0, entries: Vec::new(), known: Vec::new() }
    }

    pub(super) fn place(&self) -> String {
        self.source.place(&self.span)
    }

    /// The keys not yet taken, in the plan's order.
    pub(super) fn keys(&self) -> Vec<String> {
        self.entries.iter().map(|(key, _, _)| key.clone()).collect()
    }

    fn take(&mut self, key: &'static str) -> Option<Spanned<DeValue<'t>>> {
        self.known.push(key);
        self.take_any(key)
    }

    fn take_any(&mut self, key: &str) -> Option<Spanned<DeValue<'t>>> {
        let i = self.entries.iter().position(|(k, _, _)| k == key)?;
        Some(self.entries.remove(i).2)
    }

    fn wrong(&self, key: &str, value: &Spanned<DeValue<'_>>, right: &str) -> Error {
        let found = self.source.text.get(value.span()).unwrap_or("").lines().next().unwrap_or("").to_owned();
        Error::misuse(self.source.place(&value.span()), format!("`{key}` in {} is {found}", self.name), format!("{right} is expected"))
    }

    pub(super) fn placed_text(&mut self, key: &'static str) -> Result<Option<Placed<String>>> {
        let Some(value) = self.take(key) else { return Ok(None) };
        match value.get_ref().as_str() {
            Some(text) => Ok(Some(Placed { value: text.to_owned(), place: self.source.place(&value.span()) })),
            None => Err(self.wrong(key, &value, "a text in quotes")),
        }
    }

    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<String>> {
        Ok(self.placed_text(key)?.map(|p| p.value))
    }

    pub(super) fn required(&mut self, key: &'static str) -> Result<Placed<String>> {
        let missing = Error::misuse(self.place(), format!("{} has no `{key}`", self.name), format!("`{key} = \"...\"` is required"));
        self.placed_text(key)?.ok_or(missing)
    }

    /// A text, or a list of texts.
    pub(super) fn texts(&mut self, key: &'static str) -> Result<Vec<Placed<String>>> {
        let Some(value) = self.take(key) else { return Ok(Vec::new()) };
        let place = self.source.place(&value.span());
        if let Some(text) = value.get_ref().as_str() {
            return Ok(vec![Placed { value: text.to_owned(), place }]);
        }
        let list = value.get_ref().as_array().ok_or_else(|| self.wrong(key, &value, "a text in quotes, or a list of them"))?;
        let one = |v: &Spanned<DeValue<'_>>| match v.get_ref().as_str() {
            Some(text) => Ok(Placed { value: text.to_owned(), place: self.source.place(&v.span()) }),
            None => Err(self.wrong(key, v, "a text in quotes")),
        };
        list.iter().map(one).collect()
    }

    /// A text, a TOML date or time, or a list of those, as texts.
    pub(super) fn dates(&mut self, key: &'static str) -> Result<Vec<Placed<String>>> {
        let Some(value) = self.take(key) else { return Ok(Vec::new()) };
        let one = |v: &Spanned<DeValue<'_>>| {
            let text = v.get_ref().as_str().map(str::to_owned).or_else(|| v.get_ref().as_datetime().map(ToString::to_string));
            match text {
                Some(value) => Ok(Placed { value, place: self.source.place(&v.span()) }),
                None => Err(self.wrong(key, v, "a date, or a text in quotes")),
            }
        };
        match value.get_ref().as_array() {
            Some(list) => list.iter().map(one).collect(),
            None => Ok(vec![one(&value)?]),
        }
    }

    pub(super) fn flag(&mut self, key: &'static str) -> Result<Option<bool>> {
        let Some(value) = self.take(key) else { return Ok(None) };
        match value.get_ref().as_bool() {
            Some(flag) => Ok(Some(flag)),
            None => Err(self.wrong(key, &value, "true or false")),
        }
    }

    pub(super) fn whole(&mut self, key: &'static str, range: Range<i64>) -> Result<Option<i64>> {
        let Some(value) = self.take(key) else { return Ok(None) };
        match integer(value.get_ref()).filter(|n| range.contains(n)) {
            Some(number) => Ok(Some(number)),
            None => Err(self.wrong(key, &value, &format!("a whole number from {} to {}", range.start, range.end - 1))),
        }
    }

    pub(super) fn number(&mut self, key: &'static str) -> Result<Option<f64>> {
        let Some(value) = self.take(key) else { return Ok(None) };
        match float(value.get_ref()) {
            Some(number) => Ok(Some(number)),
            None => Err(self.wrong(key, &value, "a number")),
        }
    }

    /// A number as it is written, or a text.
    pub(super) fn number_or_text(&mut self, key: &'static str, right: &str) -> Result<Option<Placed<NumberOrText>>> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let place = self.source.place(&value.span());
        let read = match value.get_ref() {
            DeValue::Integer(n) => i128::from_str_radix(&n.as_str().replace('_', ""), n.radix()).ok().map(NumberOrText::Whole),
            DeValue::Float(_) => float(value.get_ref()).map(NumberOrText::Real),
            DeValue::String(text) => Some(NumberOrText::Text(text.to_string())),
            _ => None,
        };
        match read {
            Some(value) => Ok(Some(Placed { value, place })),
            None => Err(self.wrong(key, &value, right)),
        }
    }

    /// One of the words allowed.
    pub(super) fn word(&mut self, key: &'static str, allowed: &[&'static str]) -> Result<Option<&'static str>> {
        let Some(placed) = self.placed_text(key)? else { return Ok(None) };
        let found = allowed.iter().find(|w| **w == placed.value).copied();
        found.map(Some).ok_or_else(|| {
            let error = Error::misuse(
                placed.place,
                format!("`{key}` in {} is {:?}", self.name, placed.value),
                format!("one of {} is expected", allowed.join(", ")),
            );
            match nearest(&placed.value, allowed) {
                Some(near) => error.hint(format!("did you mean {near:?}?")),
                None => error,
            }
        })
    }

    /// The table under `key`, named `name`; an empty one where it is left out.
    pub(super) fn section(&mut self, key: &'static str, name: &str) -> Result<Self> {
        self.known.push(key);
        self.section_any(key, name).map(|s| s.unwrap_or_else(|| Self::absent(self.source, name)))
    }

    /// As [`Section::section`], but `None` where it is left out.
    pub(super) fn optional(&mut self, key: &'static str, name: &str) -> Result<Option<Self>> {
        self.known.push(key);
        self.section_any(key, name)
    }

    /// As [`Section::section`], for keys that are free.
    pub(super) fn section_any(&mut self, key: &str, name: &str) -> Result<Option<Self>> {
        let Some(value) = self.take_any(key) else { return Ok(None) };
        let span = value.span();
        if value.get_ref().as_table().is_none() {
            return Err(self.wrong(key, &value, "a table"));
        }
        let DeValue::Table(table) = value.into_inner() else { return Ok(None) };
        Ok(Some(Self::new(self.source, name, span, table)))
    }

    /// The list of tables under `key`.
    pub(super) fn sections(&mut self, key: &'static str, name: &str) -> Result<Vec<Self>> {
        let Some(value) = self.take(key) else { return Ok(Vec::new()) };
        if value.get_ref().as_array().is_none() {
            return Err(self.wrong(key, &value, "a list of tables"));
        }
        let DeValue::Array(list) = value.into_inner() else { return Ok(Vec::new()) };
        let mut sections = Vec::new();
        for value in list {
            let span = value.span();
            if value.get_ref().as_table().is_none() {
                return Err(self.wrong(key, &value, "a table"));
            }
            if let DeValue::Table(table) = value.into_inner() {
                sections.push(Self::new(self.source, name, span, table));
            }
        }
        Ok(sections)
    }

    /// # Errors
    /// Misuse at the first key that nobody asked for, with the nearest one that exists.
    pub(super) fn finish(self) -> Result<()> {
        self.only(&self.known)
    }

    /// Ahead of reading: `[[datasets]]` is the mistake, not what is then missing or half there.
    ///
    /// # Errors
    /// Misuse at the first key that is none of `known`, with the nearest of these.
    pub(super) fn only(&self, known: &[&'static str]) -> Result<()> {
        let Some((key, span, _)) = self.entries.iter().find(|(key, _, _)| !known.contains(&key.as_str())) else { return Ok(()) };
        let right = format!("known: {}", known.join(", "));
        let error = Error::misuse(self.source.place(span), format!("unknown key `{key}` in {}", self.name), right);
        Err(match nearest(key, known) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        })
    }
}

pub(super) enum NumberOrText {
    Whole(i128),
    Real(f64),
    Text(String),
}

fn integer(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
}

fn float(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Float(number) => number.as_str().replace('_', "").parse().ok(),
        #[allow(clippy::cast_precision_loss)]
        DeValue::Integer(_) => integer(value).map(|n| n as f64),
        _ => None,
    }
}

/// The word nearest to `found`, where one is near enough to be meant.
pub(super) fn nearest<'w>(found: &str, words: &[&'w str]) -> Option<&'w str> {
    let found = found.to_lowercase();
    words
        .iter()
        .map(|word| (strsim::damerau_levenshtein(&found, word), strsim::jaro_winkler(&found, word), *word))
        .filter(|(distance, alike, _)| *distance <= 2 || *alike > 0.85)
        .min_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)))
        .map(|(_, _, word)| word)
}
