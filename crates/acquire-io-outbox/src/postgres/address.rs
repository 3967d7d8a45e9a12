//! Where the database is, as for libpq's programs: an address, variables of the environment, a service file, a
//! password file.

use std::collections::BTreeMap;
use std::env;

use tokio_postgres::config::{Config, Host, SslMode, TargetSessionAttrs};

use super::libpq::{pair, pairs, password, read_service};
use crate::error::Error;

#[derive(Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    /// A file of trusted certificates.
    pub(super) root_certificates: Option<String>,
    /// Whether the text holds a password.
    pub(super) has_password: bool,
}

/// What libpq knows and the driver doesn't.
const OWN: [&str; 4] = ["service", "sslmode", "sslrootcert", "passfile"];

/// The variables of libpq, and the parameters that they are for.
const VARIABLES: [(&str, &str); 12] = [
    ("PGHOST", "host"),
    ("PGHOSTADDR", "hostaddr"),
    ("PGPORT", "port"),
    ("PGUSER", "user"),
    ("PGDATABASE", "dbname"),
    ("PGPASSWORD", "password"),
    ("PGPASSFILE", "passfile"),
    ("PGSERVICE", "service"),
    ("PGSSLMODE", "sslmode"),
    ("PGSSLROOTCERT", "sslrootcert"),
    ("PGOPTIONS", "options"),
    ("PGCONNECT_TIMEOUT", "connect_timeout"),
];

type Parameters = BTreeMap<String, String>;

/// # Errors
/// When the text is no address, or a file that it names can't be used.
pub(super) fn parse(text: &str) -> Result<Address, Error> {
    parse_with(text, &|name| {
        env::var(name).ok().filter(|value| !value.is_empty())
    })
}

fn parse_with(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Address, Error> {
    let (rest, mut own) = split(text)?;
    let mut config: Config = rest.parse().map_err(|error: tokio_postgres::Error| {
        // What it says names the parameter, and not its value.
        let why = std::error::Error::source(&error).map(|source| format!(" ({source})"));
        let why = why.unwrap_or_default();
        Error::setting(format!(
            "the address of the database is wrong{why}: it is for example postgres://user@host/database"
        ))
    })?;
    let has_password = config.get_password().is_some();
    let variables = VARIABLES
        .iter()
        .filter_map(|(name, parameter)| Some(((*parameter).to_owned(), variable(name)?)));
    let variables: Parameters = variables.collect();
    let service = own.get("service").or(variables.get("service")).cloned();
    let mut defaults = match service {
        Some(service) => read_service(&service, variable)?,
        None => Parameters::new(),
    };
    for (name, value) in variables {
        defaults.entry(name).or_insert(value);
    }
    let mut missing = String::new();
    for (name, value) in defaults {
        if OWN.contains(&name.as_str()) {
            own.entry(name).or_insert(value);
        } else if !is_given(&config, &name) {
            missing.push_str(&pair(&name, &value));
        }
    }
    merge(&mut config, &missing)?;
    ssl(&mut config, own.get("sslmode").map(String::as_str))?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        local(&mut config);
    }
    if config.get_user().is_none() {
        let name = ["USER", "LOGNAME", "USERNAME"]
            .iter()
            .find_map(|name| variable(name));
        config.user(name.unwrap_or_else(|| "postgres".to_owned()));
    }
    if config.get_dbname().is_none() {
        let name = config.get_user().unwrap_or_default().to_owned();
        config.dbname(name);
    }
    if config.get_application_name().is_none() {
        config.application_name("acquire outbox");
    }
    if config.get_target_session_attrs() == TargetSessionAttrs::Any {
        // Of several hosts, the one that isn't a standby.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    if config.get_password().is_none()
        && let Some(password) = password(&config, own.get("passfile"), variable)
    {
        config.password(password);
    }
    Ok(Address {
        config,
        root_certificates: own.remove("sslrootcert").filter(|path| path != "system"),
        has_password,
    })
}

/// Takes out what the driver doesn't know.
fn split(text: &str) -> Result<(String, Parameters), Error> {
    let mut own = Parameters::new();
    let mut is_own = |name: &str, value: &str| {
        let is_own = OWN.contains(&name);
        if is_own {
            own.insert(name.to_owned(), value.to_owned());
        }
        is_own
    };
    let is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
    if !is_url {
        let pairs = pairs(text).ok_or_else(|| {
            Error::setting(
                "the address of the database is wrong: it is for example postgres://user@host/database",
            )
        })?;
        let rest = pairs.iter().filter(|(name, value)| !is_own(name, value));
        return Ok((rest.map(|(name, value)| pair(name, value)).collect(), own));
    }
    let Some((start, query)) = text.split_once('?') else {
        return Ok((text.to_owned(), own));
    };
    let mut wrong = false;
    let rest: Vec<_> = query
        .split('&')
        .filter(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_decoded(value);
            wrong |= value.is_none();
            !is_own(name, &value.unwrap_or_default())
        })
        .collect();
    if wrong {
        return Err(Error::setting(
            "the address of the database has a % that is not followed by two digits",
        ));
    }
    let rest = match rest.is_empty() {
        true => start.to_owned(),
        false => format!("{start}?{}", rest.join("&")),
    };
    Ok((rest, own))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(decoded).ok()
}

fn is_given(config: &Config, name: &str) -> bool {
    match name {
        "host" | "hostaddr" | "port" => {
            let has_host = !config.get_hosts().is_empty() || !config.get_hostaddrs().is_empty();
            let has_port = !config.get_ports().is_empty();
            if name == "port" {
                has_port || has_host
            } else {
                has_host
            }
        }
        "user" => config.get_user().is_some(),
        "dbname" => config.get_dbname().is_some(),
        "password" => config.get_password().is_some(),
        "options" => config.get_options().is_some(),
        "connect_timeout" => config.get_connect_timeout().is_some(),
        "application_name" => config.get_application_name().is_some(),
        _ => false,
    }
}

/// Adds parameters that are not given.
fn merge(config: &mut Config, parameters: &str) -> Result<(), Error> {
    let more: Config = parameters.parse().map_err(|error: tokio_postgres::Error| {
        let why = std::error::Error::source(&error).map(ToString::to_string);
        Error::setting(format!(
            "a variable or the service file has a setting for PostgreSQL that can't be used: {}",
            why.unwrap_or_default()
        ))
    })?;
    for host in more.get_hosts() {
        match host {
            Host::Tcp(name) => config.host(name),
            #[cfg(unix)]
            Host::Unix(path) => config.host_path(path),
        };
    }
    for address in more.get_hostaddrs() {
        config.hostaddr(*address);
    }
    for port in more.get_ports() {
        config.port(*port);
    }
    if let Some(user) = more.get_user() {
        config.user(user);
    }
    if let Some(name) = more.get_dbname() {
        config.dbname(name);
    }
    if let Some(password) = more.get_password() {
        config.password(password);
    }
    if let Some(options) = more.get_options() {
        config.options(options);
    }
    if let Some(timeout) = more.get_connect_timeout() {
        config.connect_timeout(*timeout);
    }
    if let Some(name) = more.get_application_name() {
        config.application_name(name);
    }
    Ok(())
}

/// With TLS the certificate is always verified, as `verify-full` says.
fn ssl(config: &mut Config, mode: Option<&str>) -> Result<(), Error> {
    let mode = match mode {
        None | Some("prefer" | "allow") => SslMode::Prefer,
        Some("disable") => SslMode::Disable,
        Some("require" | "verify-ca" | "verify-full") => SslMode::Require,
        Some(_) => {
            return Err(Error::setting(
                "`sslmode` is none of disable, prefer, require and verify-full",
            ));
        }
    };
    config.ssl_mode(mode);
    Ok(())
}

/// The socket of a server on this machine, or its address where there are no such sockets.
fn local(config: &mut Config) {
    #[cfg(unix)]
    {
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let socket = format!(".s.PGSQL.{port}");
        let folder = super::libpq::SOCKETS
            .iter()
            .find(|folder| std::path::Path::new(folder).join(&socket).exists());
        if let Some(folder) = folder {
            config.host_path(folder);
            return;
        }
    }
    config.host("localhost");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, variables: &[(&str, &str)]) -> Result<Address, Error> {
        let variables: BTreeMap<_, _> = variables.iter().copied().collect();
        parse_with(text, &|name| {
            variables.get(name).map(|value| (*value).to_owned())
        })
    }

    #[test]
    fn an_address_goes_before_the_environment() {
        let variables = [
            ("PGUSER", "env"),
            ("PGPASSWORD", "from env"),
            ("PGHOST", "other"),
            ("PGPORT", "1"),
        ];
        let address = parse(
            "postgres://ann@db.example/shop?sslmode=verify-full&sslrootcert=%2Fca.pem",
            &variables,
        );
        let address = address.unwrap();
        let config = address.config;
        assert_eq!(
            (config.get_user(), config.get_dbname()),
            (Some("ann"), Some("shop"))
        );
        assert_eq!(config.get_hosts(), [Host::Tcp("db.example".to_owned())]);
        assert_eq!(config.get_ports(), [5432]);
        assert_eq!(config.get_password(), Some(&b"from env"[..]));
        assert_eq!(config.get_ssl_mode(), SslMode::Require);
        assert_eq!(address.root_certificates.as_deref(), Some("/ca.pem"));
        assert!(!address.has_password);
        assert!(
            parse("postgres://ann:secret@db/shop", &[])
                .unwrap()
                .has_password
        );
    }

    #[test]
    fn pairs_are_read_as_libpq_reads_them() {
        let text = r"host = db  password='a  b\'c' sslmode = require sslrootcert='/my ca/root.pem' user=o\ x";
        let address = parse(text, &[]).unwrap();
        assert_eq!(address.config.get_password(), Some(&b"a  b'c"[..]));
        assert_eq!(address.config.get_user(), Some("o x"));
        assert_eq!(address.config.get_ssl_mode(), SslMode::Require);
        let root = address.root_certificates;
        assert_eq!(root.as_deref(), Some("/my ca/root.pem"));
        for wrong in ["host", "host=db 'x'", "password='a", "=db", "host=db user"] {
            assert!(parse(wrong, &[]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn all_may_come_from_the_environment() {
        let variables = [
            ("PGUSER", "ann"),
            ("PGHOST", "db"),
            ("PGPORT", "5433"),
            ("PGSSLMODE", "disable"),
        ];
        let config = parse("postgres://", &variables).unwrap().config;
        assert_eq!(
            (config.get_user(), config.get_dbname()),
            (Some("ann"), Some("ann"))
        );
        assert_eq!(
            (config.get_hosts().len(), config.get_ports()),
            (1, &[5433][..])
        );
        assert_eq!(config.get_ssl_mode(), SslMode::Disable);
    }

    #[test]
    fn a_service_file_is_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = "# of the shop\n[other]\nuser=ben\n[shop]\nhost = db\nuser=ann\npassword=it's \\ secret\n\n[more]\n";
        std::fs::write(file.path(), text).unwrap();
        let path = file.path().to_str().unwrap();
        let variables = [("PGSERVICEFILE", path), ("PGUSER", "env")];
        for text in ["postgres://?service=shop", "service=shop"] {
            let config = parse(text, &variables).unwrap().config;
            assert_eq!(config.get_user(), Some("ann"));
            assert_eq!(config.get_password(), Some(&b"it's \\ secret"[..]));
        }
        let error = parse("service=none", &variables).err().unwrap();
        assert!(
            error
                .to_string()
                .contains("no service file has the service `none`")
        );
    }

    #[test]
    fn errors_do_not_repeat_the_address() {
        for text in [
            "postgres://ann:canary@db:port/shop",
            "postgres://ann:canary@db/shop?colour=canary",
            "postgres://ann:canary@db/shop?sslmode=canary",
            "host=db password=canary colour",
            "orders.outbox",
        ] {
            let error = parse(text, &[]).err().unwrap().to_string();
            assert!(!error.contains("canary"), "{error}");
        }
    }
}
