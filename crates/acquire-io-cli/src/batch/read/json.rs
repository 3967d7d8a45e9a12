//! JSON objects: one per line, or the items of a list. Read one at a time.

use std::io::{self, BufRead, Read as _};
use std::iter;

use acquire_io_api::Members;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::batch::problems::RowError;

/// The longest row, in bytes, many times what the server takes. Bounds the memory that a file without line breaks needs.
pub(crate) const LONGEST_ROW: u64 = 16 << 20;

/// The fields of a row as JSON, in their order. A name may be there more than once.
#[derive(Clone)]
pub(crate) struct Fields(pub(crate) Vec<(String, Box<RawValue>)>);

/// A row's number, from 1, and its fields.
pub(crate) type Numbered = (u64, Fields);

impl Fields {
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(other, _)| other == name);
        values.next().map(|(_, value)| value.get())
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(row: D) -> Result<Self, D::Error> {
        Members::deserialize(row).map(|Members(fields)| Self(fields))
    }
}

/// The end of an error after which nothing can be read.
const LAST: &str = "no row after this one was read";

/// The objects of NDJSON. A row's number is its line.
pub(crate) fn lines(reader: impl BufRead) -> impl Iterator<Item = Result<Numbered, RowError>> {
    let (mut reader, mut number) = (Some(reader), 0);
    iter::from_fn(move || {
        loop {
            number += 1;
            let mut line = Vec::new();
            let mut limited = reader.as_mut()?.take(LONGEST_ROW + 1);
            let read = limited.read_until(b'\n', &mut line);
            let failure = match read {
                Ok(0) => return None,
                Ok(_) if line.len() as u64 > LONGEST_ROW && !line.ends_with(b"\n") => {
                    RowError::new(
                        number,
                        format!("is longer than {LONGEST_ROW} bytes; {LAST}"),
                    )
                }
                Ok(_) if line.trim_ascii().is_empty() => continue,
                Ok(_) => {
                    let fields = serde_json::from_slice(line.trim_ascii_end());
                    let fields = fields.map_err(|error| RowError::new(number, problem(&error)));
                    return Some(fields.map(|fields| (number, fields)));
                }
                Err(error) => RowError::io(number, error),
            };
            reader = None;
            return Some(Err(failure));
        }
    })
}

/// serde's own text may quote a value of the row.
fn problem(error: &serde_json::Error) -> String {
    let column = error.column();
    match error.classify() {
        Category::Data => "is not a JSON object".to_owned(),
        Category::Eof => format!("the JSON ends too early, column {column}"),
        Category::Syntax | Category::Io => format!("not JSON, column {column}"),
    }
}

/// The objects of a JSON list. A row's number is its place in the list.
pub(crate) fn items(reader: impl BufRead) -> impl Iterator<Item = Result<Numbered, RowError>> {
    let (mut list, mut number) = (Some(List::new(reader)), 0);
    iter::from_fn(move || {
        number += 1;
        let list_now = list.as_mut()?;
        let failure = match list_now.next_item(number == 1) {
            Ok(None) => return None,
            Ok(Some(item)) => {
                let fields = item.fields();
                let fields = fields.map_err(|problem| RowError::new(number, problem));
                return Some(fields.map(|fields| (number, fields)));
            }
            Err(Broken::Io(error)) => RowError::io(number, error),
            Err(Broken::Text(problem)) => {
                let (line, column) = (list_now.line, list_now.column);
                let problem = format!("{problem}, line {line}, column {column}; {LAST}");
                RowError::new(number, problem)
            }
        };
        list = None;
        Some(Err(failure))
    })
}

/// An item of a list, and where it starts. It may not be JSON.
struct Item {
    line: u64,
    column: u64,
    json: Vec<u8>,
}

impl Item {
    fn fields(&self) -> Result<Fields, String> {
        serde_json::from_slice(&self.json).map_err(|error| {
            let (line, column) = (error.line() as u64, error.column() as u64);
            let before = if line > 1 { 0 } else { self.column };
            let (line, column) = (self.line + line.saturating_sub(1), before + column);
            match error.classify() {
                // serde's own text may quote a value of the row.
                Category::Data => "is not a JSON object".to_owned(),
                _ => format!("not JSON, line {line}, column {column}"),
            }
        })
    }
}

/// Why no further item can be found.
enum Broken {
    Text(&'static str),
    Io(io::Error),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The text of a list.
struct List<R> {
    reader: R,
    /// The place of the last byte that was taken.
    line: u64,
    column: u64,
}

impl<R: BufRead> List<R> {
    fn new(reader: R) -> Self {
        Self {
            reader,
            line: 1,
            column: 0,
        }
    }

    fn next_item(&mut self, is_first: bool) -> Result<Option<Item>, Broken> {
        let next = match self.next()? {
            None if is_first => return Ok(None),
            Some(b'[') if is_first => {
                self.take();
                self.next()?.filter(|next| *next == b']')
            }
            Some(_) if is_first => return Err(Broken::Text("a list begins with `[`")),
            Some(b',') => {
                self.take();
                self.next()?;
                None
            }
            Some(b']') => Some(b']'),
            Some(_) => return Err(Broken::Text("a comma or `]` is missing")),
            None => return Err(Broken::Text("the JSON ends too early")),
        };
        if next == Some(b']') {
            self.take();
            return match self.next()? {
                None => Ok(None),
                Some(_) => Err(Broken::Text("there is something after the list")),
            };
        }
        Ok(Some(Item {
            line: self.line,
            column: self.column,
            json: self.value()?,
        }))
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.reader.fill_buf()?.first().copied())
    }

    /// Takes what was peeked at.
    fn take(&mut self) {
        if let Ok(Some(byte)) = self.peek() {
            self.reader.consume(1);
            self.column += 1;
            if byte == b'\n' {
                self.line += 1;
                self.column = 0;
            }
        }
    }

    /// Skips white space, and peeks.
    fn next(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.take(),
                other => return Ok(other),
            }
        }
    }

    /// Everything up to the end of the value. It may not be JSON.
    fn value(&mut self) -> Result<Vec<u8>, Broken> {
        let mut json = Vec::new();
        let (mut depth, mut is_text, mut is_escaped) = (0_u64, false, false);
        while let Some(byte) = self.peek()? {
            if json.len() as u64 >= LONGEST_ROW {
                return Err(Broken::Text("is longer than 16777216 bytes"));
            }
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' if is_text => is_escaped = true,
                b'"' => is_text = !is_text,
                _ if is_text => {}
                b'{' | b'[' => depth += 1,
                b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => break,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            json.push(byte);
            self.take();
            if depth == 0 && matches!(byte, b'}' | b']') && !is_text {
                break;
            }
        }
        Ok(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::problems::Problem;

    fn problems(text: &'static str) -> Vec<(u64, String)> {
        let wrong = items(text.as_bytes()).filter_map(Result::err);
        let problems = wrong.map(|error| match error.problem {
            Problem::Row(problem) => (error.line, problem),
            other => panic!("{other:?}"),
        });
        problems.collect()
    }

    #[test]
    fn a_list_has_its_items_whatever_is_between_them() {
        let chat = r#"{"channel": "chat", "case": 28, "text": "\"]},[{\\"}"#;
        for text in [
            format!("[{chat},{chat}]"),
            format!("\n [\n  {chat},\r\n\t{chat}\n]\n"),
        ] {
            let numbers: Vec<_> = items(text.as_bytes()).map(|item| item.unwrap().0).collect();
            assert_eq!(numbers, [1, 2], "{text}");
        }
        for empty in ["", " \n", "[]", "[ \n ]\n"] {
            assert_eq!(items(empty.as_bytes()).count(), 0, "{empty:?}");
        }
    }

    #[test]
    fn an_item_that_is_wrong_is_one_of_many() {
        assert_eq!(
            problems("[1,\n  {\"a\": nope},\n  [],\n {\"a\":\n  \"b\" \"c\"}, , \"]\"]"),
            [
                (1, "is not a JSON object".to_owned()),
                (2, "not JSON, line 2, column 10".to_owned()),
                (3, "is not a JSON object".to_owned()),
                (4, "not JSON, line 5, column 7".to_owned()),
                (5, "not JSON, line 5, column 12".to_owned()),
                (6, "is not a JSON object".to_owned()),
            ]
        );
    }

    #[test]
    fn a_list_that_is_broken_ends() {
        for (text, expected) in [
            ("{}", "a list begins with `[`, line 1, column 0"),
            ("[1 2]", "a comma or `]` is missing, line 1, column 3"),
            ("[1,\n2", "the JSON ends too early, line 2, column 1"),
            (
                "[\n1] x",
                "there is something after the list, line 2, column 3",
            ),
            ("[}", "a comma or `]` is missing, line 1, column 1"),
        ] {
            let (_, problem) = problems(text).pop().unwrap();
            let expected = format!("{expected}; no row after this one was read");
            assert_eq!(problem, expected, "{text}");
        }
    }
}
