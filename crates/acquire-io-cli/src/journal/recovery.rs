//! Reading a journal as a process that was killed left it.

use std::io::{BufRead as _, BufReader, Read};

use anyhow::{Context as _, bail};

use super::record::{Header, Record};

/// What a journal holds, besides its records.
pub(crate) struct Contents {
    /// None when the journal is empty, or ends within its header.
    pub(crate) header: Option<Header>,
    /// Up to where it is whole, in bytes.
    pub(crate) length: u64,
}

/// Reads from the start. What comes after the last line break is left out: it was being written when the process
/// ended.
///
/// # Errors
/// When it is no journal, or a line is damaged: then a message may have been sent of which the journal no longer
/// tells.
pub(crate) fn read(journal: impl Read, mut each: impl FnMut(Record)) -> anyhow::Result<Contents> {
    let mut reader = BufReader::new(journal);
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
