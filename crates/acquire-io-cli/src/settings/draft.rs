//! A client in the making. The problems that it tells repeat no value: a key may have been put in the wrong place.

use std::num::NonZeroU32;
use std::time::Duration;

use acquire_io::{Client, ClientBuilder, ConfigError, Retry, UserTypeParameter};

use super::layers::{Source, Value};
use super::setting::Setting;
use crate::input::{read_setting, read_setting_text};

/// Bounds a file that holds a key, and one that holds certificates, in bytes.
const LONGEST_KEY_FILE: u64 = 64 << 10;
const LONGEST_CERTIFICATES: u64 = 16 << 20;

pub(super) struct Draft {
    pub(super) builder: ClientBuilder,
    attempts: u32,
    retry_too_many_requests: bool,
}

impl Draft {
    pub(super) fn new(builder: ClientBuilder) -> Self {
        Self {
            builder,
            attempts: 1,
            retry_too_many_requests: false,
        }
    }

    pub(super) fn set(mut self, setting: Setting, value: &Value) -> Result<Self, String> {
        let (builder, text) = (self.builder, value.text.as_str());
        self.builder = match setting {
            Setting::AccountId => builder.account_id(text),
            Setting::BaseUrl => builder.base_url(text),
            Setting::ApiKey => builder.api_key(text),
            Setting::ApiKeyFile => {
                let key = read_setting_text(&value.path(), LONGEST_KEY_FILE);
                let key = key.map_err(|error| unread(value, &error))?;
                if key.is_empty() {
                    return Err("the file is empty".to_owned());
                }
                builder.api_key(key)
            }
            Setting::Timeout => builder.timeout(duration(text)?),
            Setting::ConnectTimeout => builder.connect_timeout(duration(text)?),
            Setting::Attempts => {
                let attempts = text.parse().map(NonZeroU32::get);
                self.attempts = attempts.map_err(|_| "is not a number of 1 or more")?;
                builder
            }
            Setting::RetryTooManyRequests => {
                let again = text.parse();
                self.retry_too_many_requests = again.map_err(|_| "is neither true nor false")?;
                builder
            }
            Setting::Proxy => builder.proxy(text),
            Setting::RootCertificates => builder.root_certificates_pem(
                read_setting(&value.path(), LONGEST_CERTIFICATES)
                    .map_err(|error| unread(value, &error))?,
            ),
            Setting::UserTypeParameter => builder.user_type_parameter(match text {
                "newest" => UserTypeParameter::Newest,
                "older" => UserTypeParameter::Older,
                _ => return Err("is neither newest nor older".to_owned()),
            }),
        };
        Ok(self)
    }

    pub(super) fn build(self) -> Result<Client, ConfigError> {
        let mut retry = Retry::not_sent().attempts(self.attempts);
        if self.retry_too_many_requests {
            retry = retry.when_too_many_requests();
        }
        self.builder.retry(retry).build()
    }
}

/// What is wrong with a value, whatever the others are.
pub(crate) fn check_value(setting: Setting, value: &Value) -> Result<(), String> {
    // All others are right, whatever the environment says of proxies: an error is about this one.
    let right = Client::builder().account_id("a").api_key("k");
    let right = right.proxy("http://127.0.0.1");
    let draft = Draft::new(right).set(setting, value)?;
    match setting {
        // A client takes all that `set` does, and to make one takes time.
        Setting::Timeout
        | Setting::ConnectTimeout
        | Setting::Attempts
        | Setting::RetryTooManyRequests
        | Setting::UserTypeParameter => Ok(()),
        _ => match draft.build() {
            Ok(_) => Ok(()),
            Err(error) => Err(error.problem().to_owned()),
        },
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if duration.is_zero() => {
            Err("is zero, which leaves no time to send; give a longer one, such as 30s".to_owned())
        }
        Ok(duration) => Ok(duration),
        Err(_) => Err("is not a duration like 30s or 1m 30s".to_owned()),
    }
}

fn unread(value: &Value, error: &std::io::Error) -> String {
    match value.source {
        Source::Profile { .. } => format!(
            "the file can't be read (paths begin at the folder of the config file): {error}"
        ),
        _ => format!("the file can't be read: {error}"),
    }
}
