//! The options that choose an outbox, and messages of it.

use std::path::{Path, PathBuf};

use acquire_io_outbox::{Filter, Outbox, Row, RowId, State, sqlite};
use acquire_io_sandbox::cli::inert::inert;
use clap::Args;

use crate::batch::check::identity::shown_key;
use crate::batch::known::each_row;
use crate::batch::place::existing;
use crate::batch::report::Origin;
use crate::database;
use crate::exit::Failure;

/// Which outbox.
#[derive(Args)]
pub(crate) struct Which {
    /// The outbox, or the file whose rows were sent
    #[arg(value_name = "PATH", required_unless_present = "outbox")]
    path: Option<PathBuf>,
    /// The outbox: a file, or a database such as postgres://user@host/database
    #[arg(long, value_name = "PATH", conflicts_with = "path")]
    outbox: Option<PathBuf>,
}

impl Which {
    fn given(&self) -> &Path {
        let given = self.outbox.as_ref().or(self.path.as_ref());
        given.map_or(Path::new(""), PathBuf::as_path)
    }

    pub(crate) fn is_database(&self) -> bool {
        database::address(self.given()).is_some()
    }

    /// Its path or address, without a password.
    pub(crate) fn path(&self) -> Result<PathBuf, Failure> {
        match database::address(self.given()) {
            Some(address) => Ok(database::shown(address)),
            None => existing(self.given()),
        }
    }

    pub(crate) async fn open(&self) -> Result<Outbox, Failure> {
        self.open_as(|options| options).await
    }

    /// Opens it, a file with other options.
    pub(crate) async fn open_as(
        &self,
        options: impl FnOnce(sqlite::Options) -> sqlite::Options,
    ) -> Result<Outbox, Failure> {
        if let Some(address) = database::address(self.given()) {
            return Ok(database::options(address)?.open().await?);
        }
        let file = Outbox::sqlite_options(self.path()?).create(false);
        Ok(options(file).open().await?)
    }
}

/// Who decides, for the history of the outbox.
pub(crate) fn author() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()))
        .unwrap_or_else(|| "acquire outbox".to_owned())
}

#[derive(Args)]
#[group(id = "messages", required = true, multiple = true)]
pub(crate) struct Select {
    /// The message of the row with this key. Can be given several times
    #[arg(long)]
    key: Vec<String>,
    /// The message of the row that was at this line of the file when it was queued: lines may have moved since. Can be
    /// given several times
    #[arg(long, value_name = "NUMBER")]
    line: Vec<u64>,
    /// The message with this number in the outbox. Can be given several times
    #[arg(long, value_name = "NUMBER")]
    id: Vec<i64>,
    /// All messages to which the command applies
    #[arg(long)]
    pub(crate) all: bool,
}

impl Select {
    /// The chosen messages. `--all` chooses those for which `applies` is true.
    ///
    /// # Errors
    /// When a message that was named isn't there.
    pub(crate) async fn rows(
        &self,
        outbox: &Outbox,
        applies: impl Fn(&Row) -> bool,
    ) -> Result<Vec<Row>, Failure> {
        let mut rows = Vec::new();
        let (mut keys, mut lines) = (vec![false; self.key.len()], vec![false; self.line.len()]);
        if self.all || !self.key.is_empty() || !self.line.is_empty() {
            each_row(outbox, Filter::all(), |row| {
                if row.replaced {
                    return;
                }
                let mut is_chosen = self.all && applies(&row);
                if let Some(key) = row.key.as_deref().and_then(shown_key) {
                    is_chosen |= mark(&self.key, &mut keys, |given| given == key);
                }
                if let Some(line) = Origin::of(&row).and_then(|origin| origin.line) {
                    is_chosen |= mark(&self.line, &mut lines, |given| *given == line);
                }
                if is_chosen {
                    rows.push(row);
                }
            })
            .await?;
        }
        let mut keys = self.key.iter().zip(&keys);
        if let Some((key, _)) = keys.find(|(_, is_found)| !**is_found) {
            return Err(Failure::usage(format_args!(
                "--key {}: the outbox has no message with this key",
                inert(key)
            )));
        }
        let mut lines = self.line.iter().zip(&lines);
        if let Some((line, _)) = lines.find(|(_, is_found)| !**is_found) {
            return Err(Failure::usage(format_args!(
                "--line {line}: no message was queued from this line. The line of a message that was accepted is not kept: \
                 use --key or --id"
            )));
        }
        for id in &self.id {
            let row = outbox.get_by_id(RowId(*id)).await?;
            let row = row.ok_or_else(|| {
                Failure::usage(format_args!(
                    "--id {id}: the outbox has no message with this ID"
                ))
            })?;
            if rows.iter().all(|other| other.id != row.id) {
                rows.push(row);
            }
        }
        Ok(rows)
    }
}

/// Marks the given values that are found.
fn mark<T>(given: &[T], found: &mut [bool], is_it: impl Fn(&T) -> bool) -> bool {
    let mut is_given = false;
    for (given, found) in given.iter().zip(found) {
        if is_it(given) {
            *found = true;
            is_given = true;
        }
    }
    is_given
}

/// Whether its outcome is unknown.
pub(crate) fn is_unknown(row: &Row) -> bool {
    row.state == State::Unknown
}
