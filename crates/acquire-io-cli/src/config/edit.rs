//! Changes to the config file. Comments and order stay.

use std::fs::{self, DirBuilder};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use crate::exit::Failure;
use crate::settings::{
    ConfigFile, DEFAULT_PROFILE, PROFILES, Place, ProfileOptions, Setting, UNNAMED,
};

pub(super) struct Editor {
    path: PathBuf,
    document: DocumentMut,
    file: ConfigFile,
}

/// Where the config file is, or would be.
pub(super) fn path(place: &Place) -> Result<PathBuf, Failure> {
    match place.path()? {
        Some((path, _)) => Ok(path),
        None => Err(Failure::configuration(
            "there is no home folder, in which the config file would be: name it by ACQUIRE_CONFIG or --config",
        )),
    }
}

impl Editor {
    pub(super) fn open(place: &Place) -> Result<Self, Failure> {
        let path = path(place)?;
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read.map_err(|error| unusable(&path, &error))?,
        };
        let file = ConfigFile::parse(&path, &text)?;
        let document = text.parse().unwrap_or_default();
        Ok(Self {
            path,
            document,
            file,
        })
    }

    /// The profile to change.
    pub(super) fn profile(&self, options: &ProfileOptions) -> Result<String, Failure> {
        let asked = options.asked()?.map(|(name, _)| name);
        let profile = asked.or_else(|| self.file.default_profile.clone());
        Ok(profile.unwrap_or_else(|| UNNAMED.to_owned()))
    }

    /// Writes a setting. Removes its rival, where there is one, and returns the rival.
    pub(super) fn set(&mut self, profile: &str, setting: Setting, text: &str) -> Option<Setting> {
        let table = self.table(profile)?;
        let value = match setting {
            Setting::Attempts => text.parse::<i64>().map_or(text.into(), Value::from),
            Setting::RetryTooManyRequests => text.parse::<bool>().map_or(text.into(), Value::from),
            _ => text.into(),
        };
        put(table, setting.name(), value);
        let rival = setting.rival()?;
        table.remove(rival.name()).map(|_| rival)
    }

    pub(super) fn unset(&mut self, profile: &str, setting: Setting) -> Result<(), Failure> {
        self.known(profile)?;
        if let Some(table) = self.table(profile) {
            table.remove(setting.name());
        }
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

    fn known(&self, profile: &str) -> Result<(), Failure> {
        if self.file.profiles.contains_key(profile) {
            return Ok(());
        }
        let problem = self.file.no_such_profile(profile);
        let path = self.path.display();
        Err(Failure::configuration(format_args!("{path}: {problem}")))
    }

    /// Makes the profile if it's not there.
    fn table(&mut self, profile: &str) -> Option<&mut dyn TableLike> {
        let mut profiles = Table::new();
        profiles.set_implicit(true);
        self.document
            .entry(PROFILES)
            .or_insert(Item::Table(profiles))
            .as_table_like_mut()?
            .entry(profile)
            .or_insert(Item::Table(Table::new()))
            .as_table_like_mut()
    }

    /// Replaces the file at once, by one that only its owner can read.
    pub(super) fn save(&self) -> Result<(), Failure> {
        // A link stays a link.
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let text = self.document.to_string();
        write(&path, &text).map_err(|error| unusable(&path, &error))
    }
}

/// Keeps the comments around a value that is there.
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

fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    private_folder().create(folder)?;
    // Made with mode 0600.
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn private_folder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

fn unusable(path: &Path, error: &io::Error) -> Failure {
    Failure::configuration(format_args!("{}: {error}", path.display()))
}
