//! PostgreSQL's programs, and the user that runs them.

use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

/// The folder with PostgreSQL's programs: the one on the path, or the newest.
pub(crate) fn folder() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<_> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .collect();
    debian.sort_by_key(|entry| {
        entry
            .file_name()
            .to_string_lossy()
            .parse::<u32>()
            .unwrap_or_default()
    });
    let debian = debian
        .into_iter()
        .rev()
        .map(|entry| entry.path().join("bin"));
    env::split_paths(&path).chain(debian).find_map(|folder| {
        // What is on the path may be a link to a folder that holds them all.
        let initdb = fs::canonicalize(folder.join("initdb")).ok()?;
        let folder = initdb.parent()?;
        let has_all = ["postgres", "psql", "pg_isready"]
            .iter()
            .all(|program| folder.join(program).exists());
        has_all.then(|| folder.to_owned())
    })
}

/// A user and group that are not root's.
#[derive(Clone, Copy)]
pub(crate) struct User(Option<(u32, u32)>);

impl User {
    /// PostgreSQL doesn't run as root.
    pub(crate) fn find() -> Self {
        let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
        if !is_root {
            return Self(None);
        }
        let users = fs::read_to_string("/etc/passwd").unwrap();
        let user = |wanted: &str| {
            users.lines().find_map(|line| {
                let fields: Vec<_> = line.split(':').collect();
                (fields.first() == Some(&wanted))
                    .then(|| (fields[2].parse().unwrap(), fields[3].parse().unwrap()))
            })
        };
        Self(Some(
            user("postgres")
                .or_else(|| user("nobody"))
                .expect("the user postgres or nobody"),
        ))
    }

    pub(crate) fn owns(self, path: &std::path::Path) {
        if let Self(Some((user, group))) = self {
            std::os::unix::fs::chown(path, Some(user), Some(group)).unwrap();
        }
    }

    pub(crate) fn runs(self, command: &mut Command) {
        if let Self(Some((user, group))) = self {
            command.uid(user).gid(group);
        }
    }
}
