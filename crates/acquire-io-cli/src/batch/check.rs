//! Checking every row before the first is sent.

use std::fmt;

use acquire_io::{Channel, Client};
use acquire_io_sandbox::cli::inert::inert;
use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

use super::input::Input;
use super::row::{Problem, RowError};
use super::rows::{self, Format};
use crate::exit::Failure;
use crate::output::say;

/// What a batch holds, all of it fit to be sent.
pub(crate) struct Checked {
    pub(crate) chats: u64,
    pub(crate) mails: u64,
    pub(crate) sms: u64,
    /// The lines of all rows, in order.
    pub(crate) lines: Vec<u64>,
    /// The lines of rows that have the key of an earlier row, in order.
    pub(crate) repeated: Vec<u64>,
}

impl Checked {
    pub(crate) fn rows(&self) -> u64 {
        self.chats + self.mails + self.sms
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            chats, mails, sms, ..
        } = self;
        write!(
            f,
            "{} rows: {chats} chat, {mails} mail, {sms} sms",
            self.rows()
        )?;
        match self.repeated.len() {
            0 => Ok(()),
            1 => f.write_str("; 1 has the key of an earlier row, and is left out"),
            repeated => write!(
                f,
                "; {repeated} have the key of an earlier row, and are left out"
            ),
        }
    }
}

/// Reads all rows, and says what is wrong with each.
pub(crate) fn check(input: &Input, format: Format) -> Result<Checked, Failure> {
    // Makes requests, and sends none.
    let client = Client::builder()
        .base_url("http://127.0.0.1:9")
        .api_key("none")
        .build()?;
    let mut checked = Checked {
        chats: 0,
        mails: 0,
        sms: 0,
        lines: Vec::new(),
        repeated: Vec::new(),
    };
    // Of a key its hash is kept: a hundred thousand keys take two megabytes, however long they are.
    let mut keys: Vec<([u8; 16], u64)> = Vec::new();
    let mut bad = 0_u64;
    for row in rows::rows(input, format)? {
        let row = match row {
            Ok(row) => row,
            Err(RowError {
                line,
                problem: Problem::Io(error),
            }) => {
                return Err(anyhow::Error::new(error)
                    .context(format!("line {line}"))
                    .into());
            }
            Err(error) => {
                bad += 1;
                say(inert(&error.to_string()));
                continue;
            }
        };
        checked.lines.push(row.line);
        if let Err(invalid) = client.to_http_request(&row.message) {
            bad += 1;
            say(format_args!(
                "line {}: {}",
                row.line,
                inert(&invalid.to_string())
            ));
            continue;
        }
        match row.message.channel() {
            Channel::Chat => checked.chats += 1,
            Channel::Mail => checked.mails += 1,
            Channel::Sms => checked.sms += 1,
        }
        if let Some(key) = &row.key {
            let hash = Sha256::digest(key);
            let hash = hash.first_chunk().context("a hash is 32 bytes long")?;
            keys.push((*hash, row.line));
        }
    }
    if bad > 0 {
        let rows = if bad == 1 { "row is" } else { "rows are" };
        return Err(Failure::usage(format_args!(
            "{bad} {rows} wrong, nothing was sent"
        )));
    }
    keys.sort_unstable();
    let pairs = keys.windows(2).filter_map(|pair| match pair {
        [(earlier, _), (later, line)] if earlier == later => Some(*line),
        _ => None,
    });
    checked.repeated = pairs.collect();
    checked.repeated.sort_unstable();
    Ok(checked)
}
