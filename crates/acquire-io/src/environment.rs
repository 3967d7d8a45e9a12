//! Settings from the environment.

use std::env::{self, VarError};
use std::fs::File;
use std::io::Read as _;
use std::num::NonZeroU32;
use std::time::Duration;

use crate::builder::ClientBuilder;
use crate::channel::UserTypeParameter;
use crate::client::Client;
use crate::config::{ConfigError, Setting};
use crate::key::ApiKey;

/// The variables, in the order in which they are read.
const VARIABLES: [&str; 12] = [
    "ACQUIRE_ACCOUNT_ID",
    "ACQUIRE_BASE_URL",
    "ACQUIRE_TRUST_HOST",
    "ACQUIRE_API_KEY",
    "ACQUIRE_API_KEY_FILE",
    "ACQUIRE_TIMEOUT",
    "ACQUIRE_CONNECT_TIMEOUT",
    "ACQUIRE_ATTEMPTS",
    "ACQUIRE_RETRY_TOO_MANY_REQUESTS",
    "ACQUIRE_PROXY",
    "ACQUIRE_ROOT_CERTIFICATES",
    "ACQUIRE_USER_TYPE_PARAMETER",
];

/// The longest file with a key, in bytes.
const LONGEST_KEY_FILE: u64 = 64 << 10;
/// The longest file with certificates, in bytes.
#[cfg(any(feature = "rustls", feature = "native-tls"))]
const LONGEST_CERTIFICATES: u64 = 16 << 20;

impl Client {
    /// Makes a client from the environment: [`ClientBuilder::from_env`], then [`build`](ClientBuilder::build).
    ///
    /// # Errors
    /// When a variable is missing or invalid. The error names the variable and the rule, and shows no value.
    pub fn from_env() -> Result<Self, ConfigError> {
        ClientBuilder::from_env()?.build()
    }
}

impl ClientBuilder {
    /// Reads settings from the environment: the variables that the command `acquire` reads too.
    ///
    /// | variable | |
    /// | --- | --- |
    /// | `ACQUIRE_ACCOUNT_ID` | the `acme` of `https://acme.acquire.io` |
    /// | `ACQUIRE_BASE_URL` | instead of the account ID: a server on loopback, such as the sandbox |
    /// | `ACQUIRE_TRUST_HOST` | a host that the base URL may name too: see [`trust_host`](Self::trust_host) |
    /// | `ACQUIRE_API_KEY` | made under Settings > For Developers > API Key |
    /// | `ACQUIRE_API_KEY_FILE` | instead of the key: a file with the key |
    /// | `ACQUIRE_TIMEOUT`, `ACQUIRE_CONNECT_TIMEOUT` | a duration like `30s` or `1m 30s` |
    /// | `ACQUIRE_ATTEMPTS` | how often to try, while no part of the message can have reached the server |
    /// | `ACQUIRE_RETRY_TOO_MANY_REQUESTS` | `true`: try again after a 429 as well |
    /// | `ACQUIRE_PROXY` | a proxy, instead of that of `HTTPS_PROXY` or the system |
    /// | `ACQUIRE_ROOT_CERTIFICATES` | a PEM file with certificates to trust |
    /// | `ACQUIRE_USER_TYPE_PARAMETER` | `newest` or `older` |
    ///
    /// An empty variable counts as not set. A method that is called afterwards replaces a setting of the environment.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use acquire_io::ClientBuilder;
    ///
    /// let acquire = ClientBuilder::from_env()?.timeout(Duration::from_secs(10)).build()?;
    /// # Ok::<(), acquire_io::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// When a variable is invalid, or a file can't be read. The error names the variable and shows no value.
    /// [`build`](Self::build) reports what is missing, and settings that exclude each other.
    pub fn from_env() -> Result<Self, ConfigError> {
        let mut builder = Client::builder();
        builder.is_from_environment = true;
        for variable in VARIABLES {
            match env::var(variable) {
                Ok(text) if text.is_empty() => {}
                Ok(text) => builder.read(variable, &text)?,
                Err(VarError::NotPresent) => {}
                Err(VarError::NotUnicode(_)) => {
                    return Err(ConfigError::new(variable, "is not UTF-8"));
                }
            }
        }
        Ok(builder)
    }

    /// Sets the setting of a variable, for example `ACQUIRE_TIMEOUT`, from a string. The environment isn't read.
    ///
    /// ```
    /// use acquire_io::Client;
    ///
    /// let builder = Client::builder().set("ACQUIRE_TIMEOUT", "10s")?;
    /// let error = builder.set("ACQUIRE_ATTEMPTS", "none").unwrap_err();
    /// assert_eq!(error.to_string(), "ACQUIRE_ATTEMPTS: is not a number of 1 or more");
    /// # Ok::<(), acquire_io::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such variable, the value is invalid, or a file can't be read.
    pub fn set(mut self, variable: &str, text: &str) -> Result<Self, ConfigError> {
        let Some(variable) = VARIABLES.into_iter().find(|name| *name == variable) else {
            return Err(ConfigError::new(
                "set",
                "names no variable; ClientBuilder::from_env has the list",
            ));
        };
        if variable.starts_with("ACQUIRE_API_KEY") {
            self.api_key = None;
        }
        self.read(variable, text)?;
        Ok(self)
    }

    fn read(&mut self, variable: &'static str, text: &str) -> Result<(), ConfigError> {
        let broken = |problem: &str| ConfigError::new(variable, problem);
        let given = || Setting::new(variable, text);
        match variable {
            "ACQUIRE_ACCOUNT_ID" => self.account_id = Some(given()),
            "ACQUIRE_BASE_URL" => self.base_url = Some(given()),
            "ACQUIRE_TRUST_HOST" => self.trusted_hosts.push(given()),
            "ACQUIRE_API_KEY" | "ACQUIRE_API_KEY_FILE" if self.api_key.is_some() => {
                return Err(broken("sets a second API key: remove one of them"));
            }
            "ACQUIRE_API_KEY" => self.api_key = Some(ApiKey::named(given())),
            "ACQUIRE_API_KEY_FILE" => {
                let key = file(text, LONGEST_KEY_FILE).map_err(|problem| broken(&problem))?;
                let key = String::from_utf8(key).map_err(|_| broken("the file is not UTF-8"))?;
                let key = key
                    .trim_start_matches('\u{feff}')
                    .trim_end_matches(['\r', '\n']);
                if key.is_empty() {
                    return Err(broken("the file is empty"));
                }
                self.api_key = Some(ApiKey::named(Setting::new(variable, key)));
            }
            "ACQUIRE_TIMEOUT" => self.timeout = duration(text).map_err(broken)?,
            "ACQUIRE_CONNECT_TIMEOUT" => self.connect_timeout = duration(text).map_err(broken)?,
            "ACQUIRE_ATTEMPTS" => {
                let attempts = text.parse().map(NonZeroU32::get);
                let attempts = attempts.map_err(|_| broken("is not a number of 1 or more"))?;
                self.retry = self.retry.clone().attempts(attempts);
            }
            "ACQUIRE_RETRY_TOO_MANY_REQUESTS" => {
                let again = text
                    .parse()
                    .map_err(|_| broken("is neither true nor false"))?;
                self.retry = self.retry.clone().too_many_requests(again);
            }
            "ACQUIRE_PROXY" => self.proxy = Some(given()),
            #[cfg(any(feature = "rustls", feature = "native-tls"))]
            "ACQUIRE_ROOT_CERTIFICATES" => {
                let pem = file(text, LONGEST_CERTIFICATES).map_err(|problem| broken(&problem))?;
                self.root_certificates.push((variable, pem));
            }
            "ACQUIRE_USER_TYPE_PARAMETER" => {
                self.user_type_parameter = match text {
                    "newest" => UserTypeParameter::Newest,
                    "older" => UserTypeParameter::Older,
                    _ => return Err(broken("is neither newest nor older")),
                };
            }
            _ => {
                return Err(broken(
                    "needs the feature `rustls` or `native-tls` of acquire-io",
                ));
            }
        }
        Ok(())
    }
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    match humantime::parse_duration(text) {
        Ok(duration) if duration.is_zero() => {
            Err("is zero, which leaves no time to send; give a longer one, such as 30s")
        }
        Ok(duration) => Ok(duration),
        Err(_) => Err("is not a duration like 30s or 1m 30s"),
    }
}

/// The content of a file.
fn file(path: &str, longest: u64) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    let read = File::open(path).and_then(|file| file.take(longest + 1).read_to_end(&mut content));
    match read {
        Err(error) => Err(format!("the file can't be read: {error}")),
        Ok(length) if length as u64 > longest => {
            Err(format!("the file is longer than {longest} bytes"))
        }
        Ok(_) => Ok(content),
    }
}
