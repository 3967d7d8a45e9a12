//! `Client::from_env` in a process of its own, and the builder with the same settings.

use std::process::{Command, Output};

use acquire_io::Client;
use acquire_io_tests::Result;

/// A word that no output may repeat.
pub(crate) const SECRET: &str = "canary";

pub(crate) fn process(
    account_id: Option<&str>,
    api_key: Option<&str>,
    base_url: Option<&str>,
) -> Command {
    let mut process = Command::new(env!("CARGO_BIN_EXE_client_from_env"));
    process.env_clear();
    let variables = [
        ("ACQUIRE_ACCOUNT_ID", account_id),
        ("ACQUIRE_API_KEY", api_key),
        ("ACQUIRE_BASE_URL", base_url),
    ];
    process.envs(
        variables
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    process
}

pub(crate) fn printed(process: &mut Command) -> Result<String> {
    let Output {
        status,
        stdout,
        stderr,
    } = process.output()?;
    let stderr = String::from_utf8(stderr)?;
    if !status.success() || !stderr.is_empty() {
        return Err(format!("{status}, {stderr}").into());
    }
    Ok(String::from_utf8(stdout)?)
}

/// The outcome of `Client::from_env`: the base URL or the error.
pub(crate) fn from_env(
    account_id: Option<&str>,
    api_key: Option<&str>,
    base_url: Option<&str>,
) -> Result<String> {
    let printed = printed(&mut process(account_id, api_key, base_url))?;
    Ok(printed.lines().next().unwrap_or_default().to_owned())
}

/// The outcome of the builder with the same settings.
pub(crate) fn built(
    account_id: Option<&str>,
    api_key: Option<&str>,
    base_url: Option<&str>,
) -> String {
    let mut builder = Client::builder();
    if let Some(account_id) = account_id {
        builder = builder.account_id(account_id);
    }
    if let Some(api_key) = api_key {
        builder = builder.api_key(api_key);
    }
    if let Some(base_url) = base_url {
        builder = builder.base_url(base_url);
    }
    match builder.build() {
        Ok(client) => format!("ok: {}", client.base_url()),
        Err(error) => format!("error: {error}"),
    }
}
