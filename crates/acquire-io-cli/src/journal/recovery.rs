//! Reading a journal as a process that was killed left it.

use std::fs::File;
use std::io::{BufRead as _, BufReader};

use anyhow::{Context as _, bail};

use super::record::{Header, Record};

/// What a journal holds, besides its records.
pub(super) struct Contents {
    /// None when the journal is empty, or ends within its header.
    pub(super) header: Option<Header>,
    /// Up to where it is whole, in bytes.
    pub(super) length: u64,
}

/// Reads from the start. What comes after the last line break is left out: it was being written when the process
/// ended.
///
/// # Errors
/// When it is no journal, or a line is damaged: then a message may have been sent of which the journal no longer
/// tells.
pub(super) fn read(file: &File, mut each: impl FnMut(Record)) -> anyhow::Result<Contents> {
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line)?;
    let mut length = line.len() as u64;
    if !line.ends_with(b"\n") {
        let start = &Header::START[..line.len().min(Header::START.len())];
        if !line.starts_with(start) {
            bail!("it is no journal");
        }
        return Ok(Contents {
            header: None,
            length: 0,
        });
    }
    let header: Header = serde_json::from_slice(&line)
        .ok()
        .context("it is no journal")?;
    header.check_version()?;

    for number in 2_u64.. {
        line.clear();
        reader.read_until(b'\n', &mut line)?;
        if !line.ends_with(b"\n") {
            break;
        }
        let Ok(record) = serde_json::from_slice(&line) else {
            bail!(
                "its line {number} is damaged, so nobody can tell what was sent: look into the cases"
            );
        };
        length += line.len() as u64;
        each(record);
    }
    Ok(Contents {
        header: Some(header),
        length,
    })
}
