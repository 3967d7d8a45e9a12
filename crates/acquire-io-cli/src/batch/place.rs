//! Where the outbox of a file is.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use acquire_io_outbox::{Outbox, postgres};
use acquire_io_sandbox::cli::inert;
use tempfile::TempDir;

use crate::database;
use crate::exit::Failure;

/// The first bytes of every SQLite file.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Where an outbox is.
pub(crate) struct Place {
    /// Its path or address, without a password.
    pub(crate) path: PathBuf,
    /// For an outbox in a database.
    database: Option<postgres::Options>,
    /// Whether it was named, not derived from the file's name.
    is_named: bool,
    /// The folder of an outbox that is deleted at the end.
    temporary: Option<TempDir>,
}

impl Place {
    /// The outbox of a file.
    pub(crate) fn new(
        input: &Path,
        named: Option<&Path>,
        is_rehearsal: bool,
    ) -> Result<Self, Failure> {
        if let Some(address) = named.and_then(database::address) {
            return Ok(Self {
                path: database::shown(address),
                database: Some(database::options(address)?),
                is_named: true,
                temporary: None,
            });
        }
        if let Some(path) = named {
            return Ok(Self {
                path: path.to_owned(),
                database: None,
                is_named: true,
                temporary: None,
            });
        }
        if is_rehearsal {
            let folder = tempfile::tempdir().map_err(|error| {
                Failure::usage(format_args!("a temporary outbox can't be made: {error}"))
            })?;
            return Ok(Self {
                path: folder.path().join("outbox"),
                database: None,
                is_named: true,
                temporary: Some(folder),
            });
        }
        if input == Path::new("-") {
            return Err(Failure::usage(
                "standard input has no folder for an outbox, which keeps what was sent: name one with --outbox PATH",
            ));
        }
        Ok(Self {
            path: beside(input),
            database: None,
            is_named: false,
            temporary: None,
        })
    }

    /// Whether it belongs to one file only, since it is beside it.
    pub(crate) fn is_of_input(&self) -> bool {
        !self.is_named
    }

    pub(crate) fn is_database(&self) -> bool {
        self.database.is_some()
    }

    pub(crate) fn is_temporary(&self) -> bool {
        self.temporary.is_some()
    }

    /// Whether it doesn't exist yet.
    pub(crate) fn is_new(&self) -> bool {
        self.database.is_none() && !self.path.exists()
    }

    /// Checks early that an outbox can be made there.
    pub(crate) fn check_folder(&self) -> Result<(), Failure> {
        if self.database.is_some() {
            return Ok(());
        }
        let folder = self.path.parent().filter(|folder| *folder != Path::new(""));
        match tempfile::tempfile_in(folder.unwrap_or(Path::new("."))) {
            Ok(_) => Ok(()),
            Err(error) => {
                let path = inert::path(&self.path);
                let instead = self.instead();
                Err(Failure::usage(format_args!(
                    "the outbox {path} can't be made: {error}{instead}"
                )))
            }
        }
    }

    pub(crate) async fn open(&self) -> Result<Outbox, Failure> {
        let opened = match &self.database {
            Some(database) => database.clone().open().await,
            None => Outbox::sqlite(&self.path).await,
        };
        opened.map_err(|error| {
            let mut failure = Failure::from(error);
            let instead = self.instead();
            failure.error = anyhow::anyhow!("{:#}{instead}", failure.error);
            failure
        })
    }

    fn instead(&self) -> &'static str {
        match self.is_named {
            true => "",
            false => "; --outbox PATH names another place for it",
        }
    }
}

/// `june.ndjson.outbox` for `june.ndjson`.
fn beside(input: &Path) -> PathBuf {
    let mut path = input.as_os_str().to_owned();
    path.push(".outbox");
    path.into()
}

/// The outbox that a path means: the file itself, or the one beside it.
pub(crate) fn existing(path: &Path) -> Result<PathBuf, Failure> {
    if is_sqlite(path) {
        return Ok(path.to_owned());
    }
    let other = beside(path);
    if other.exists() {
        return Ok(other);
    }
    let shown = inert::path(path);
    let problem = match path.exists() {
        true => "is not an outbox, and has none beside it",
        false => "doesn't exist",
    };
    Err(Failure::usage(format_args!(
        "{shown} {problem}: name an outbox, or the file whose rows were sent"
    )))
}

fn is_sqlite(path: &Path) -> bool {
    let mut start = [0; SQLITE.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == SQLITE
}
