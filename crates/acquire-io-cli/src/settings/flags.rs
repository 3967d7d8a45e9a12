//! The settings as options of the command line.

use std::collections::BTreeMap;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::setting::Setting;

/// The options that were given. Their texts are checked together with those of the other layers.
#[derive(Default)]
pub(crate) struct Flags(pub(super) BTreeMap<Setting, String>);

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        command.args(Setting::all().filter_map(arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn arg(setting: Setting) -> Option<Arg> {
    let mut help = format!("{} [env: {}]", setting.help(), setting.variable());
    if let Some(default) = setting.default() {
        help.push_str(&format!(" [default: {default}]"));
    }
    let arg = Arg::new(setting.name())
        .long(setting.option()?)
        .value_name(setting.value_name())
        .help(help);
    Some(match setting {
        Setting::AccountId => arg.conflicts_with(Setting::BaseUrl.name()),
        Setting::RetryTooManyRequests => arg
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true"),
        _ => arg,
    })
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let options = Setting::all().filter(|setting| setting.option().is_some());
        let given = options.filter_map(|setting| {
            let text = matches.get_one::<String>(&setting.name())?;
            Some((setting, text.clone()))
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
