//! What the settings are, and what each is called in every place.

use clap::ValueEnum;
use clap::builder::PossibleValue;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Setting {
    AccountId,
    BaseUrl,
    TrustHost,
    ApiKey,
    ApiKeyFile,
    Timeout,
    ConnectTimeout,
    Attempts,
    RetryTooManyRequests,
    Proxy,
    RootCertificates,
    UserTypeParameter,
}

struct Row {
    name: &'static str,
    value_name: &'static str,
    default: Option<&'static str>,
    help: &'static str,
}

impl Setting {
    pub(crate) const ALL: [Self; 12] = [
        Self::AccountId,
        Self::BaseUrl,
        Self::TrustHost,
        Self::ApiKey,
        Self::ApiKeyFile,
        Self::Timeout,
        Self::ConnectTimeout,
        Self::Attempts,
        Self::RetryTooManyRequests,
        Self::Proxy,
        Self::RootCertificates,
        Self::UserTypeParameter,
    ];

    fn row(self) -> Row {
        let row = |name, value_name, default, help| Row {
            name,
            value_name,
            default,
            help,
        };
        match self {
            Self::AccountId => row(
                "account_id",
                "ID",
                None,
                "The account: the `acme` of https://acme.acquire.io",
            ),
            Self::BaseUrl => row(
                "base_url",
                "URL",
                None,
                "A server on loopback in place of the account's, for example of `acquire sandbox`",
            ),
            Self::TrustHost => row(
                "trust_host",
                "HOST",
                None,
                "A host that --base-url may name beside loopback, for a sandbox in a network of your own: key and messages \
                 go there unencrypted",
            ),
            Self::ApiKey => row(
                "api_key",
                "KEY",
                None,
                "The API key. Made under Settings > For Developers > API Key",
            ),
            Self::ApiKeyFile => row(
                "api_key_file",
                "FILE",
                None,
                "A file that holds the API key, `-` for standard input",
            ),
            Self::Timeout => row(
                "timeout",
                "DURATION",
                Some("30s"),
                "Bounds one message: all attempts, the delays between them, and reading the answer",
            ),
            Self::ConnectTimeout => row(
                "connect_timeout",
                "DURATION",
                Some("10s"),
                "Bounds connecting, within one attempt",
            ),
            Self::Attempts => row(
                "attempts",
                "NUMBER",
                Some("3"),
                "How often to try while nothing of the message can have reached the server",
            ),
            Self::RetryTooManyRequests => row(
                "retry_too_many_requests",
                "BOOL",
                Some("false"),
                "Try again also after a 429, which refuses the message",
            ),
            Self::Proxy => row(
                "proxy",
                "URL",
                None,
                "A proxy in place of that of the environment (HTTPS_PROXY) or the system",
            ),
            Self::RootCertificates => row(
                "root_certificates",
                "FILE",
                None,
                "Certificates (PEM) to trust beside those that the platform trusts",
            ),
            Self::UserTypeParameter => row(
                "user_type_parameter",
                "SPELLING",
                Some("newest"),
                "The spelling of the query parameter of chat messages: newest (`x-user-type`) or older \
                 (`-x-user-type`)",
            ),
        }
    }

    /// In the config file, and for `acquire config set`.
    pub(crate) fn name(self) -> &'static str {
        self.row().name
    }

    /// The option, without its dashes. The key has none: arguments are visible to all users of the machine.
    pub(crate) fn option(self) -> Option<String> {
        (self != Self::ApiKey).then(|| self.name().replace('_', "-"))
    }

    pub(crate) fn variable(self) -> String {
        format!("ACQUIRE_{}", self.name().to_uppercase())
    }

    pub(crate) fn value_name(self) -> &'static str {
        self.row().value_name
    }

    pub(crate) fn default(self) -> Option<&'static str> {
        self.row().default
    }

    pub(crate) fn help(self) -> &'static str {
        self.row().help
    }

    /// The setting that stands in place of this one. The first layer that names either decides on both.
    pub(crate) fn rival(self) -> Option<Self> {
        match self {
            Self::AccountId => Some(Self::BaseUrl),
            Self::BaseUrl => Some(Self::AccountId),
            Self::ApiKey => Some(Self::ApiKeyFile),
            Self::ApiKeyFile => Some(Self::ApiKey),
            _ => None,
        }
    }

    /// Whether an [`acquire_io::ConfigError`] calls it so.
    pub(super) fn is_named(self, name: &str) -> bool {
        let other_name = match self {
            Self::ApiKeyFile => "api_key",
            Self::RootCertificates => "root_certificates_pem",
            _ => self.name(),
        };
        name == other_name || name == self.variable()
    }
}

impl ValueEnum for Setting {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.help()))
    }
}

#[cfg(test)]
mod tests {
    use acquire_io::Client;

    use super::*;

    /// `Client::from_env` reads what the command reads.
    #[test]
    fn each_variable_is_one_of_the_library() {
        for setting in Setting::ALL {
            let variable = setting.variable();
            match Client::builder().set(&variable, "/dev/null") {
                Ok(_) => {}
                Err(error) => assert_eq!(error.setting(), variable),
            }
        }
        let unknown = Client::builder().set("ACQUIRE_PROFILE", "live");
        assert_eq!(
            unknown
                .map(drop)
                .map_err(|error| error.setting().to_owned()),
            Err("set".to_owned())
        );
    }
}
