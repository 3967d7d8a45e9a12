//! Setting by setting, from a value to a client. No error repeats a value: a key may have been put in the wrong place.

use acquire_io::{Client, ClientBuilder};

use super::layers::{Source, Value};
use super::setting::Setting;
use crate::input::{read_setting, read_setting_text};

/// The largest file with a key, and with certificates, in bytes.
const LONGEST_KEY_FILE: u64 = 64 << 10;
const LONGEST_CERTIFICATES: u64 = 16 << 20;

/// Adds a setting. Every layer is read by the rules for environment variables.
pub(super) fn set(
    builder: ClientBuilder,
    setting: Setting,
    value: &Value,
) -> Result<ClientBuilder, String> {
    let text = value.text.as_str();
    Ok(match setting {
        Setting::AccountId => builder.account_id(text),
        Setting::BaseUrl => builder.base_url(text),
        Setting::TrustHost => builder.trust_host(text),
        Setting::ApiKey => builder.api_key(text),
        Setting::ApiKeyFile => {
            let key = read_setting_text(&value.path(), LONGEST_KEY_FILE);
            let key = key.map_err(|error| unread(value, &error))?;
            if key.is_empty() {
                return Err("the file is empty".to_owned());
            }
            builder.api_key(key)
        }
        Setting::RootCertificates => builder.root_certificates_pem(
            read_setting(&value.path(), LONGEST_CERTIFICATES)
                .map_err(|error| unread(value, &error))?,
        ),
        // As a variable: a proxy of another layer than the base URL is not an error, it is just not used.
        Setting::Proxy
        | Setting::Timeout
        | Setting::ConnectTimeout
        | Setting::Attempts
        | Setting::RetryTooManyRequests
        | Setting::UserTypeParameter => builder
            .set(&setting.variable(), text)
            .map_err(|error| error.problem().to_owned())?,
    })
}

/// Checks one value. `trusted` is the host that a base URL may name.
pub(crate) fn check_value(
    setting: Setting,
    value: &Value,
    trusted: Option<&str>,
) -> Result<(), String> {
    // The other settings are valid, whatever proxy the environment names: an error is about this one.
    let right = Client::builder().api_key("k");
    let right = right.set(&Setting::Proxy.variable(), "http://127.0.0.1");
    let mut right = right.map_err(|error| error.to_string())?;
    right = match (setting, trusted) {
        (Setting::BaseUrl, Some(host)) => right.trust_host(host),
        (Setting::BaseUrl, None) => right,
        _ => right.account_id("a"),
    };
    let builder = set(right, setting, value)?;
    match setting {
        // `set` has checked these, and making a client takes time.
        Setting::Timeout
        | Setting::ConnectTimeout
        | Setting::Attempts
        | Setting::RetryTooManyRequests
        | Setting::UserTypeParameter => Ok(()),
        _ => match builder.build() {
            Ok(_) => Ok(()),
            Err(error) => Err(error.problem().to_owned()),
        },
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
