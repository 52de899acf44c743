use std::fmt;

use super::month;
use super::stamp::DateFields;

/// The subset of strftime that file names use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateFormat {
    text: String,
    items: Vec<Item>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    /// So many digits.
    Digits {
        field: char,
        width: usize,
    },
    /// One digit or two.
    Short {
        field: char,
    },
    Month,
    Char(char),
}

const UNDERSTOOD: &str = "understood: %Y %m %d %j %y %H %M %S, %b for a month's name, %-d %-m for one digit or two, %G %V %u for year, week and day of ISO weeks, %q for a quarter";

impl DateFormat {
    /// # Errors
    /// Names the letter that is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut items = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            items.push(match c {
                '%' => match chars.next() {
                    Some(field @ ('Y' | 'G')) => Item::Digits { field, width: 4 },
                    Some('j') => Item::Digits { field: 'j', width: 3 },
                    Some(field @ ('m' | 'd' | 'y' | 'H' | 'M' | 'S' | 'V')) => Item::Digits { field, width: 2 },
                    Some(field @ ('q' | 'u')) => Item::Digits { field, width: 1 },
                    Some('b' | 'B') => Item::Month,
                    Some('-') => match chars.next() {
                        Some(field @ ('m' | 'd')) => Item::Short { field },
                        other => return Err(not_understood(text, &format!("%-{}", other.map_or_else(String::new, String::from)))),
                    },
                    Some('%') => Item::Char('%'),
                    other => return Err(not_understood(text, &format!("%{}", other.map_or_else(String::new, String::from)))),
                },
                c => Item::Char(c),
            });
        }
        if items.iter().all(|i| matches!(i, Item::Char(_))) {
            return Err(format!("date format `{text}` has no field; {UNDERSTOOD}"));
        }
        Ok(Self { text: text.to_owned(), items })
    }

    /// The fields at the beginning of `text`, and what follows them.
    pub fn read<'t>(&self, text: &'t str) -> Option<(DateFields, &'t str)> {
        let mut fields = DateFields::default();
        let mut rest = text;
        for item in &self.items {
            match *item {
                Item::Char(c) => rest = rest.strip_prefix(c)?,
                Item::Digits { field, width } => {
                    fields = fields.merged(field_of(field, number(rest, width)?))?;
                    rest = &rest[width..];
                }
                Item::Short { field } => {
                    let width = if number(rest, 2).is_some() { 2 } else { 1 };
                    fields = fields.merged(field_of(field, number(rest, width)?))?;
                    rest = &rest[width..];
                }
                Item::Month => {
                    let (month, after) = month::read(rest)?;
                    fields = fields.merged(field_of('m', month))?;
                    rest = after;
                }
            }
        }
        Some((fields, rest))
    }
}

fn not_understood(format: &str, found: &str) -> String {
    format!("date format `{format}` has {found}; {UNDERSTOOD}")
}

/// The number that the first `width` characters are, where all of them are digits.
fn number(text: &str, width: usize) -> Option<u32> {
    let digits = text.get(..width)?;
    if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None }
}

fn field_of(field: char, value: u32) -> DateFields {
    let none = DateFields::default();
    let value = Some(value);
    match field {
        'Y' => DateFields { year: value, ..none },
        'G' => DateFields { week_year: value, ..none },
        'V' => DateFields { week: value, ..none },
        'u' => DateFields { weekday: value, ..none },
        'q' => DateFields { quarter: value, ..none },
        'y' => DateFields { year: value.map(|y| if y < 70 { 2000 + y } else { 1900 + y }), ..none },
        'm' => DateFields { month: value, ..none },
        'd' => DateFields { day: value, ..none },
        'j' => DateFields { day_of_year: value, ..none },
        'H' => DateFields { hour: value, ..none },
        'M' => DateFields { minute: value, ..none },
        _ => DateFields { second: value, ..none },
    }
}

impl fmt::Display for DateFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
