//! What the settings are, and what each is called in every place.

use clap::ValueEnum;

/// A setting. Its documentation is its help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Setting {
    /// The account: the `acme` of https://acme.acquire.io
    AccountId,
    /// A server on loopback in place of the account's, such as `acquire sandbox`
    BaseUrl,
    /// A host that --base-url may name besides loopback, for a sandbox in your own network: the API key and messages go
    /// there unencrypted
    TrustHost,
    /// The API key, made under Settings > For Developers > API Key
    ApiKey,
    /// A file with the API key, `-` for standard input
    ApiKeyFile,
    /// The time limit of a message, all attempts and the delays between them included
    Timeout,
    /// The time limit of connecting, in each attempt
    ConnectTimeout,
    /// How many times to try while nothing of the message can have reached the server
    Attempts,
    /// Also try again after a 429, which means that the message was refused
    RetryTooManyRequests,
    /// A proxy, in place of HTTPS_PROXY or the system's
    Proxy,
    /// A PEM file of certificates to trust besides the platform's
    RootCertificates,
    /// The spelling of the query parameter of chat messages: newest (`x-user-type`) or older (`-x-user-type`)
    UserTypeParameter,
}

impl Setting {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::value_variants().iter().copied()
    }

    /// In the config file, and for `acquire config set`.
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::from_str(name, false).ok()
    }

    /// The option, without its dashes. The key has none: other users of the machine can read arguments.
    pub(crate) fn option(self) -> Option<String> {
        (self != Self::ApiKey).then(|| self.name().replace('_', "-"))
    }

    pub(crate) fn variable(self) -> String {
        format!("ACQUIRE_{}", self.name().to_uppercase())
    }

    pub(crate) fn value_name(self) -> &'static str {
        match self {
            Self::AccountId => "ID",
            Self::BaseUrl | Self::Proxy => "URL",
            Self::TrustHost => "HOST",
            Self::ApiKey => "KEY",
            Self::ApiKeyFile | Self::RootCertificates => "FILE",
            Self::Timeout | Self::ConnectTimeout => "DURATION",
            Self::Attempts => "NUMBER",
            Self::RetryTooManyRequests => "BOOL",
            Self::UserTypeParameter => "SPELLING",
        }
    }

    pub(crate) fn default(self) -> Option<&'static str> {
        match self {
            Self::Timeout => Some("30s"),
            Self::ConnectTimeout => Some("10s"),
            Self::Attempts => Some("3"),
            Self::RetryTooManyRequests => Some("false"),
            Self::UserTypeParameter => Some("newest"),
            _ => None,
        }
    }

    pub(crate) fn help(self) -> String {
        let value = self.to_possible_value();
        let help = value.as_ref().and_then(|value| value.get_help());
        help.map_or_else(String::new, ToString::to_string)
    }

    /// The setting that excludes this one. The first layer that names either decides on both.
    pub(crate) fn rival(self) -> Option<Self> {
        match self {
            Self::AccountId => Some(Self::BaseUrl),
            Self::BaseUrl => Some(Self::AccountId),
            Self::ApiKey => Some(Self::ApiKeyFile),
            Self::ApiKeyFile => Some(Self::ApiKey),
            _ => None,
        }
    }

    /// Whether this is the setting that an [`acquire_io::ConfigError`] names.
    pub(super) fn is_named(self, name: &str) -> bool {
        let in_library = match self {
            Self::ApiKeyFile => "api_key".to_owned(),
            Self::RootCertificates => "root_certificates_pem".to_owned(),
            _ => self.name(),
        };
        name == in_library || name == self.variable()
    }
}

#[cfg(test)]
mod tests {
    use acquire_io::Client;

    use super::*;

    /// `Client::from_env` reads what the command reads.
    #[test]
    fn each_variable_is_one_of_the_library() {
        for setting in Setting::all() {
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
