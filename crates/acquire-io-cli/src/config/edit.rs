//! Changes to the config file. They keep comments, the order, and keys that this version doesn't know.

use std::io::ErrorKind;
use std::path::PathBuf;

use acquire_io_sandbox::cli::inert::{self, inert};
use toml_edit::{DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::locked_file::LockedFile;
use crate::exit::Failure;
use crate::settings::{
    ConfigFile, DEFAULT_PROFILE, PROFILES, Place, ProfileOptions, Setting, UNNAMED, text, unusable,
};

/// The longest name of a new profile, in characters.
const LONGEST_NAME: usize = 64;

pub(super) struct Editor {
    file: LockedFile,
    document: DocumentMut,
}

/// The path of the config file, whether it exists or not.
pub(super) fn path(place: &Place) -> Result<PathBuf, Failure> {
    match place.path()? {
        Some((path, _)) => Ok(path),
        None => Err(Failure::configuration(
            "there is no home folder for the config file: name one by --config or ACQUIRE_CONFIG",
        )),
    }
}

impl Editor {
    /// Reads and locks the file: no other process of this program changes it until the editor is dropped.
    pub(super) fn open(place: &Place) -> Result<Self, Failure> {
        let path = path(place)?;
        let file = LockedFile::lock(&path).map_err(|error| unusable(&path, &error))?;
        let text = match text(file.path()) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            read => read.map_err(|error| unusable(&path, &error))?,
        };
        let document = ConfigFile::to_edit(&path, &text)?;
        Ok(Self { file, document })
    }

    /// The profile to change.
    pub(super) fn profile(&self, options: &ProfileOptions) -> Result<String, Failure> {
        let asked = options.asked()?.map(|(name, _)| name);
        let default = self.document.get(DEFAULT_PROFILE).and_then(Item::as_str);
        let profile = asked.or_else(|| default.map(str::to_owned));
        Ok(profile.unwrap_or_else(|| UNNAMED.to_owned()))
    }

    /// Writes a setting. Removes its rival, and returns which one that was.
    pub(super) fn set(
        &mut self,
        profile: &str,
        setting: Setting,
        text: &str,
    ) -> Result<Option<Setting>, Failure> {
        if !self.has(profile) {
            check_name(profile)?;
        }
        let table = self.table(profile)?;
        let value = match setting {
            Setting::Attempts => text.parse::<i64>().map_or(text.into(), Value::from),
            Setting::RetryTooManyRequests => text.parse::<bool>().map_or(text.into(), Value::from),
            _ => text.into(),
        };
        put(table, &setting.name(), value);
        Ok(setting
            .rival()
            .filter(|rival| table.remove(&rival.name()).is_some()))
    }

    pub(super) fn has(&self, profile: &str) -> bool {
        self.profiles().contains(&profile)
    }

    /// The profile that is used when none is named, if there is one.
    pub(super) fn default(&self) -> Option<&str> {
        let named = self.document.get(DEFAULT_PROFILE).and_then(Item::as_str);
        named.or_else(|| self.has(UNNAMED).then_some(UNNAMED))
    }

    pub(super) fn unset(&mut self, profile: &str, setting: Setting) -> Result<(), Failure> {
        self.known(profile)?;
        self.table(profile)?.remove(&setting.name());
        Ok(())
    }

    pub(super) fn set_default(&mut self, profile: &str) -> Result<(), Failure> {
        self.known(profile)?;
        put(
            self.document.as_table_mut(),
            DEFAULT_PROFILE,
            profile.into(),
        );
        Ok(())
    }

    fn profiles(&self) -> Vec<&str> {
        let profiles = self.document.get(PROFILES).and_then(Item::as_table_like);
        let names = profiles.into_iter().flat_map(TableLike::iter);
        names.map(|(name, _)| name).collect()
    }

    fn known(&self, profile: &str) -> Result<(), Failure> {
        let known = self.profiles();
        if known.contains(&profile) {
            return Ok(());
        }
        Err(self.failure(ConfigFile::no_such_profile(profile, known)))
    }

    /// The table of a profile, which is made if it doesn't exist.
    fn table(&mut self, profile: &str) -> Result<&mut dyn TableLike, Failure> {
        let no_table = |name: &str| format!("{} has to be a table", inert(name));
        let errors = [no_table(PROFILES), no_table(profile)].map(|error| self.failure(error));
        let [no_profiles, no_profile] = errors;
        let mut profiles = Table::new();
        profiles.set_implicit(true);
        let profiles = self
            .document
            .entry(PROFILES)
            .or_insert(Item::Table(profiles));
        // An inline table contains inline tables only.
        let new = match profiles {
            Item::Value(_) => Item::Value(InlineTable::new().into()),
            _ => Item::Table(Table::new()),
        };
        let profiles = profiles.as_table_like_mut().ok_or(no_profiles)?;
        let profile = profiles.entry(profile).or_insert(new);
        profile.as_table_like_mut().ok_or(no_profile)
    }

    fn failure(&self, problem: String) -> Failure {
        let path = inert::path(self.file.path());
        Failure::configuration(format_args!("{path}: {problem}"))
    }

    pub(super) fn save(&self) -> Result<(), Failure> {
        let text = self.document.to_string();
        let written = self.file.replace(&text);
        written.map_err(|error| unusable(self.file.path(), &error))
    }
}

/// A name has to be easy to type, print and put in a variable.
pub(super) fn check_name(profile: &str) -> Result<(), Failure> {
    let problem = match profile {
        "" => "is empty",
        name if name.trim() != name => "begins or ends with a space",
        name if inert(name) != name => "has a character that can't be printed",
        name if name.chars().count() > LONGEST_NAME => "is longer than 64 characters",
        _ => return Ok(()),
    };
    Err(Failure::usage(format_args!(
        "the name of the new profile {problem}: give another name"
    )))
}

/// Keeps the comments around a value that it replaces.
fn put(table: &mut dyn TableLike, name: &str, mut value: Value) {
    match table.get_mut(name).and_then(Item::as_value_mut) {
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => {
            table.insert(name, Item::Value(value));
        }
    }
}
