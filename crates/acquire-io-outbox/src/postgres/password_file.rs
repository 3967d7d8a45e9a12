//! Passwords in `~/.pgpass`: <https://www.postgresql.org/docs/current/libpq-pgpass.html>.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use tokio_postgres::config::{Config, Host};

/// Where servers of this machine have their sockets by default.
#[cfg(unix)]
pub(super) const SOCKETS: [&str; 3] = ["/var/run/postgresql", "/run/postgresql", "/tmp"];

/// The password for an address, if the file has one.
pub(super) fn password(
    config: &Config,
    file: Option<&String>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    let path = match file {
        Some(path) => PathBuf::from(path),
        None if cfg!(windows) => PathBuf::from(variable("APPDATA")?).join("postgresql/pgpass.conf"),
        None => env::home_dir()?.join(".pgpass"),
    };
    if is_readable_by_others(&path) {
        tracing::warn!(
            "{} is ignored, because others can read it: chmod 600",
            path.display()
        );
        return None;
    }
    let text = fs::read_to_string(path).ok()?;
    let host = match config.get_hosts().first()? {
        Host::Tcp(host) => host.clone(),
        #[cfg(unix)]
        Host::Unix(folder) if SOCKETS.iter().any(|known| folder == Path::new(known)) => {
            "localhost".to_owned()
        }
        #[cfg(unix)]
        Host::Unix(folder) => folder.to_string_lossy().into_owned(),
    };
    let port = config
        .get_ports()
        .first()
        .copied()
        .unwrap_or(5432)
        .to_string();
    find(
        &text,
        [&host, &port, config.get_dbname()?, config.get_user()?],
    )
}

#[cfg(unix)]
fn is_readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_readable_by_others(_: &Path) -> bool {
    false
}

/// The password of the first line that matches: `host:port:database:user:password`, with `*` for any.
fn find(text: &str, wanted: [&str; 4]) -> Option<String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(fields).find_map(|mut fields| {
        let password = (fields.len() == 5).then(|| fields.pop())??;
        let matches = fields
            .iter()
            .zip(wanted)
            .all(|(field, wanted)| field == "*" || field == wanted);
        matches.then_some(password)
    })
}

/// A backslash takes the next character as it is.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let next = match character {
            ':' if fields.len() < 5 => {
                fields.push(String::new());
                continue;
            }
            '\\' => characters.next().unwrap_or('\\'),
            other => other,
        };
        if let Some(field) = fields.last_mut() {
            field.push(next);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_matches_has_the_password() {
        let text = "# a comment\ndb:5432:shop:ben:no\ndb:*:shop:ann:a\\:b\\\\c:d\n*:*:*:*:any\nshort:line\n";
        assert_eq!(
            find(text, ["db", "5432", "shop", "ann"]).as_deref(),
            Some("a:b\\c:d")
        );
        assert_eq!(
            find(text, ["db", "5432", "shop", "eve"]).as_deref(),
            Some("any")
        );
        assert_eq!(
            find("db:5432:shop:ann:x", ["db", "5433", "shop", "ann"]),
            None
        );
    }
}
