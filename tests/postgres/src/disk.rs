//! A small disk of a server, which a test fills.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use crate::database::Database;

/// The name of the file that fills it.
const FILLER: &str = "filler";

/// It is unmounted when it is dropped.
pub struct SmallDisk {
    folder: PathBuf,
}

impl Database {
    /// Moves the database, which nobody may use meanwhile, to a disk of this number of megabytes. None: this machine doesn't
    /// let a test mount one.
    ///
    /// # Panics
    /// When the server doesn't take it.
    pub fn on_a_small_disk(&self, megabytes: u32) -> Option<SmallDisk> {
        let folder = self.server().folder().join("disk");
        fs::create_dir(&folder).unwrap();
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(&folder);
        if !mount.output().is_ok_and(|output| output.status.success()) {
            return None;
        }
        let disk = SmallDisk { folder };
        // The server keeps what it has there in a folder of its own.
        let data = disk.folder.join("data");
        fs::create_dir(&data).unwrap();
        self.server().user().owns(&data);
        let server = self.server();
        let create = format!("CREATE TABLESPACE small LOCATION '{}'", data.display());
        server.psql("postgres", &create).unwrap();
        let name = self.name();
        let set = format!("ALTER DATABASE {name} SET TABLESPACE small");
        server.psql("postgres", &set).unwrap();
        Some(disk)
    }
}

impl SmallDisk {
    /// Leaves no byte free.
    ///
    /// # Panics
    /// When the file can't be made.
    pub fn fill(&self) {
        let mut file = fs::File::create(self.folder.join(FILLER)).unwrap();
        let block = [1; 4096];
        while file.write_all(&block).is_ok() {}
    }

    /// Frees what [`fill`](Self::fill) took.
    ///
    /// # Panics
    /// When the file can't be removed.
    pub fn free(&self) {
        fs::remove_file(self.folder.join(FILLER)).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // The server may still use it.
        let _ = Command::new("umount").arg("-l").arg(&self.folder).status();
    }
}
