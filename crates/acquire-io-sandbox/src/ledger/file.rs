//! The file of the ledger.

use std::fs::{self, File, Metadata};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::entry::Received;

/// A line of JSON for each entry. When the file is full, it is renamed to `<name>.1`, in place of an older one, and a
/// new one begins. So both together are never longer than twice the limit.
pub(super) struct Log {
    path: PathBuf,
    file: File,
    length: u64,
    limit: u64,
    /// False for a pipe or a terminal, which have no length.
    can_rotate: bool,
}

impl Log {
    /// Appends to what is there.
    pub(super) fn open(path: &Path, limit: u64) -> io::Result<Self> {
        let named = |error: io::Error| {
            io::Error::new(
                error.kind(),
                format!("ledger file {}: {error}", path.display()),
            )
        };
        let file = private(path).map_err(named)?;
        let metadata = file.metadata().map_err(named)?;
        Ok(Self {
            path: path.to_owned(),
            length: length(&metadata),
            can_rotate: metadata.is_file(),
            file,
            limit,
        })
    }

    pub(super) fn append(&mut self, entry: &Received) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let added = line.len() as u64;
        if self.can_rotate && self.length > 0 && self.length + added > self.limit {
            let mut older = self.path.clone().into_os_string();
            older.push(".1");
            fs::rename(&self.path, older)?;
            self.file = private(&self.path)?;
            self.length = 0;
        }
        self.length += added;
        self.file.write_all(&line)
    }
}

fn length(metadata: &Metadata) -> u64 {
    if metadata.is_file() {
        metadata.len()
    } else {
        0
    }
}

/// Opens a file that only its owner can read, since it holds messages. An existing file gets these permissions too.
fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let file = options.open(path)?;
    #[cfg(unix)]
    if file.metadata()?.is_file() {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(file)
}
