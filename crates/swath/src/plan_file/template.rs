use std::fmt;

/// Text with captured names in it: `{tile}_{date}`.
///
/// ```
/// # use swath::plan_file::Template;
/// let template = Template::parse("{tile}_{date}").unwrap();
/// assert_eq!(template.fill(|name| Some(name.to_uppercase())).unwrap(), "TILE_DATE");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Literal(String),
    Name(String),
}

impl Template {
    /// # Errors
    /// What is wrong with the text, without its place.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (literal, after) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
            if literal.contains('}') {
                return Err(format!("`{rest}` closes a brace that was never opened"));
            }
            if !literal.is_empty() {
                pieces.push(Piece::Literal(literal.to_owned()));
            }
            let Some(inside) = after.strip_prefix('{') else { break };
            let (name, left) = inside.split_once('}').ok_or_else(|| format!("`{after}` opens a brace that is never closed"))?;
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err(format!("`{{{name}}}` is no name; write {{tile}} or {{date}}"));
            }
            pieces.push(Piece::Name(name.to_owned()));
            rest = left;
        }
        if pieces.is_empty() {
            return Err("is empty".to_owned());
        }
        Ok(Self { text: text.to_owned(), pieces })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|p| match p {
            Piece::Name(name) => Some(name.as_str()),
            Piece::Literal(_) => None,
        })
    }
    /// The text with every name replaced.
    ///
    /// # Errors
    /// The first name that has no value.
    pub fn fill(&self, value: impl Fn(&str) -> Option<String>) -> Result<String, String> {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Name(name) => out.push_str(&value(name).ok_or_else(|| name.clone())?),
            }
        }
        Ok(out)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
