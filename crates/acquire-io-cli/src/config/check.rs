//! `acquire config check`.

use std::env;

use acquire_io_sandbox::cli::inert::{self, inert};
use clap::Args;

use crate::exit::Failure;
use crate::output::{Output, note};
use crate::settings::{
    Flags, Layers, ProfileOptions, Setting, Value, check_value, missing, proxy, warnings,
};

#[derive(Args)]
pub(crate) struct Check {
    #[command(flatten)]
    flags: Flags,
    #[command(flatten)]
    profile: ProfileOptions,
}

impl Check {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let layers = Layers::load(&self.flags, &self.profile)?;
        let file = match &layers.file {
            Some((path, true)) => inert::path(path),
            Some((path, false)) => format!("none at {}", inert::path(path)),
            None => "none, as there is no home folder".to_owned(),
        };
        row(output, "config file", &file)?;
        let profile = match &layers.profile {
            Some((name, Some(chooser))) => format!("{}, chosen by {chooser}", inert(name)),
            Some((name, None)) => format!("{}, since no other is named", inert(name)),
            None => "none".to_owned(),
        };
        row(output, "profile", &profile)?;

        let trusted = layers.value(Setting::TrustHost).map(|host| host.text);
        let mut problems = Vec::new();
        for setting in Setting::all() {
            if setting == Setting::Proxy {
                let (text, problem) = proxy_row(&layers);
                row(output, &setting.name(), &text)?;
                problems.extend(problem);
                continue;
            }
            let Some(value) = layers.value(setting) else {
                let by_rival = setting
                    .rival()
                    .filter(|rival| layers.value(*rival).is_some());
                let text = by_rival.map_or("not set".to_owned(), |rival| {
                    format!("not used; {} is", rival.name())
                });
                row(output, &setting.name(), &text)?;
                continue;
            };
            let source = value.source.name(setting);
            match check_value(setting, &value, trusted.as_deref()) {
                Ok(()) => {
                    let shown = shown(setting, &value);
                    row(output, &setting.name(), &format!("{shown}, from {source}"))?;
                }
                Err(problem) => {
                    row(output, &setting.name(), &format!("wrong, from {source}"))?;
                    problems.push(format!("{source}: {problem}"));
                }
            }
        }
        problems.extend(layers.doubled());
        problems.extend(missing(&layers).map(|missing| missing.advice(&layers)));
        output.flush()?;
        warnings(&layers).iter().for_each(note);
        if problems.is_empty() {
            return Ok(());
        }
        Err(Failure::configuration(problems.join("\nacquire: ")))
    }
}

fn row(output: &mut Output, name: &str, text: &str) -> std::io::Result<()> {
    output.line(format_args!("{name:<24} {text}"))
}

/// The value, but no key and no password.
fn shown(setting: Setting, value: &Value) -> String {
    match setting {
        Setting::ApiKey => "set".to_owned(),
        Setting::ApiKeyFile | Setting::RootCertificates => inert::path(&value.path()),
        _ => inert(&value.text),
    }
}

/// The proxy that is used, or why there is none, and what is wrong with it.
fn proxy_row(layers: &Layers) -> (String, Option<String>) {
    let value = layers.value(Setting::Proxy);
    let source = value
        .as_ref()
        .map(|value| value.source.name(Setting::Proxy));
    if let (Some(value), Some(source)) = (&value, &source)
        && let Err(problem) = check_value(Setting::Proxy, value, None)
    {
        let text = format!("wrong, from {source}");
        return (text, Some(format!("{source}: {problem}")));
    }
    match proxy(layers) {
        Err(error) => (
            format!("wrong, from {}", error.setting()),
            Some(error.to_string()),
        ),
        Ok(Some(proxy)) => {
            let credentials = match proxy.has_credentials() {
                true => " with user name and password",
                false => "",
            };
            let source = source.unwrap_or_else(|| proxy.source().to_owned());
            let url = inert(&proxy.url());
            (format!("{url}{credentials}, from {source}"), None)
        }
        Ok(None) => (why_no_proxy(layers, source), None),
    }
}

fn why_no_proxy(layers: &Layers, source: Option<String>) -> String {
    let variable = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
        .into_iter()
        .find(|name| env::var_os(name).is_some_and(|value| !value.is_empty()));
    let source = source.or_else(|| variable.map(str::to_owned));
    match source {
        None => "not set".to_owned(),
        Some(source) if layers.value(Setting::BaseUrl).is_some() => {
            format!("not used, though {source} is set; base_url is on loopback")
        }
        Some(source) => format!("not used, though {source} is set; NO_PROXY excludes the account"),
    }
}
