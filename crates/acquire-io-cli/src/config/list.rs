//! `acquire config list`.

use std::path::Path;

use acquire_io_sandbox::cli::inert::{self, inert};
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::edit;
use crate::exit::Failure;
use crate::output::{Output, note};
use crate::settings::{ConfigFile, Place, Profile, Setting, Source, UNNAMED, Value, check_value};

#[derive(Args)]
pub(crate) struct List {
    /// What to print
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Form::Text)]
    output: Form,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One line for each profile. A star marks the one that is used when none is named
    Text,
    /// A JSON array on one line
    Json,
}

/// A profile, without its key.
#[derive(Serialize)]
struct Row {
    name: String,
    /// Whether it is used when none is named.
    default: bool,
    /// The ID, or else the base URL. Also None if it is wrong: it may be a key in the wrong place.
    account: Option<String>,
    /// The setting of the account, if it is wrong.
    wrong: Option<String>,
    /// Where the key comes from: the config file, or a file that it names.
    key_from: Option<String>,
}

impl List {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let path = edit::path(&self.place)?;
        let file = ConfigFile::read(&path)?.unwrap_or_default();
        let default = file.default_profile.as_deref().unwrap_or(UNNAMED);
        let rows = file.profiles.iter().map(|(name, profile)| {
            let (account, wrong) = match account(profile) {
                None => (None, None),
                Some(Ok(account)) => (Some(account), None),
                Some(Err(setting)) => (None, Some(setting.name())),
            };
            Row {
                name: name.clone(),
                default: name == default,
                account,
                wrong,
                key_from: key_from(&path, name, profile),
            }
        });
        let rows: Vec<Row> = rows.collect();
        match self.output {
            Form::Json => output.json(&rows)?,
            Form::Text => print(&rows, output)?,
        }
        output.flush()?;
        if rows.is_empty() {
            let path = inert::path(&path);
            note(format_args!(
                "{path} has no profiles: `acquire init` makes one"
            ));
        }
        Ok(())
    }
}

/// The account, or the setting of it that is wrong.
fn account(profile: &Profile) -> Option<Result<String, Setting>> {
    // A profile with both can't be used, which `config check` reports.
    let settings = [Setting::BaseUrl, Setting::AccountId];
    let (setting, text) = settings
        .into_iter()
        .find_map(|setting| Some((setting, profile.get(&setting)?)))?;
    let value = Value {
        text: text.clone(),
        source: Source::Option,
    };
    let trusted = profile.get(&Setting::TrustHost).map(String::as_str);
    let checked = check_value(setting, &value, trusted);
    Some(checked.map(|()| value.text).map_err(|_| setting))
}

fn key_from(file: &Path, name: &str, profile: &Profile) -> Option<String> {
    let named = profile.get(&Setting::ApiKeyFile).map(|text| {
        let value = Value {
            text: text.clone(),
            source: Source::Profile {
                file: file.to_owned(),
                name: name.to_owned(),
            },
        };
        match text.as_str() {
            "-" => "standard input".to_owned(),
            _ => value.path().display().to_string(),
        }
    });
    let here = || file.display().to_string();
    named.or_else(|| profile.contains_key(&Setting::ApiKey).then(here))
}

fn print(rows: &[Row], output: &mut Output) -> std::io::Result<()> {
    let lines = rows.iter().map(|row| {
        let account = match (&row.account, &row.wrong) {
            (Some(account), _) => inert(account),
            (None, Some(setting)) => format!("wrong {setting}"),
            (None, None) => "no account".to_owned(),
        };
        (inert(&row.name), account)
    });
    let lines: Vec<_> = lines.collect();
    let width = |texts: &mut dyn Iterator<Item = &String>| {
        let widths = texts.map(|text| text.chars().count());
        widths.max().unwrap_or_default()
    };
    let names = width(&mut lines.iter().map(|(name, _)| name));
    let accounts = width(&mut lines.iter().map(|(_, account)| account));
    for (row, (name, account)) in rows.iter().zip(&lines) {
        let star = if row.default { '*' } else { ' ' };
        let key = match &row.key_from {
            Some(from) => format!("key from {from}"),
            None => "no key".to_owned(),
        };
        output.line(format_args!(
            "{star} {name:<names$}  {account:<accounts$}  {key}"
        ))?;
    }
    Ok(())
}
