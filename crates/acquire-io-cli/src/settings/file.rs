//! The config file. No error repeats a value: it may be a key.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::{fmt, io};

use acquire_io_sandbox::cli::inert::{self, inert};
use toml_edit::{Document, DocumentMut, Item, TableLike};

use super::setting::Setting;
use crate::exit::Failure;
use crate::input::read_setting;

pub(crate) const DEFAULT_PROFILE: &str = "default_profile";
pub(crate) const PROFILES: &str = "profiles";

/// The settings of a profile, as texts.
pub(crate) type Profile = BTreeMap<Setting, String>;

#[derive(Default)]
pub(crate) struct ConfigFile {
    pub(crate) default_profile: Option<String>,
    pub(crate) profiles: BTreeMap<String, Profile>,
}

impl ConfigFile {
    /// None if there is no such file.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, Failure> {
        match text(path) {
            Ok(text) => Self::parse(path, &text).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unusable(path, &error)),
        }
    }

    /// The file, for changes. Its settings are not checked, so that a wrong one can be replaced.
    pub(crate) fn to_edit(path: &Path, text: &str) -> Result<DocumentMut, Failure> {
        let document = Reader { path, text }.document()?;
        Ok(document.into_mut())
    }

    fn parse(path: &Path, text: &str) -> Result<Self, Failure> {
        let reader = Reader { path, text };
        let document = reader.document()?;
        let mut file = Self::default();
        let table = document.as_table();
        for (name, item) in table.iter() {
            match name {
                DEFAULT_PROFILE => file.default_profile = Some(reader.text(name, item)?),
                PROFILES => {
                    let profiles = reader.table(name, item)?;
                    for (name, item) in profiles.iter() {
                        let profile = reader.profile(name, reader.table(name, item)?)?;
                        file.profiles.insert(name.to_owned(), profile);
                    }
                }
                _ => {
                    let problem = format_args!(
                        "unknown key `{}`; known are {DEFAULT_PROFILE} and [{PROFILES}.NAME]",
                        inert(name)
                    );
                    return Err(reader.failure(span_of_key(table, name), problem));
                }
            }
        }
        Ok(file)
    }

    /// The problem of a profile that is missing.
    pub(crate) fn no_such_profile<'a>(
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> String {
        let name = inert(name);
        let known: Vec<_> = known.into_iter().map(inert).collect();
        match known.as_slice() {
            [] => format!("there is no profile `{name}`, nor any other"),
            known => format!(
                "there is no profile `{name}`; there are: {}",
                known.join(", ")
            ),
        }
    }
}

/// Reads a file, and reports where it is wrong.
struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
}

impl<'a> Reader<'a> {
    fn document(&self) -> Result<Document<&'a str>, Failure> {
        // Not the error's `Display`, which shows the line.
        Document::parse(self.text).map_err(|error| self.failure(error.span(), error.message()))
    }

    fn profile(&self, profile: &str, table: &dyn TableLike) -> Result<Profile, Failure> {
        let mut values = Profile::new();
        for (name, item) in table.iter() {
            let Some(setting) = Setting::named(name) else {
                let known: Vec<_> = Setting::all().map(Setting::name).collect();
                let known = known.join(", ");
                let problem = format_args!(
                    "profile {}: unknown setting `{}`; known are {known}",
                    inert(profile),
                    inert(name)
                );
                return Err(self.failure(span_of_key(table, name), problem));
            };
            values.insert(setting, self.text(name, item)?);
        }
        Ok(values)
    }

    fn text(&self, name: &str, item: &Item) -> Result<String, Failure> {
        let text = item.as_str().map(str::to_owned);
        let text = text.or_else(|| Some(item.as_integer()?.to_string()));
        let text = text.or_else(|| Some(item.as_bool()?.to_string()));
        text.ok_or_else(|| {
            let problem = format_args!(
                "{name} has to be a text, and is of type {}",
                item.type_name()
            );
            self.failure(item.span(), problem)
        })
    }

    fn table<'i>(&self, name: &str, item: &'i Item) -> Result<&'i dyn TableLike, Failure> {
        item.as_table_like().ok_or_else(|| {
            let problem = format_args!(
                "{name} has to be a table, and is of type {}",
                item.type_name()
            );
            self.failure(item.span(), problem)
        })
    }

    fn failure(&self, span: Option<Range<usize>>, problem: impl fmt::Display) -> Failure {
        let before = span.and_then(|span| self.text.get(..span.start));
        let before = before.unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        let path = inert::path(self.path);
        let problem = inert(&problem.to_string());
        Failure::configuration(format_args!("{path}:{line}:{column}: {problem}"))
    }
}

fn span_of_key(table: &dyn TableLike, name: &str) -> Option<Range<usize>> {
    table.key(name)?.span()
}

/// The text of a config file.
pub(crate) fn text(path: &Path) -> io::Result<String> {
    /// In bytes.
    const LONGEST: u64 = 1 << 20;

    let content = read_setting(path, LONGEST)?;
    String::from_utf8(content)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8"))
}

/// A config file that can't be read or written.
pub(crate) fn unusable(path: &Path, error: &io::Error) -> Failure {
    Failure::configuration(format_args!("{}: {error}", inert::path(path)))
}

/// The usual path of the config file. None if there is no home folder.
pub(super) fn default_path() -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;

    let places = etcetera::choose_base_strategy().ok()?;
    Some(places.config_dir().join("acquire").join("config.toml"))
}
