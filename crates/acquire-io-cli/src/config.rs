//! `acquire config`: shows and writes the settings.

mod check;
mod edit;
pub(crate) mod init;
mod list;
mod locked_file;

use std::path::{Path, absolute};

use acquire_io_sandbox::cli::inert::inert;
use clap::Subcommand;

use self::edit::Editor;
use crate::ask;
use crate::exit::{Exit, Failure};
use crate::input::read_text;
use crate::output::{Output, note};
use crate::settings::{Flags, Layers, Place, ProfileOptions, Setting, Source, Value, check_value};

/// Where settings come from, for the help.
pub(crate) const HELP: &str = "\
Settings come from options, else from the environment, else from a profile of the config file. The account (account_id \
or base_url) comes from the first of these that names one, and so does the key (api_key or api_key_file). The config file:

  default_profile = \"live\"

  [profiles.live]
  account_id = \"acme\"
  api_key_file = \"live.key\"   # paths begin at the folder of this file
  timeout = \"10s\"";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print the path of the config file, whether it exists or not
    Path(Place),
    /// List the profiles of the config file. Sends nothing
    List(list::List),
    /// Print each setting and where it comes from, and what is missing or wrong. Sends nothing
    Check(check::Check),
    /// Write a setting to a profile of the config file
    #[command(after_help = "`acquire config set-key` sets the API key.")]
    Set {
        /// The setting
        #[arg(value_name = "SETTING")]
        setting: Setting,
        /// Its value, in the form of the option of the same name
        value: String,
        #[command(flatten)]
        profile: ProfileOptions,
    },
    /// Ask for the API key, or read it from standard input, and write it to a profile of the config file
    SetKey(ProfileOptions),
    /// Remove a setting from a profile of the config file
    Unset {
        /// The setting
        #[arg(value_name = "SETTING")]
        setting: Setting,
        #[command(flatten)]
        profile: ProfileOptions,
    },
    /// Choose the profile that is used when none is named
    Use {
        /// The profile
        #[arg(value_name = "PROFILE")]
        profile: String,
        #[command(flatten)]
        place: Place,
    },
}

impl Command {
    pub(crate) fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        match self {
            Self::Path(place) => {
                output.foreign(edit::path(&place)?.display().to_string().as_bytes())?
            }
            Self::List(list) => list.run(output)?,
            Self::Check(check) => check.run(output)?,
            Self::Set {
                setting: Setting::ApiKey,
                ..
            } => {
                return Err(Failure::usage(
                    "the key can't be an argument: other users and the shell's history would see it. \
                     `acquire config set-key` asks for it",
                ));
            }
            Self::Set {
                setting,
                value,
                profile,
            } => set(setting, value, &profile)?,
            Self::SetKey(profile) => set(Setting::ApiKey, ask_for_key()?, &profile)?,
            Self::Unset { setting, profile } => {
                let mut editor = Editor::open(&profile.place)?;
                let profile = editor.profile(&profile)?;
                editor.unset(&profile, setting)?;
                editor.save()?;
                let profile = inert(&profile);
                note(format_args!(
                    "profile {profile}: {} is not set",
                    setting.name()
                ));
            }
            Self::Use { profile, place } => {
                let mut editor = Editor::open(&place)?;
                editor.set_default(&profile)?;
                editor.save()?;
                let profile = inert(&profile);
                note(format_args!("profile {profile} is used when none is named"));
            }
        }
        output.flush()?;
        Ok(Exit::Success)
    }
}

fn set(setting: Setting, text: String, profile: &ProfileOptions) -> Result<(), Failure> {
    let mut value = Value {
        text,
        source: Source::Option,
    };
    let trusted = match setting {
        Setting::BaseUrl => Layers::load(&Flags::default(), profile).ok(),
        _ => None,
    };
    let trusted = trusted.and_then(|layers| layers.value(Setting::TrustHost));
    let trusted = trusted.map(|host| host.text);
    check_value(setting, &value, trusted.as_deref())
        .map_err(|problem| Failure::configuration(format_args!("{}: {problem}", setting.name())))?;
    let is_path = matches!(setting, Setting::ApiKeyFile | Setting::RootCertificates);
    if is_path && value.text != "-" {
        value.text = absolute(Path::new(&value.text))?.display().to_string();
    }
    let mut editor = Editor::open(&profile.place)?;
    let profile = editor.profile(profile)?;
    let replaced = editor.set(&profile, setting, &value.text)?;
    let profile = inert(&profile);
    editor.save()?;
    let name = setting.name();
    note(match replaced {
        None => format!("profile {profile}: {name} is set"),
        Some(rival) => format!(
            "profile {profile}: {name} is set in place of {}",
            rival.name()
        ),
    });
    Ok(())
}

fn ask_for_key() -> Result<String, Failure> {
    let key = match ask::is_typed() {
        true => ask::secret("API key: "),
        false => read_text(Path::new("-")),
    };
    key.map_err(|error| Failure::configuration(format_args!("the API key can't be read: {error}")))
}
