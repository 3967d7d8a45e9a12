//! `acquire config check`.

use clap::Args;

use crate::exit::Failure;
use crate::output::{Output, note};
use crate::settings::{
    Flags, Layers, ProfileOptions, Setting, Value, check_value, missing, warning,
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
            Some((path, true)) => path.display().to_string(),
            Some((path, false)) => format!("none at {}", path.display()),
            None => "none, as there is no home folder".to_owned(),
        };
        row(output, "config file", &file)?;
        let profile = match &layers.profile {
            Some((name, chooser)) => format!("{name}, chosen by {chooser}"),
            None => "none".to_owned(),
        };
        row(output, "profile", &profile)?;

        let mut problems = Vec::new();
        for setting in Setting::ALL {
            let Some(value) = layers.value(setting) else {
                let by_rival = setting
                    .rival()
                    .filter(|rival| layers.value(*rival).is_some());
                let text = by_rival.map_or("not set".to_owned(), |rival| {
                    format!("not used; {} is", rival.name())
                });
                row(output, setting.name(), &text)?;
                continue;
            };
            let source = value.source.name(setting);
            match check_value(setting, &value) {
                Ok(()) => {
                    let shown = shown(setting, &value);
                    row(output, setting.name(), &format!("{shown}, from {source}"))?;
                }
                Err(problem) => {
                    row(output, setting.name(), &format!("wrong, from {source}"))?;
                    problems.push(format!("{source}: {problem}"));
                }
            }
        }
        problems.extend(layers.two_keys());
        problems.extend(missing(&layers).map(|missing| missing.advice(&layers)));
        output.flush()?;
        if let Some(warning) = warning(&layers) {
            note(warning);
        }
        if problems.is_empty() {
            return Ok(());
        }
        Err(Failure::configuration(problems.join("\nacquire: ")))
    }
}

fn row(output: &mut Output, name: &str, text: &str) -> std::io::Result<()> {
    output.line(format_args!("{name:<24} {text}"))
}

/// The value, but for a key and for a password.
fn shown(setting: Setting, value: &Value) -> String {
    match setting {
        Setting::ApiKey => "set".to_owned(),
        Setting::ApiKeyFile | Setting::RootCertificates => value.path().display().to_string(),
        Setting::Proxy => match value.text.rsplit_once('@') {
            Some((_, host)) => format!("{host} with user name and password"),
            None => value.text.clone(),
        },
        _ => value.text.clone(),
    }
}
