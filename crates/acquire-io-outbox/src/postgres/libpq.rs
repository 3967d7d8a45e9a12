//! What libpq reads and the driver doesn't: pairs with quotes, passwords in
//! [`~/.pgpass`](https://www.postgresql.org/docs/current/libpq-pgpass.html), services in
//! [`~/.pg_service.conf`](https://www.postgresql.org/docs/current/libpq-pgservice.html).

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use tokio_postgres::config::{Config, Host};

use crate::error::Error;

/// The pairs of `name=value name='a value'`, as libpq reads them. None: the text is not of this form.
pub(super) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let mut rest = text.chars().peekable();
    let mut pairs = Vec::new();
    loop {
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        if rest.peek().is_none() {
            return Some(pairs);
        }
        let (mut name, mut value) = (String::new(), String::new());
        while let Some(c) = rest.next_if(|c| *c != '=' && !c.is_whitespace()) {
            name.push(c);
        }
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        rest.next_if_eq(&'=').filter(|_| !name.is_empty())?;
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        let is_quoted = rest.next_if_eq(&'\'').is_some();
        loop {
            match rest.next() {
                Some('\'') if is_quoted => break,
                None if is_quoted => return None,
                None => break,
                Some('\\') => value.push(rest.next()?),
                Some(c) if c.is_whitespace() && !is_quoted => break,
                Some(c) => value.push(c),
            }
        }
        pairs.push((name, value));
    }
}

/// A pair as [`pairs`] reads it, after a space.
pub(super) fn pair(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('\'', "\\'");
    format!(" {name}='{value}'")
}

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

/// Reads a service: the first of the user's file and the system's that has it.
pub(super) fn read_service(
    name: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, String>, Error> {
    let user = variable("PGSERVICEFILE").map(PathBuf::from);
    let user = user.or_else(|| Some(env::home_dir()?.join(".pg_service.conf")));
    let system = variable("PGSYSCONFDIR").unwrap_or_else(|| "/etc/postgresql-common".to_owned());
    let files = user
        .into_iter()
        .chain([PathBuf::from(system).join("pg_service.conf")]);
    for file in files {
        if let Ok(text) = fs::read_to_string(&file)
            && let Some(service) = service(&text, name)
        {
            return Ok(service);
        }
    }
    Err(Error::setting(format!(
        "no service file has the service `{name}`: look into ~/.pg_service.conf"
    )))
}

fn service(text: &str, name: &str) -> Option<BTreeMap<String, String>> {
    let header = format!("[{name}]");
    let mut lines = text.lines().map(str::trim);
    lines.find(|line| **line == header)?;
    let own = lines.take_while(|line| !line.starts_with('['));
    let pairs = own
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='));
    Some(
        pairs
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect(),
    )
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
