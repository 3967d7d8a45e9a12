//! The address of an outbox in a database: `postgres://user@host/database` instead of a path.

use std::path::{Path, PathBuf};

use acquire_io_outbox::{Outbox, postgres};

use crate::exit::Failure;
use crate::output::note;

/// The address, if the path is the address of a database.
pub(crate) fn address(path: &Path) -> Option<&str> {
    let schemes = ["postgres://", "postgresql://"];
    let text = path.to_str()?;
    schemes
        .iter()
        .any(|scheme| text.starts_with(scheme))
        .then_some(text)
}

/// How to open it. Warns about a password, which others can read.
pub(crate) fn options(address: &str) -> Result<postgres::Options, Failure> {
    let options = Outbox::postgres_options(address).map_err(Failure::usage)?;
    if options.has_password() {
        note(
            "acquire: the address holds a password, which others on this machine can read in the list of processes: use \
             PGPASSWORD, ~/.pgpass or a service file",
        );
    }
    Ok(options)
}

/// The address as it may be shown: without a password.
pub(crate) fn shown(address: &str) -> PathBuf {
    let (address, query) = address.split_once('?').unwrap_or((address, ""));
    let (scheme, rest) = address.split_once("://").unwrap_or(("postgres", address));
    if query.contains('@') {
        // The question mark may be one of a password.
        let user = rest.split(':').next().unwrap_or_default();
        return format!("{scheme}://{user}@...").into();
    }
    let (user, rest) = match rest.rsplit_once('@') {
        Some((user, rest)) => (
            user.split(':').next().unwrap_or_default().to_owned() + "@",
            rest,
        ),
        None => (String::new(), rest),
    };
    let mut shown = format!("{scheme}://{user}{rest}");
    let harmless = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("password="));
    for (number, pair) in harmless.enumerate() {
        shown.push(if number == 0 { '?' } else { '&' });
        shown.push_str(pair);
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        for (address, expected) in [
            (
                "postgres://ann:s@cret@db:5433/shop",
                "postgres://ann@db:5433/shop",
            ),
            (
                "postgres://ann@db/shop?password=secret&sslmode=require",
                "postgres://ann@db/shop?sslmode=require",
            ),
            ("postgres://ann:se?cr@t@db/shop", "postgres://ann@..."),
            (
                "postgresql:///shop?host=/run/pg",
                "postgresql:///shop?host=/run/pg",
            ),
            (
                "postgres://ann:secret@db/shop?password=secret",
                "postgres://ann@db/shop",
            ),
        ] {
            assert_eq!(shown(address), Path::new(expected));
        }
    }

    #[test]
    fn a_path_is_no_address() {
        assert_eq!(address(Path::new("june.csv.outbox")), None);
        assert_eq!(address(Path::new("postgres")), None);
        assert_eq!(address(Path::new("postgres://db")), Some("postgres://db"));
    }
}
