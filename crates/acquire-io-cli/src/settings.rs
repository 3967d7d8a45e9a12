//! The account and the connection: where settings come from, and the client that they make.

mod draft;
mod file;
mod flags;
mod layers;
mod permissions;
mod setting;

use acquire_io::{Client, ClientBuilder, ConfigError, Proxy};
use acquire_io_sandbox::Sandbox;
use acquire_io_sandbox::cli::inert::inert;
use anyhow::Context as _;
use clap::Args;

use self::draft::set;
use crate::ask;
use crate::exit::{Exit, Failure};
use crate::output::note;

pub(crate) use draft::check_value;
pub(crate) use file::{ConfigFile, DEFAULT_PROFILE, PROFILES, Profile, text, unusable};
pub(crate) use flags::Flags;
pub(crate) use layers::{Layers, Place, ProfileOptions, Source, UNNAMED, Value};
pub(crate) use permissions::warnings;
pub(crate) use setting::Setting;

/// The options of every command that sends.
#[derive(Args)]
#[command(next_help_heading = "Account and connection")]
pub(crate) struct Options {
    /// Send to a sandbox inside this process: needs no account and no settings, sends nothing to anyone
    ///
    /// It knows only the cases of Acquire's documentation, such as 2069 for chat, 575 for mail and 2219 for SMS.
    #[arg(long, conflicts_with_all = ["account_id", "base_url"])]
    sandbox: bool,
    #[command(flatten)]
    flags: Flags,
    #[command(flatten)]
    profile: ProfileOptions,
}

/// A client, and the sandbox inside this process that it sends to, if any.
pub(crate) struct Connection {
    pub(crate) client: Client,
    pub(crate) target: Target,
    sandbox: Option<Sandbox>,
}

/// The account, and where its messages go.
pub(crate) struct Target {
    /// The account's ID; `local` for a server on loopback, `sandbox` for the sandbox inside this process.
    pub(crate) account: String,
    pub(crate) base_url: String,
    /// The profile that names the account, if one does.
    pub(crate) profile: Option<String>,
    /// Where the key comes from: an option, a variable, a profile or the prompt. None for a sandbox inside this process.
    pub(crate) key_source: Option<String>,
}

impl Target {
    fn new(client: &Client, layers: &Layers) -> Self {
        let base_url = client.base_url().trim_end_matches('/');
        let host = base_url.strip_prefix("https://");
        let account = host.and_then(|host| host.strip_suffix(".acquire.io"));
        let settings = [Setting::BaseUrl, Setting::AccountId];
        let named_by = settings.into_iter().find_map(|name| layers.value(name));
        Self {
            account: account.unwrap_or("local").to_owned(),
            base_url: base_url.to_owned(),
            profile: named_by.and_then(|value| match value.source {
                Source::Profile { name, .. } => Some(name),
                _ => None,
            }),
            key_source: Some(key_source(layers)),
        }
    }

    fn sandbox(client: &Client) -> Self {
        Self {
            account: "sandbox".to_owned(),
            base_url: client.base_url().trim_end_matches('/').to_owned(),
            profile: None,
            key_source: None,
        }
    }

    /// The account's ID. None for a server on loopback.
    pub(crate) fn account_id(&self) -> Option<&str> {
        Some(self.account.as_str()).filter(|account| *account != "local")
    }
}

impl Options {
    /// Makes a client of the settings.
    pub(crate) async fn connect(&self) -> Result<Connection, Failure> {
        if self.sandbox {
            let sandbox = Sandbox::start().await.context("the sandbox can't start")?;
            let client = Client::builder()
                .base_url(sandbox.base_url())
                .api_key(sandbox.api_key())
                .build()?;
            return Ok(Connection {
                target: Target::sandbox(&client),
                client,
                sandbox: Some(sandbox),
            });
        }
        let layers = Layers::load(&self.flags, &self.profile)?;
        let client = client(&layers)?;
        Ok(Connection {
            target: Target::new(&client, &layers),
            client,
            sandbox: None,
        })
    }

    /// Whether messages go to a sandbox inside this process.
    pub(crate) fn is_sandbox(&self) -> bool {
        self.sandbox
    }

    /// The target of a run that sends nothing, without asking for the key. None when no account is set.
    pub(crate) fn target(&self) -> Result<Option<Target>, Failure> {
        let layers = Layers::load(&self.flags, &self.profile)?;
        let Some(builder) = placed(&layers) else {
            return Ok(None);
        };
        let client = builder.build().map_err(|error| failure(&layers, error))?;
        Ok(Some(Target::new(&client, &layers)))
    }
}

impl Connection {
    /// Where messages go, for people and logs: `acme.acquire.io`, an address on loopback, or `sandbox`.
    pub(crate) fn host(&self) -> &str {
        if self.sandbox.is_some() {
            return "sandbox";
        }
        let url = self.target.base_url.as_str();
        url.split_once("://").map_or(url, |(_, host)| host)
    }
}

/// Where the key comes from, for errors.
fn key_source(layers: &Layers) -> String {
    let keys = [Setting::ApiKey, Setting::ApiKeyFile];
    let source = keys.into_iter().find_map(|key| {
        let value = layers.value(key)?;
        Some(value.source.name(key))
    });
    source.unwrap_or_else(|| "the prompt".to_owned())
}

fn client(layers: &Layers) -> Result<Client, Failure> {
    let can_prompt = ask::can_ask();
    match missing(layers) {
        Some(Missing::Key) if can_prompt => {}
        Some(missing) => return Err(Failure::configuration(missing.advice(layers))),
        None => {}
    }
    if let Some(problem) = layers.doubled().next() {
        return Err(Failure::configuration(problem));
    }
    let mut builder = Client::builder();
    for (setting, value) in layers.values() {
        builder = set(builder, setting, &value).map_err(|problem| {
            let source = value.source.name(setting);
            Failure::configuration(format_args!("{source}: {problem}"))
        })?;
    }
    if missing(layers).is_some() {
        builder = builder.api_key(ask::secret("API key: ")?);
    }
    let client = builder.build().map_err(|error| failure(layers, error))?;
    warnings(layers).iter().for_each(note);
    Ok(client)
}

/// A client for where messages go, with a placeholder for the key. None when no account is set.
fn placed(layers: &Layers) -> Option<ClientBuilder> {
    let builder = Client::builder().api_key("k");
    let url = layers.value(Setting::BaseUrl);
    let account = layers.value(Setting::AccountId);
    let builder = match (url, account) {
        (Some(url), _) => builder.base_url(url.text),
        (None, Some(account)) => builder.account_id(account.text),
        (None, None) => return None,
    };
    Some(match layers.value(Setting::TrustHost) {
        Some(host) => builder.trust_host(host.text),
        None => builder,
    })
}

/// The proxy that messages would go through. Also None if another setting is wrong.
pub(crate) fn proxy(layers: &Layers) -> Result<Option<Proxy>, ConfigError> {
    let mut builder =
        placed(layers).unwrap_or_else(|| Client::builder().api_key("k").account_id("a"));
    if let Some(proxy) = layers.value(Setting::Proxy) {
        builder = builder.set(&Setting::Proxy.variable(), &proxy.text)?;
    }
    let is_setting = |name| Setting::all().any(|setting| setting.is_named(name));
    match builder.build() {
        Ok(client) => Ok(client.proxy().cloned()),
        Err(error) if is_setting(error.setting()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// An error of the client, with the source of the value instead of the setting's name.
fn failure(layers: &Layers, error: ConfigError) -> Failure {
    let mut values = layers.values();
    match values.find(|(setting, _)| setting.is_named(error.setting())) {
        Some((setting, value)) => {
            let source = value.source.name(setting);
            Failure::configuration(format_args!("{source}: {}", error.problem()))
        }
        None => Failure {
            exit: Exit::Configuration,
            error: error.into(),
        },
    }
}

/// What no layer sets.
#[derive(Clone, Copy)]
pub(crate) enum Missing {
    Account,
    Key,
    Both,
}

pub(crate) fn missing(layers: &Layers) -> Option<Missing> {
    let has = |setting| layers.value(setting).is_some();
    let account = has(Setting::AccountId) || has(Setting::BaseUrl);
    let key = has(Setting::ApiKey) || has(Setting::ApiKeyFile);
    match (account, key) {
        (false, false) => Some(Missing::Both),
        (false, true) => Some(Missing::Account),
        (true, false) => Some(Missing::Key),
        (true, true) => None,
    }
}

impl Missing {
    /// What is missing, and how to set it.
    pub(crate) fn advice(self, layers: &Layers) -> String {
        let (missing, command, variables) = match self {
            Self::Both => (
                "no account and no API key are set. Set them",
                "acquire init   # asks for the account and the key",
                "ACQUIRE_ACCOUNT_ID and ACQUIRE_API_KEY",
            ),
            Self::Account => (
                "no account is set. Set it",
                "acquire config set account_id ID   # the `acme` of https://acme.acquire.io",
                "ACQUIRE_ACCOUNT_ID",
            ),
            Self::Key => (
                "no API key is set. Set it",
                "acquire config set-key             # made under Settings > For Developers > API Key",
                "ACQUIRE_API_KEY or ACQUIRE_API_KEY_FILE",
            ),
        };
        let mut advice = format!(
            "{missing} with\n  {command}\nor with {variables}. With --sandbox a message needs neither account nor key, \
             and goes to nobody."
        );
        if layers.profile.is_none() && !layers.profiles.is_empty() {
            let profiles = inert(&layers.profiles.join(", "));
            advice.push_str(&format!(
                "\nNo profile is chosen: --profile NAME or `acquire config use NAME` chooses one of {profiles}."
            ));
        }
        advice
    }
}
