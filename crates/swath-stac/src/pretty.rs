//! Text of documents, written as they are walked through: no second copy of them is made.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter};

use crate::{Error, Result};

/// The text of a document: two spaces, lists of numbers on one line, a last line feed.
///
/// # Errors
/// Damaged where the value cannot be written as JSON.
///
/// ```
/// # use serde_json::json;
/// let text = swath_stac::pretty(&json!({"bbox": [0.5, 1], "roles": ["data"], "links": []})).unwrap();
/// assert_eq!(text, "{\n  \"bbox\": [0.5, 1],\n  \"roles\": [\n    \"data\"\n  ],\n  \"links\": []\n}\n");
/// ```
pub fn pretty(value: &impl Serialize) -> Result<String> {
    let broken = |e: &dyn std::fmt::Display| Error::damaged("", e.to_string(), "a JSON value");
    let mut text = Vec::new();
    write_pretty(&mut text, value).map_err(|e| broken(&e))?;
    String::from_utf8(text).map_err(|e| broken(&e))
}

/// The same text into a file or another stream, which had better be buffered.
///
/// # Errors
/// As the stream has them; invalid data where the value cannot be written as JSON.
pub fn write_pretty(mut out: impl Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut out, Pretty::default()))?;
    out.write_all(b"\n")
}

/// A list is held back as long as it may turn out to be all numbers.
#[derive(Default)]
struct Pretty {
    /// For each list and object that is open.
    open: Vec<Open>,
    /// The numbers of the innermost list, one after another, and where each ends.
    held: Vec<u8>,
    ends: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum Open {
    /// A list of nothing but numbers so far.
    Numbers,
    /// A list of anything, a line each.
    Lines,
    Object,
    /// An object without any field so far.
    Empty,
}

/// A new line and its indentation, mostly enough.
const LINE: &[u8] = b"\n                                                                ";

impl Pretty {
    fn line(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        let mut left = 1 + 2 * self.open.len();
        let mut line = LINE;
        while left > 0 {
            let some = line.get(..left.min(line.len())).unwrap_or(line);
            out.write_all(some)?;
            left -= some.len();
            line = line.get(1..).unwrap_or(line);
        }
        Ok(())
    }

    /// Before anything that is no number: what was held back is written, a line each.
    fn other(&mut self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        if self.open.last() != Some(&Open::Numbers) {
            return Ok(());
        }
        let mut start = 0;
        for end in std::mem::take(&mut self.ends) {
            self.line(out)?;
            out.write_all(self.held.get(start..end).unwrap_or_default())?;
            out.write_all(b",")?;
            start = end;
        }
        self.held.clear();
        self.set(Open::Lines);
        self.line(out)
    }

    fn number(&mut self, out: &mut (impl Write + ?Sized), write: impl Fn(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        if self.open.last() != Some(&Open::Numbers) {
            return write(&mut &mut *out);
        }
        write(&mut self.held)?;
        self.ends.push(self.held.len());
        Ok(())
    }

    fn set(&mut self, now: Open) {
        if let Some(last) = self.open.last_mut() {
            *last = now;
        }
    }

    fn close(&mut self, out: &mut (impl Write + ?Sized), end: &[u8]) -> io::Result<()> {
        match self.open.pop() {
            Some(Open::Numbers) => {
                let mut start = 0;
                for end in self.ends.drain(..) {
                    out.write_all(if start == 0 { b"" } else { b", " })?;
                    out.write_all(self.held.get(start..end).unwrap_or_default())?;
                    start = end;
                }
                self.held.clear();
            }
            Some(Open::Lines | Open::Object) => self.line(out)?,
            Some(Open::Empty) | None => {}
        }
        out.write_all(end)
    }
}

/// Numbers and words as the library writes them, in the places that are ours.
macro_rules! numbers {
    ($($name:ident $kind:ty),*) => {
        $(fn $name<W: ?Sized + Write>(&mut self, out: &mut W, value: $kind) -> io::Result<()> {
            self.number(out, |mut out| CompactFormatter.$name(&mut out, value))
        })*
    };
}

impl Formatter for Pretty {
    numbers!(write_i8 i8, write_i16 i16, write_i32 i32, write_i64 i64, write_i128 i128, write_f64 f64);
    numbers!(write_u8 u8, write_u16 u16, write_u32 u32, write_u64 u64, write_u128 u128, write_number_str &str);

    fn write_f32<W: ?Sized + Write>(&mut self, out: &mut W, value: f32) -> io::Result<()> {
        self.write_f64(out, f64::from(value))
    }

    fn write_null<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.other(out)?;
        CompactFormatter.write_null(out)
    }

    fn write_bool<W: ?Sized + Write>(&mut self, out: &mut W, value: bool) -> io::Result<()> {
        self.other(out)?;
        CompactFormatter.write_bool(out, value)
    }

    fn begin_string<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.other(out)?;
        CompactFormatter.begin_string(out)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.other(out)?;
        self.open.push(Open::Numbers);
        out.write_all(b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, _first: bool) -> io::Result<()> {
        // Before the first value, and after numbers, nobody knows yet where the next one goes.
        if self.open.last() != Some(&Open::Lines) {
            return Ok(());
        }
        out.write_all(b",")?;
        self.line(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.other(out)?;
        self.open.push(Open::Empty);
        out.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.set(Open::Object);
        out.write_all(if first { b"" } else { b"," })?;
        self.line(out)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// The rules in words of their own: a document as a value, written line by line.
    fn expected(value: &Value, depth: usize) -> String {
        let lines = |lines: Vec<String>, ends: [&str; 2]| {
            let inner = lines.iter().map(|line| format!("\n{}{line}", "  ".repeat(depth + 1))).collect::<Vec<_>>().join(",");
            format!("{}{inner}\n{}{}", ends[0], "  ".repeat(depth), ends[1])
        };
        match value {
            Value::Array(list) if list.iter().all(Value::is_number) => {
                format!("[{}]", list.iter().map(Value::to_string).collect::<Vec<_>>().join(", "))
            }
            Value::Array(list) => lines(list.iter().map(|v| expected(v, depth + 1)).collect(), ["[", "]"]),
            Value::Object(object) if object.is_empty() => "{}".to_owned(),
            Value::Object(object) => {
                let field = |(key, value): (&String, &Value)| format!("{}: {}", Value::from(key.as_str()), expected(value, depth + 1));
                lines(object.iter().map(field).collect(), ["{", "}"])
            }
            scalar => scalar.to_string(),
        }
    }

    #[track_caller]
    fn check(value: Value) {
        assert_eq!(pretty(&value).unwrap(), format!("{}\n", expected(&value, 0)));
    }

    #[test]
    fn only_lists_of_numbers_lie_on_one_line() {
        check(json!([1, -2, 2.5, 1e300, -0.0, u64::MAX]));
        check(json!([1, 2, null]));
        check(json!([1, [2, 3], "x", 4]));
        check(json!([null, 1]));
        check(json!([[[]], {}, [{}], [[1], [2.0, [true]]]]));
        check(json!({"a": {}, "b": [], "\"\n\u{1}é": "\u{7f}\\", "c": {"d": [[0, 1], [2, 3]], "e": [{"f": [1, "2", 3]}]}}));
        check(json!("word"));
        check(json!(7));
    }

    #[test]
    fn what_is_no_number_in_json_is_null() {
        assert_eq!(pretty(&[1.0, f64::NAN]).unwrap(), "[\n  1.0,\n  null\n]\n");
        assert_eq!(pretty(&[0.1_f32]).unwrap(), "[0.10000000149011612]\n");
    }
}
