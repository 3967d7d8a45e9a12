//! Opening a file. What can't be used safely is refused here, before anything is sent.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::{damaged, fail, unreadable};
use super::lock::{Lock, Others, beside};
use super::options::Options;
use super::{mark, place, schema};
use crate::digest::Secret;
use crate::error::Error;

/// The first SQLite without a bug that can corrupt a file that several connections write.
const OLDEST: i32 = 3_051_003;
/// How long to wait for another connection's transaction.
const BUSY: Duration = Duration::from_secs(10);
/// Up to which size the whole file is checked when it is opened, in bytes.
const CHECKED: u64 = 64 << 20;

/// An open file.
pub(super) struct Opened {
    pub(super) connection: Connection,
    pub(super) lock: Lock,
    pub(super) secret: Secret,
    /// Whether nobody else has it open: then all workers that it knows are dead.
    pub(super) others: Others,
}

pub(super) fn open(options: &Options) -> Result<Opened, Error> {
    check_version(rusqlite::version_number())?;
    let path = resolved(&options.path)?;
    let shown = path.display().to_string();
    if !path.exists() {
        match options.create {
            true => create(&path)?,
            false => {
                return Err(Error::file(format!(
                    "{shown} doesn't exist: check its name"
                )));
            }
        }
    }
    check_file(&path)?;
    let lock = Lock::take(&path);
    let (lock, others) =
        lock.map_err(|error| Error::file_because(format!("{shown} can't be locked"), error))?;
    let has_wal = mark::has_wal(&path);
    let connection = connect(&path)?;
    // Nothing is written to a file of another kind.
    schema::check(&connection, &shown)?;
    set_up(&connection).map_err(|error| unreadable(&shown, error))?;
    check_content(&connection, &path, has_wal)?;
    if options.restored {
        hold(&connection)?;
    }
    if !options.restored {
        mark::check(&path, has_wal, &connection)?;
    }
    if others == Others::None {
        mark::set(&connection, &path).map_err(fail("mark it as open"))?;
    }
    let secret = schema::secret(&connection, &shown)?;
    Ok(Opened {
        connection,
        lock,
        secret,
        others,
    })
}

/// # Errors
/// When the SQLite that this program is linked with is too old.
pub(crate) fn check_version(version: i32) -> Result<(), Error> {
    if version >= OLDEST {
        return Ok(());
    }
    let (major, minor, patch) = (version / 1_000_000, version / 1000 % 1000, version % 1000);
    Err(Error::setting(format!(
        "this program is linked with SQLite {major}.{minor}.{patch}, which can corrupt an outbox: link it with 3.51.3 or newer \
         (rusqlite 0.39 or newer with its feature `bundled`)"
    )))
}

/// The path with its folder resolved, which must be a place for an outbox.
fn resolved(path: &Path) -> Result<PathBuf, Error> {
    let shown = path.display();
    let Some(name) = path.file_name() else {
        return Err(Error::file(format!("{shown} names no file")));
    };
    // What the path links to is where the file is.
    let path = match fs::canonicalize(path) {
        Ok(path) => path,
        Err(_) => {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            let folder = fs::canonicalize(folder.unwrap_or(Path::new("."))).map_err(|error| {
                Error::file_because(
                    format!("the folder of {shown} can't be opened: make it first"),
                    error,
                )
            })?;
            folder.join(name)
        }
    };
    place::check(&path, path.parent().unwrap_or(&path))?;
    Ok(path)
}

/// Makes a file that is complete from the beginning: beside its place first.
fn create(path: &Path) -> Result<(), Error> {
    let shown = path.display();
    let failed =
        |error: std::io::Error| Error::file_because(format!("{shown} can't be made"), error);
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|error| Error::random(error.into()))?;
    let new = beside(path, &format!("-new-{:016x}", u64::from_le_bytes(random)));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&new).map_err(failed)?;
    let made = make(&new).and_then(|()| match fs::hard_link(&new, path) {
        // Another process was faster.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        // Not every file system has links.
        Err(_) if !path.exists() => fs::rename(&new, path).map_err(failed),
        other => other.map_err(failed),
    });
    let _ = fs::remove_file(&new);
    made?;
    sync_folder(path);
    Ok(())
}

fn make(new: &Path) -> Result<(), Error> {
    let mut connection = connect(new)?;
    set_up(&connection).map_err(fail("set it up"))?;
    schema::create(&mut connection)?;
    connection
        .close()
        .map_err(|(_, error)| fail("close it")(error))
}

/// Brings the file's name to the disk. SQLite does so for the files beside it.
fn sync_folder(path: &Path) {
    if cfg!(unix)
        && let Some(folder) = path.parent()
        && let Ok(folder) = fs::File::open(folder)
    {
        let _ = folder.sync_all();
    }
}

/// Looks at the file without opening it: closing it would free the locks that other connections of this process have.
fn check_file(path: &Path) -> Result<(), Error> {
    let shown = path.display();
    let file = fs::metadata(path)
        .map_err(|error| Error::file_because(format!("{shown} can't be read"), error))?;
    if !file.is_file() {
        return Err(Error::file(format!(
            "{shown} is no file: name another path"
        )));
    }
    if file.len() == 0 {
        return Err(Error::file(format!(
            "{shown} is empty: delete it to make a new outbox there, if it isn't one that has lost its content"
        )));
    }
    if file.permissions().readonly() {
        return Err(read_only(path));
    }
    Ok(())
}

fn read_only(path: &Path) -> Error {
    let shown = path.display();
    Error::file(format!(
        "{shown} is read-only, so nothing can be recorded: make it writable"
    ))
}

fn connect(path: &Path) -> Result<Connection, Error> {
    let shown = path.display().to_string();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|error| unreadable(&shown, error))?;
    if connection.is_readonly("main").map_err(fail("open it"))? {
        return Err(read_only(path));
    }
    connection.busy_timeout(BUSY).map_err(fail("open it"))?;
    #[cfg(test)]
    super::statements::record(&connection);
    Ok(connection)
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    // Otherwise a statement is planned anew whenever its parameters change, which takes longer than a turn.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    // Anything less forgets commits when the power fails: what was sent would be sent again.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // macOS has a sync that reaches the disk's cache only.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    // See mark.rs.
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)
}

/// # Errors
/// When the file is shorter than its header says, or damaged.
fn check_content(connection: &Connection, path: &Path, has_wal: bool) -> Result<(), Error> {
    let shown = path.display().to_string();
    let number = |pragma: &str| {
        let read = connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        read.map_err(|error| unreadable(&shown, error))
    };
    let length = fs::metadata(path)
        .map(|file| file.len())
        .unwrap_or_default();
    let pages = number("page_count")?.saturating_mul(number("page_size")?);
    if !has_wal && u64::try_from(pages).unwrap_or_default() > length {
        return Err(damaged(&shown));
    }
    if length > CHECKED {
        return Ok(());
    }
    let found = connection.pragma_query_value(None, "quick_check", |row| row.get::<_, String>(0));
    match found.map_err(|error| unreadable(&shown, error))?.as_str() {
        "ok" => Ok(()),
        _ => Err(damaged(&shown)),
    }
}

fn hold(connection: &Connection) -> Result<(), Error> {
    let sql = "UPDATE outbox_meta SET held_at = ?1, held_why = 'restored', held_by = NULL WHERE held_at IS NULL";
    let held = connection.execute(sql, [crate::time::Time::now().0]);
    held.map(drop).map_err(fail("hold it"))
}

/// The journal mode, `synchronous` and `secure_delete` of a connection that is opened here.
#[cfg(test)]
pub(crate) fn pragmas(path: &Path) -> Result<(String, i64, i64), Error> {
    let connection = connect(path)?;
    let read = || {
        set_up(&connection)?;
        let number = |name| connection.pragma_query_value(None, name, |row| row.get(0));
        let journal = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
        Ok((journal, number("synchronous")?, number("secure_delete")?))
    };
    read().map_err(fail("read its settings"))
}
