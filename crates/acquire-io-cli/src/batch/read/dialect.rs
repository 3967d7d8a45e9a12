//! The delimiter of a CSV.

use std::fmt;
use std::io::{self, BufRead, Read as _};

use csv::{ByteRecord, ReaderBuilder};

/// How many bytes of a file are looked at.
const BEGINNING: u64 = 1 << 16;
/// How many records are compared.
const RECORDS: usize = 50;
/// The likeliest first.
const DELIMITERS: [u8; 3] = *b",;\t";

/// How cells are separated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    /// The first line only names the delimiter, for Excel: `sep=;`.
    pub(crate) has_separator_line: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            delimiter: b',',
            has_separator_line: false,
        }
    }
}

/// `semicolons`, `"|"`.
impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.delimiter {
            b',' => f.write_str("commas"),
            b';' => f.write_str("semicolons"),
            b'\t' => f.write_str("tabs"),
            other => write!(f, "{:?} between cells", char::from(other)),
        }
    }
}

/// Detects the dialect from the beginning of a text in UTF-8.
pub(crate) fn find(reader: impl BufRead) -> io::Result<Dialect> {
    let mut beginning = Vec::new();
    reader.take(BEGINNING).read_to_end(&mut beginning)?;
    if let Some(delimiter) = separator_line(&beginning) {
        return Ok(Dialect {
            delimiter,
            has_separator_line: true,
        });
    }
    let is_whole = (beginning.len() as u64) < BEGINNING;
    let mut best = (false, 1);
    let mut delimiter = b',';
    for candidate in DELIMITERS {
        let fit = fit(&beginning, candidate, is_whole);
        if fit > best {
            best = fit;
            delimiter = candidate;
        }
    }
    Ok(Dialect {
        delimiter,
        has_separator_line: false,
    })
}

fn separator_line(text: &[u8]) -> Option<u8> {
    let line = text.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    let line = match line {
        [b'"', line @ .., b'"'] => line,
        line => line,
    };
    match line {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] if *delimiter != b'"' => {
            Some(*delimiter)
        }
        _ => None,
    }
}

/// Whether all records have as many cells as the header, and how many that is.
fn fit(text: &[u8], delimiter: u8, is_whole: bool) -> (bool, usize) {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text);
    let mut record = ByteRecord::new();
    let mut counts = Vec::new();
    while counts.len() < RECORDS && matches!(reader.read_byte_record(&mut record), Ok(true)) {
        counts.push(record.len());
    }
    // The last one may be cut off.
    if !is_whole && counts.len() > 1 && counts.len() < RECORDS {
        counts.pop();
    }
    let Some((header, rows)) = counts.split_first() else {
        return (false, 0);
    };
    (
        *header > 1 && rows.iter().all(|count| count == header),
        *header,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delimiter(text: &str) -> char {
        find(text.as_bytes()).unwrap().delimiter.into()
    }

    #[test]
    fn the_delimiter_is_the_one_that_makes_a_table() {
        for (text, expected) in [
            ("channel,case,text\nchat,28,a\n", ','),
            ("channel;case;text\nchat;28;a,b,c\n", ';'),
            ("channel\tcase\ttext\nchat\t28\ta; b, c\n", '\t'),
            // The header has more commas than semicolons.
            (
                "Name, first;Name, last, or company;Text\nA;B;x\nC;D;y\n",
                ';',
            ),
            ("\"a;b;c\",text\nx,y\n", ','),
            ("\n\n\"a\nb,c,d\";text\nx;y\n", ';'),
            // Nothing fits all rows: the header decides.
            ("a;b;c\n1;2\n1,2,3\n", ';'),
            ("text\nHello, you\n", ','),
            ("", ','),
            ("sep=|\na|b\n", '|'),
            ("\"sep=;\"\r\na,b;c,d\r\n", ';'),
            ("sep=\t\ra\tb", '\t'),
        ] {
            assert_eq!(delimiter(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_beginning_that_ends_within_a_row_counts_up_to_it() {
        let row = format!("1;{};3\n", "x, ".repeat(9_000));
        let text = format!("a;b;c\n{}", row.repeat(4));
        assert_eq!(delimiter(&text), ';');
    }
}
