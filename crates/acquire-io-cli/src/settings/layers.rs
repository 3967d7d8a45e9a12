//! Where settings come from: options, the environment, a profile of the config file, defaults.

use std::collections::BTreeMap;
use std::env::{self, VarError};
use std::path::{Path, PathBuf};

use acquire_io_sandbox::cli::inert::{self, inert};
use acquire_io_sandbox::shell::word;
use clap::Args;

use super::file::{self, ConfigFile, DEFAULT_PROFILE};
use super::flags::Flags;
use super::setting::Setting;
use crate::exit::Failure;

const CONFIG: &str = "ACQUIRE_CONFIG";
const PROFILE: &str = "ACQUIRE_PROFILE";

/// The profile that is used when nothing names one.
pub(crate) const UNNAMED: &str = "default";

/// Which config file.
#[derive(Args)]
pub(crate) struct Place {
    /// The config file [env: ACQUIRE_CONFIG] [default: the one that `acquire config path` prints]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Place {
    /// The config file, and the option or variable that names it. None if there is no home folder.
    pub(crate) fn path(&self) -> Result<Option<(PathBuf, Option<&'static str>)>, Failure> {
        if let Some(path) = &self.config {
            return Ok(Some((path.clone(), Some("--config"))));
        }
        if let Some(path) = variable(CONFIG)? {
            return Ok(Some((path.into(), Some(CONFIG))));
        }
        Ok(file::default_path().map(|path| (path, None)))
    }
}

/// Which profile of which config file.
#[derive(Args)]
pub(crate) struct ProfileOptions {
    /// The profile of the config file [env: ACQUIRE_PROFILE] [default: the file's default_profile, else `default`]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    #[command(flatten)]
    pub(crate) place: Place,
}

impl ProfileOptions {
    /// The profile that an option or variable names, and which one.
    pub(crate) fn asked(&self) -> Result<Option<(String, &'static str)>, Failure> {
        if let Some(profile) = &self.profile {
            if profile.is_empty() {
                return Err(Failure::usage(
                    "--profile: is empty; give a name, or leave it out",
                ));
            }
            return Ok(Some((profile.clone(), "--profile")));
        }
        Ok(variable(PROFILE)?.map(|profile| (profile, PROFILE)))
    }
}

/// A value as it was written, and where.
#[derive(Clone)]
pub(crate) struct Value {
    pub(crate) text: String,
    pub(crate) source: Source,
}

#[derive(Clone)]
pub(crate) enum Source {
    Option,
    Variable,
    Profile { file: PathBuf, name: String },
    Default,
}

impl Source {
    /// Its name in errors.
    pub(crate) fn name(&self, setting: Setting) -> String {
        match self {
            Self::Option => format!("--{}", setting.option().unwrap_or_default()),
            Self::Variable => setting.variable(),
            Self::Profile { file, name } => {
                let (file, name) = (inert::path(file), inert(name));
                format!("{file}, profile {name}, {}", setting.name())
            }
            Self::Default => "default".to_owned(),
        }
    }
}

impl Value {
    /// The file that the value names.
    pub(crate) fn path(&self) -> PathBuf {
        match &self.source {
            Source::Profile { file, .. } if self.text != "-" => {
                file.parent().unwrap_or(Path::new("")).join(&self.text)
            }
            _ => PathBuf::from(&self.text),
        }
    }
}

struct Layer {
    source: Source,
    values: BTreeMap<Setting, String>,
}

impl Layer {
    fn names(&self, setting: Setting) -> bool {
        self.values.contains_key(&setting)
    }
}

/// All layers. The first that names a setting decides.
pub(crate) struct Layers {
    layers: Vec<Layer>,
    /// The config file, and whether it exists.
    pub(crate) file: Option<(PathBuf, bool)>,
    /// The profile, and what names it. Nothing has to name the one that is called `default`.
    pub(crate) profile: Option<(String, Option<String>)>,
    /// The profiles that the file has.
    pub(crate) profiles: Vec<String>,
}

impl Layers {
    pub(crate) fn load(flags: &Flags, options: &ProfileOptions) -> Result<Self, Failure> {
        let mut layers = Self {
            layers: vec![
                Layer {
                    source: Source::Option,
                    values: flags.0.clone(),
                },
                Layer {
                    source: Source::Variable,
                    values: environment()?,
                },
            ],
            file: None,
            profile: None,
            profiles: Vec::new(),
        };
        layers.load_file(options)?;
        layers.layers.push(Layer {
            source: Source::Default,
            values: defaults(),
        });
        Ok(layers)
    }

    fn load_file(&mut self, options: &ProfileOptions) -> Result<(), Failure> {
        let asked = options.asked()?;
        let (path, file) = match options.place.path()? {
            Some((path, named)) => match (ConfigFile::read(&path)?, named) {
                (Some(file), _) => (path, file),
                (None, None) => {
                    self.file = Some((path, false));
                    return self.without_file(asked);
                }
                (None, Some(named)) => {
                    return Err(Failure::configuration(format_args!(
                        "{named}: there is no file {}",
                        inert::path(&path)
                    )));
                }
            },
            None => return self.without_file(asked),
        };
        self.file = Some((path.clone(), true));
        self.profiles = file.profiles.keys().cloned().collect();
        let chosen = match (asked, &file.default_profile) {
            (Some((name, asking)), _) => Some((name, asking.to_owned())),
            (None, Some(name)) => Some((
                name.clone(),
                format!("{}, {DEFAULT_PROFILE}", inert::path(&path)),
            )),
            (None, None) => None,
        };
        let (name, chosen_by) = match chosen {
            Some((name, chooser)) if !file.profiles.contains_key(&name) => {
                let known = file.profiles.keys().map(String::as_str);
                let problem = ConfigFile::no_such_profile(&name, known);
                return Err(Failure::configuration(format_args!("{chooser}: {problem}")));
            }
            Some((name, chooser)) => (name, Some(chooser)),
            None => (UNNAMED.to_owned(), None),
        };
        if let Some(values) = file.profiles.get(&name) {
            self.layers.push(Layer {
                source: Source::Profile {
                    file: path,
                    name: name.clone(),
                },
                values: values.clone(),
            });
            self.profile = Some((name, chosen_by));
        }
        Ok(())
    }

    /// An error if a profile is named, since there is no config file.
    fn without_file(&self, asked: Option<(String, &'static str)>) -> Result<(), Failure> {
        match asked {
            None => Ok(()),
            Some((name, asking)) => {
                let name = inert(&name);
                let word = word(&name);
                Err(Failure::configuration(format_args!(
                    "{asking}: there is no profile `{name}`, because there is no config file; \
                     `acquire init --profile {word}` makes both"
                )))
            }
        }
    }

    /// The value that is used.
    pub(crate) fn value(&self, setting: Setting) -> Option<Value> {
        let layer = self.deciding(setting)?;
        Some(Value {
            text: layer.values.get(&setting)?.clone(),
            source: layer.source.clone(),
        })
    }

    /// All values that are used.
    pub(crate) fn values(&self) -> impl Iterator<Item = (Setting, Value)> {
        Setting::all().filter_map(|setting| Some((setting, self.value(setting)?)))
    }

    /// Problems of a layer that names two keys, or two places to send to.
    pub(crate) fn doubled(&self) -> impl Iterator<Item = String> {
        let pairs = [
            ("API keys", Setting::ApiKey, Setting::ApiKeyFile),
            ("places to send to", Setting::AccountId, Setting::BaseUrl),
        ];
        pairs.into_iter().filter_map(|(what, one, other)| {
            let layer = self.deciding(one)?;
            let both = layer.names(one) && layer.names(other);
            both.then(|| {
                let [one, other] = [one, other].map(|setting| layer.source.name(setting));
                format!("two {what} are set, by {one} and by {other}: remove one")
            })
        })
    }

    fn deciding(&self, setting: Setting) -> Option<&Layer> {
        self.layers.iter().find(|layer| {
            layer.names(setting) || setting.rival().is_some_and(|rival| layer.names(rival))
        })
    }
}

fn environment() -> Result<BTreeMap<Setting, String>, Failure> {
    let mut values = BTreeMap::new();
    for setting in Setting::all() {
        if let Some(text) = variable(&setting.variable())? {
            values.insert(setting, text);
        }
    }
    Ok(values)
}

fn defaults() -> BTreeMap<Setting, String> {
    let defaults = Setting::all();
    let defaults = defaults.filter_map(|setting| Some((setting, setting.default()?.to_owned())));
    defaults.collect()
}

/// A variable that is set but empty counts as not set.
fn variable(name: &str) -> Result<Option<String>, Failure> {
    match env::var(name) {
        Ok(text) if text.is_empty() => Ok(None),
        Ok(text) => Ok(Some(text)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => {
            Err(Failure::configuration(format_args!("{name}: is not UTF-8")))
        }
    }
}
