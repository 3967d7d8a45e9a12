//! Rows of a batch as CSV: each has its own line, whatever parts the bytes come in.

use std::io::{self, BufReader, Read};

use acquire_io_cli::probe;
use serde_json::Value;

use crate::ndjson::CLIENT;
use crate::private::assert_hides;

/// Reads the bytes as rows, at once and in small parts.
pub fn run(data: &[u8]) {
    let rows = read(data, usize::MAX);
    assert_eq!(rows, read(data, 3));

    let breaks = data.iter().filter(|byte| b"\r\n".contains(byte)).count() as u64;
    let mut last = 0;
    for (number, (line, _, body)) in rows.into_iter().enumerate() {
        assert!(last < line && line <= breaks + 1, "{line} after {last}");
        last = line;
        if let Err(problem) = body {
            assert!(!problem.contains(char::is_control), "{problem:?}");
            // The first one may name the columns.
            let public = String::from_utf8_lossy(if number == 0 { data } else { b"" });
            assert_hides(&problem, &public);
        }
    }
}

type Row = (u64, Option<String>, Result<Value, String>);

fn read(data: &[u8], part: usize) -> Vec<Row> {
    let data = io::Cursor::new(data.to_vec());
    let rows = probe::csv(BufReader::new(InParts { data, part }), &CLIENT);
    rows.map(|row| (row.line, row.key, row.body)).collect()
}

struct InParts {
    data: io::Cursor<Vec<u8>>,
    part: usize,
}

impl Read for InParts {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.part);
        self.data.read(&mut buffer[..length])
    }
}
