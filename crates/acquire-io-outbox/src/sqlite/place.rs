//! Where an outbox must not be: on network file systems, whose locks and memory maps SQLite can't rely on, and in folders
//! that a program copies elsewhere while they are in use.

use std::path::{Component, Path, PathBuf};

use crate::error::Error;

/// # Errors
/// When the folder is on a network file system or is synchronised. `path` is the outbox, `folder` its folder, resolved.
pub(super) fn check(path: &Path, folder: &Path) -> Result<(), Error> {
    let problem = match network(folder) {
        Some(kind) => Some(format!("is on a network file system ({kind})")),
        None => synchronised(folder).map(|by| format!("is in a folder that {by} synchronises")),
    };
    let Some(problem) = problem else {
        return Ok(());
    };
    let instead = match local(path) {
        Some(local) => format!("use a local path, for example {}", local.display()),
        None => "use a path on a local disk".to_owned(),
    };
    Err(Error::file(format!(
        "{} {problem}, where an outbox may lose what was sent: {instead}",
        path.display()
    )))
}

/// The file systems that are on another machine.
const NETWORK: [&str; 24] = [
    "9p",
    "afpfs",
    "afs",
    "ceph",
    "cifs",
    "coda",
    "fuse.gcsfuse",
    "fuse.glusterfs",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.sshfs",
    "fuse.vmhgfs-fuse",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "prl_fs",
    "smb3",
    "smbfs",
    "vboxsf",
    "webdav",
    "fuse.davfs",
];

/// The kind of the network file system that a folder is on.
fn network(folder: &Path) -> Option<String> {
    if is_network_share(folder) {
        return Some("a network share".to_owned());
    }
    kind(folder).filter(|kind| NETWORK.contains(&kind.as_str()))
}

/// `\\server\share` on Windows.
fn is_network_share(folder: &Path) -> bool {
    use std::path::Prefix;

    match folder.components().next() {
        Some(Component::Prefix(prefix)) => {
            matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..))
        }
        _ => false,
    }
}

#[cfg(target_os = "linux")]
fn kind(folder: &Path) -> Option<String> {
    mount(
        &std::fs::read_to_string("/proc/self/mountinfo").ok()?,
        folder,
    )
}

#[cfg(target_os = "macos")]
fn kind(folder: &Path) -> Option<String> {
    let mount = rustix::fs::statfs(folder).ok()?;
    let name = mount.f_fstypename.iter().take_while(|byte| **byte != 0);
    Some(name.map(|byte| char::from(*byte as u8)).collect())
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn kind(_: &Path) -> Option<String> {
    None
}

/// The kind of the file system that a folder is on, by Linux's table of mounts: proc_pid_mountinfo(5).
#[cfg(any(target_os = "linux", test))]
fn mount(table: &str, folder: &Path) -> Option<String> {
    let mut found: Option<(usize, String)> = None;
    for line in table.lines() {
        let (mount, system) = line.split_once(" - ")?;
        let point = unescaped(mount.split(' ').nth(4)?);
        let kind = system.split(' ').next()?;
        // Of two mounts at the same point the later one hides the other.
        let depth = Path::new(&point).components().count();
        if folder.starts_with(&point) && found.as_ref().is_none_or(|(other, _)| *other <= depth) {
            found = Some((depth, kind.to_owned()));
        }
    }
    found.map(|(_, kind)| kind)
}

/// Spaces and such are octal numbers in the table: `\040`.
#[cfg(any(target_os = "linux", test))]
fn unescaped(point: &str) -> String {
    [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ]
    .iter()
    .fold(point.to_owned(), |point, (code, character)| {
        point.replace(code, character)
    })
}

/// The program that synchronises a folder, by the names of the folders that it is in, or by what the program keeps there.
fn synchronised(folder: &Path) -> Option<&'static str> {
    folder
        .ancestors()
        .find_map(|folder| by_name(folder).or_else(|| by_marker(folder)))
}

fn by_name(folder: &Path) -> Option<&'static str> {
    let name = folder.file_name()?.to_str()?;
    let starts = |start: &str| name == start || name.starts_with(&format!("{start} "));
    match name {
        "Google Drive" | "GoogleDrive" | "My Drive" => Some("Google Drive"),
        "iCloud Drive" | "iCloudDrive" | "Mobile Documents" => Some("iCloud"),
        "CloudStorage" => Some("a cloud storage program"),
        _ if starts("Dropbox") => Some("Dropbox"),
        _ if starts("OneDrive") => Some("OneDrive"),
        _ if name == "Nextcloud" || name == "ownCloud" => Some("Nextcloud"),
        _ => None,
    }
}

fn by_marker(folder: &Path) -> Option<&'static str> {
    let markers = [
        (".dropbox.cache", "Dropbox"),
        (".dropbox", "Dropbox"),
        (".stfolder", "Syncthing"),
        (".owncloudsync.log", "Nextcloud"),
        (".849C9593-D756-4E56-8D6E-42412F2A707B", "OneDrive"),
    ];
    // `~/.dropbox` is where Dropbox keeps its settings, which doesn't mean that the home folder is synchronised.
    let is_home = std::env::home_dir().is_some_and(|home| home == folder);
    let found = markers
        .iter()
        .find(|(marker, _)| folder.join(marker).exists());
    found.filter(|_| !is_home).map(|(_, program)| *program)
}

/// A place on this machine for a file of this name.
fn local(path: &Path) -> Option<PathBuf> {
    let given = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let home = std::env::home_dir();
    let folder = if cfg!(windows) {
        given("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        home.map(|home| home.join("Library/Application Support"))
    } else {
        given("XDG_STATE_HOME").or_else(|| home.map(|home| home.join(".local/state")))
    };
    Some(folder?.join("acquire").join(path.file_name()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:26 / /mnt/team\\040files rw - nfs4 server:/export rw
31 30 8:2 / /mnt/team\\040files/local rw - xfs /dev/sdb1 rw
32 22 0:40 / /home/ann/remote rw - fuse.sshfs ann@host: rw
33 22 0:41 / /srv rw - ext4 /dev/sdc1 rw
34 22 0:42 / /srv rw - cifs //server/share rw
";

    #[test]
    fn the_deepest_mount_says_what_a_folder_is_on() {
        let kind = |folder: &str| mount(TABLE, Path::new(folder)).unwrap();
        assert_eq!(kind("/home/ann"), "ext4");
        assert_eq!(kind("/mnt/team files/june"), "nfs4");
        assert_eq!(kind("/mnt/team files/local/june"), "xfs");
        assert_eq!(kind("/mnt/team"), "ext4");
        assert_eq!(kind("/home/ann/remote"), "fuse.sshfs");
        assert_eq!(kind("/srv/outbox"), "cifs");
        for kind in ["nfs4", "fuse.sshfs", "cifs"] {
            assert!(NETWORK.contains(&kind));
        }
    }

    #[test]
    fn synchronised_folders_by_name() {
        let by = |folder: &str| synchronised(Path::new(folder));
        assert_eq!(by("/nowhere/Dropbox/june"), Some("Dropbox"));
        assert_eq!(by("/nowhere/Dropbox (Work)/a/b"), Some("Dropbox"));
        assert_eq!(by("/nowhere/OneDrive - Acme/june"), Some("OneDrive"));
        assert_eq!(by("/nowhere/Library/Mobile Documents/x"), Some("iCloud"));
        assert_eq!(
            by("/nowhere/Library/CloudStorage/GoogleDrive-ann/My Drive"),
            Some("Google Drive")
        );
        assert_eq!(by("/nowhere/Dropboxes/june"), None);
    }
}
