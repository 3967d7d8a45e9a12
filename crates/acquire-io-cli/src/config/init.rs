//! `acquire init`: asks for an account and a key, checks both, and writes them to a profile.

use std::env;
use std::io;
use std::path::{Path, PathBuf, absolute};

use acquire_io_sandbox::cli::inert::{self, inert};
use acquire_io_sandbox::shell::word;
use clap::Args;

use super::edit::{self, Editor, check_name};
use crate::ask;
use crate::exit::{Exit, Failure};
use crate::input::read_text;
use crate::output::{note, say};
use crate::settings::{ConfigFile, ProfileOptions, Setting, Source, UNNAMED, Value, check_value};

const HELP: &str = "\
On a terminal it asks for what the options don't give. Elsewhere the key is read from standard input:

  acquire init
  acquire init --account https://acme.acquire.io --profile live --api-key-file live.key
  pass acquire/live | acquire init --account acme --profile live";

#[derive(Args)]
#[command(after_help = HELP)]
pub(crate) struct Init {
    /// The account: the `acme` of https://acme.acquire.io, or the address of one of its pages, or of a sandbox on loopback
    #[arg(long, value_name = "ID|URL")]
    account: Option<String>,
    /// A file with the API key, which the profile will name. `-` reads the key from standard input
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    #[command(flatten)]
    profile: ProfileOptions,
}

/// What is wrong with an account's ID, for a person who may have typed anything.
const NO_ACCOUNT: &str = "is not an account ID, which has only letters, digits and hyphens, such as the `acme` of https://acme.acquire.io";

/// A setting and its value, which was checked.
type Checked = (Setting, String);

impl Init {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let path = edit::path(&self.profile.place)?;
        // The file isn't locked while a person answers.
        let file = ConfigFile::read(&path)?.unwrap_or_default();
        let asked = self.profile.asked()?.map(|(name, _)| name);
        let name = asked.or(file.default_profile);
        let name = name.unwrap_or_else(|| UNNAMED.to_owned());
        let is_there = file.profiles.contains_key(&name);
        if is_there && !may_change(&name)? {
            note("nothing was changed");
            return Ok(Exit::Failure);
        }
        if !is_there {
            check_name(&name)?;
        }
        let account = self.account()?;
        let key = self.key()?;

        let mut editor = Editor::open(&self.profile.place)?;
        if editor.has(&name) && !is_there {
            return Err(taken(&name));
        }
        for (setting, text) in [&account, &key] {
            editor.set(&name, *setting, text)?;
        }
        if editor.default().is_none() {
            editor.set_default(&name)?;
        }
        let is_default = editor.default() == Some(name.as_str());
        editor.save()?;

        note(format_args!(
            "profile {}: {} {} and its API key are in {}",
            inert(&name),
            account.0.name(),
            account.1,
            inert::path(&path)
        ));
        what_next(&name, is_default);
        Ok(Exit::Success)
    }

    fn account(&self) -> Result<Checked, Failure> {
        if let Some(typed) = &self.account {
            return account(typed)
                .map_err(|problem| Failure::configuration(format_args!("--account: {problem}")));
        }
        if !ask::can_ask() {
            return Err(Failure::usage(
                "there is no terminal to ask for the account: name it with --account",
            ));
        }
        asked(|| {
            let typed = ask::line("Account (the `acme` of https://acme.acquire.io): ")?;
            Ok(typed.map(|typed| account(&typed)))
        })
    }

    fn key(&self) -> Result<Checked, Failure> {
        let refused = |option: &str, problem: String| {
            Failure::configuration(format_args!("{option}: {problem}"))
        };
        match &self.api_key_file {
            Some(file) if file != Path::new("-") => {
                let file = absolute(file)?.display().to_string();
                checked(Setting::ApiKeyFile, file)
                    .map_err(|problem| refused("--api-key-file", problem))
            }
            None if ask::is_typed() => asked(|| {
                let typed = ask::secret("API key (not shown): ")?;
                Ok((!typed.is_empty()).then(|| checked(Setting::ApiKey, typed)))
            }),
            _ => {
                let read = read_text(Path::new("-")).map_err(|error| error.to_string());
                read.and_then(|key| checked(Setting::ApiKey, key))
                    .map_err(|problem| refused("the API key on standard input", problem))
            }
        }
    }
}

/// Asks until the answer is valid, or there is none.
fn asked(
    question: impl Fn() -> io::Result<Option<Result<Checked, String>>>,
) -> Result<Checked, Failure> {
    loop {
        match question()? {
            Some(Ok(checked)) => return Ok(checked),
            Some(Err(problem)) => say(format_args!("acquire: it {problem}")),
            None => {
                return Err(Failure::configuration(
                    "no answer was given; nothing was changed",
                ));
            }
        }
    }
}

/// Asks whether an existing profile may be changed.
fn may_change(name: &str) -> Result<bool, Failure> {
    if !ask::can_ask() {
        return Err(taken(name));
    }
    let question = format!(
        "There is a profile {} already. Replace its account and API key?",
        inert(name)
    );
    Ok(ask::yes(&question)?)
}

fn taken(name: &str) -> Failure {
    let name = inert(name);
    Failure::configuration(format_args!(
        "there is a profile {name} already; it was not changed. Name another with --profile, or change this one with \
         `acquire config set` and `acquire config set-key`"
    ))
}

/// The account of an ID or an address, or the URL of a sandbox. The error doesn't repeat the text: it may be a key.
fn account(typed: &str) -> Result<Checked, String> {
    let typed = typed.trim();
    let schemes = ["https://", "http://"];
    let address = schemes
        .into_iter()
        .find_map(|scheme| typed.strip_prefix(scheme));
    if address.is_some()
        && let Ok(sandbox) = checked(Setting::BaseUrl, typed.trim_end_matches('/').to_owned())
    {
        return Ok(sandbox);
    }
    let host = address.unwrap_or(typed).split(['/', '?', '#']).next();
    let host = host.unwrap_or_default();
    let account = match host.strip_suffix(".acquire.io") {
        None if address.is_some() => {
            return Err("is an address of neither acquire.io nor loopback".to_owned());
        }
        account => account.unwrap_or(host),
    };
    checked(Setting::AccountId, account.to_owned()).map_err(|_| NO_ACCOUNT.to_owned())
}

fn checked(setting: Setting, text: String) -> Result<Checked, String> {
    let value = Value {
        text,
        source: Source::Option,
    };
    check_value(setting, &value, None)?;
    Ok((setting, value.text))
}

fn what_next(name: &str, is_default: bool) {
    let option = match is_default {
        true => String::new(),
        false => format!(" --profile {}", word(name)),
    };
    note(format_args!(
        "Next:\n  acquire config check{option}   # prints each setting and where it comes from; sends nothing\n  \
         acquire chat send{option} --case ID --as-agent --text 'Hello!'"
    ));
    let settings = [
        Setting::AccountId,
        Setting::BaseUrl,
        Setting::ApiKey,
        Setting::ApiKeyFile,
    ];
    for variable in settings.map(Setting::variable) {
        if env::var_os(&variable).is_some_and(|value| !value.is_empty()) {
            note(format_args!(
                "warning: {variable} is set, and overrides the config file: unset it"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_an_id_or_an_address() {
        for typed in [
            "acme",
            " acme ",
            "acme.acquire.io",
            "acme.acquire.io/app",
            "https://acme.acquire.io",
            "https://acme.acquire.io/",
            "http://acme.acquire.io/app/inbox?view=1#top",
        ] {
            let found = account(typed);
            assert_eq!(
                found,
                Ok((Setting::AccountId, "acme".to_owned())),
                "{typed}"
            );
        }
        for typed in ["http://127.0.0.1:8080", "http://127.0.0.1:8080/"] {
            let url = "http://127.0.0.1:8080".to_owned();
            assert_eq!(account(typed), Ok((Setting::BaseUrl, url)));
        }
        for typed in [
            "",
            "https://",
            "https://acquire.io",
            "https://acme.example.com",
            "https://acme.acquire.io.example.com",
            "https://ann@acme.acquire.io",
            "https://acme.acquire.io:8443",
            "https://app.acme.acquire.io",
            "acme.example.com",
            "ftp://acme.acquire.io",
            "a b",
        ] {
            assert!(account(typed).is_err(), "{typed}");
        }
    }
}
