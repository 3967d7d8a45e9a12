//! Rows as a JSON list of objects, read one at a time. A row's number is its place in the list.

use std::io::{self, BufRead};
use std::sync::Arc;

use serde_json::error::Category;

use super::ndjson::LONGEST_ROW;
use crate::batch::check::compose::object;
use crate::batch::check::layout::Layout;
use crate::batch::check::row::{Fields, Row, RowError};

pub(crate) struct Rows<R> {
    text: Text<R>,
    /// The number of the item that is read.
    item: u64,
    is_at_end: bool,
    layout: Arc<Layout>,
}

struct Item {
    /// What is before it.
    line: u64,
    column: u64,
    json: Vec<u8>,
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

impl<R: BufRead> Rows<R> {
    pub(crate) fn new(reader: R, layout: Arc<Layout>) -> Self {
        Self {
            text: Text {
                reader,
                line: 1,
                column: 0,
            },
            item: 0,
            is_at_end: false,
            layout,
        }
    }

    fn next_item(&mut self) -> Result<Option<Item>, Broken> {
        self.item += 1;
        let is_first = self.item == 1;
        let next = match self.text.next()? {
            None if is_first => return Ok(None),
            Some(b'[') if is_first => {
                self.text.take();
                self.text.next()?.filter(|next| *next == b']')
            }
            Some(_) if is_first => return Err(Broken::Text("a list begins with `[`")),
            Some(b',') => {
                self.text.take();
                self.text.next()?;
                None
            }
            Some(b']') => Some(b']'),
            Some(_) => return Err(Broken::Text("a comma or `]` is missing")),
            None => return Err(Broken::Text("the JSON ends too early")),
        };
        if next == Some(b']') {
            self.text.take();
            return match self.text.next()? {
                None => Ok(None),
                Some(_) => Err(Broken::Text("something is behind the list")),
            };
        }
        Ok(Some(Item {
            line: self.text.line,
            column: self.text.column,
            json: self.text.value()?,
        }))
    }

    fn row(&self, item: &Item) -> Result<Row, RowError> {
        let fields = serde_json::from_slice::<Fields>(&item.json);
        let fields = fields.map_err(|error| {
            let (line, column) = (error.line() as u64, error.column() as u64);
            let before = if line > 1 { 0 } else { item.column };
            let (line, column) = (item.line + line.saturating_sub(1), before + column);
            let problem = match error.classify() {
                // serde's own text may quote a value of the row.
                Category::Data => "is not a JSON object".to_owned(),
                _ => format!("not JSON, line {line}, column {column}"),
            };
            RowError::new(self.item, problem)
        })?;
        object(self.item, fields, &self.layout)
    }
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_at_end {
            return None;
        }
        let item = match self.next_item() {
            Ok(Some(item)) => return Some(self.row(&item)),
            other => other,
        };
        self.is_at_end = true;
        let number = self.item;
        match item {
            Ok(_) => None,
            Err(Broken::Io(error)) => Some(Err(RowError::io(number, error))),
            Err(Broken::Text(problem)) => {
                let Text { line, column, .. } = self.text;
                let problem = format!(
                    "{problem}, line {line}, column {column}; no row after this one was read"
                );
                Some(Err(RowError::new(number, problem)))
            }
        }
    }
}

struct Text<R> {
    reader: R,
    /// Of the byte that was taken last.
    line: u64,
    column: u64,
}

impl<R: BufRead> Text<R> {
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

    /// Peeks behind white space.
    fn next(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.take(),
                other => return Ok(other),
            }
        }
    }

    /// Up to what can't be in the value any more. It may be no JSON.
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
    use crate::batch::check::row::Problem;

    fn problems(text: &'static str) -> Vec<(u64, String)> {
        let rows = Rows::new(text.as_bytes(), Arc::default()).filter_map(Result::err);
        let problems = rows.map(|error| match error.problem {
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
            let rows: Vec<_> = Rows::new(text.as_bytes(), Arc::default())
                .map(Result::unwrap)
                .collect();
            let lines: Vec<_> = rows.iter().map(|row| row.line).collect();
            assert_eq!(lines, [1, 2], "{text}");
        }
        for empty in ["", " \n", "[]", "[ \n ]\n"] {
            assert_eq!(
                Rows::new(empty.as_bytes(), Arc::default()).count(),
                0,
                "{empty:?}"
            );
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
            ("[\n1] x", "something is behind the list, line 2, column 3"),
            ("[}", "a comma or `]` is missing, line 1, column 1"),
        ] {
            let (_, problem) = problems(text).pop().unwrap();
            let expected = format!("{expected}; no row after this one was read");
            assert_eq!(problem, expected, "{text}");
        }
    }
}
