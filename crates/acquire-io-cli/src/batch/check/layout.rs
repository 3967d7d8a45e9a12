//! The options about columns and texts: `--map`, `--set`, templates, `--default-country`.

use std::collections::HashSet;
use std::path::Path;

use acquire_io::Channel;
use acquire_io_sandbox::cli::inert::inert;
use clap::Args;
use serde_json::value::RawValue;

use super::damage;
use super::fields::{self, Field, folded, named, nearest};
use super::phone::{self, Country, Home};
use super::row::ERROR_COLUMN;
use super::template::{Kind, Template};
use crate::exit::Failure;
use crate::input::read_text;

const HEADING: &str = "Columns and texts";

/// The options as they are given.
#[derive(Args)]
#[group(skip)]
pub(crate) struct Options {
    /// Use a column as a field: `--map Phone=to`. With `--map Text=` the column is no field. Can be given several times
    #[arg(long, help_heading = HEADING, value_name = "COLUMN=FIELD")]
    map: Vec<String>,
    /// Give a field the same value in all rows: `--set channel=sms`. Can be given several times
    #[arg(long, help_heading = HEADING, value_name = "FIELD=VALUE", allow_hyphen_values = true)]
    set: Vec<String>,
    /// Ignore columns that are not fields and that no template uses
    #[arg(long, help_heading = HEADING)]
    ignore_columns: bool,
    /// The text of each message: a file, or a text that contains a `{{ column }}`
    #[arg(long, help_heading = HEADING, value_name = "FILE|TEXT", allow_hyphen_values = true)]
    template: Option<String>,
    /// The HTML of each e-mail: a file, or a text. Values are escaped
    #[arg(long, help_heading = HEADING, value_name = "FILE|TEXT", allow_hyphen_values = true)]
    html_template: Option<String>,
    /// The subject of each e-mail: a file, or a text
    #[arg(long, help_heading = HEADING, value_name = "FILE|TEXT", allow_hyphen_values = true)]
    subject_template: Option<String>,
    /// The country of phone numbers that have no country code: GB, DE, US ...
    #[arg(long, help_heading = HEADING, value_name = "COUNTRY")]
    default_country: Option<Country>,
}

impl Options {
    pub(crate) fn default_country(&self) -> Option<Country> {
        self.default_country
    }
}

/// The options, checked.
#[derive(Default)]
pub(crate) struct Layout {
    map: Vec<Mapped>,
    pub(crate) set: Vec<(&'static Field, Box<RawValue>)>,
    pub(crate) ignores_rest: bool,
    pub(crate) templates: Vec<FieldTemplate>,
    /// The variables of all templates, folded.
    variables: HashSet<String>,
    pub(crate) home: Home,
    /// Phone numbers of `--set` that were rewritten: field, before and after.
    pub(crate) rewritten: Vec<(&'static str, String, String)>,
}

struct Mapped {
    column: String,
    field: Option<&'static Field>,
}

/// A template, and the field that it fills.
pub(crate) struct FieldTemplate {
    pub(crate) field: &'static str,
    option: &'static str,
    /// The name of the file. None for a text.
    file: Option<String>,
    pub(crate) template: Template,
}

impl FieldTemplate {
    pub(crate) fn is_for(&self, channel: Channel) -> bool {
        self.field == "text" || channel == Channel::Mail
    }

    /// Its name for people.
    pub(crate) fn name(&self) -> String {
        match &self.file {
            Some(file) => format!("{} {}", self.option, inert(file)),
            None => self.option.to_owned(),
        }
    }
}

impl Layout {
    pub(crate) fn new(options: &Options) -> Result<Self, Failure> {
        let mut layout = Self {
            ignores_rest: options.ignore_columns,
            home: Home {
                default: options.default_country,
                sender: None,
            },
            ..Self::default()
        };
        for map in &options.map {
            layout.add_map(map)?;
        }
        for (option, field, kind, source) in [
            ("--template", "text", Kind::Text, &options.template),
            (
                "--html-template",
                "html",
                Kind::Html,
                &options.html_template,
            ),
            (
                "--subject-template",
                "subject",
                Kind::Text,
                &options.subject_template,
            ),
        ] {
            if let Some(source) = source {
                layout
                    .templates
                    .push(template(option, field, kind, source)?);
            }
        }
        let templates = layout.templates.iter();
        let variables = templates.flat_map(|of_field| of_field.template.variables());
        layout.variables = variables.map(|variable| folded(variable)).collect();
        for set in &options.set {
            layout.add_set(set)?;
        }
        layout.check_templates()?;
        layout.read_phones()?;
        Ok(layout)
    }

    /// # Errors
    /// When a template is for e-mails, and no row can be one.
    fn check_templates(&self) -> Result<(), Failure> {
        let channel = self.set_text("channel");
        let channel = channel.filter(|channel| channel != "mail");
        let mut templates = self.templates.iter();
        let of_mail = templates.find(|of_field| !of_field.is_for(Channel::Sms));
        match (channel, of_mail) {
            (Some(channel), Some(of_field)) => Err(Failure::usage(format_args!(
                "{} is for e-mails, and --set channel={} leaves none",
                of_field.option,
                inert(&channel)
            ))),
            _ => Ok(()),
        }
    }

    fn add_map(&mut self, map: &str) -> Result<(), Failure> {
        let parts = map.rsplit_once('=');
        let Some((column, field)) = parts.filter(|(column, _)| !column.trim().is_empty()) else {
            return Err(Failure::usage(format_args!(
                "--map {}: write COLUMN=FIELD",
                inert(map)
            )));
        };
        let field = match field.trim() {
            "" => None,
            field => Some(known_field("--map", field)?),
        };
        let is_again = |mapped: &Mapped| {
            folded(&mapped.column) == folded(column) || field.is_some() && mapped.field == field
        };
        if self.map.iter().any(is_again) {
            return Err(Failure::usage(format_args!(
                "--map {}: its column or its field is mapped twice",
                inert(map)
            )));
        }
        self.map.push(Mapped {
            column: column.trim().to_owned(),
            field,
        });
        Ok(())
    }

    fn add_set(&mut self, set: &str) -> Result<(), Failure> {
        let Some((field, value)) = set.split_once('=') else {
            return Err(Failure::usage("--set: write FIELD=VALUE"));
        };
        let field = known_field("--set", field)?;
        let name = field.name;
        let problem = if name == "key" {
            Some("it identifies a row, so it can't be the same in all")
        } else if value.is_empty() {
            Some("it has no value")
        } else if self.set.iter().any(|(other, _)| *other == field) {
            Some("it is set twice")
        } else if self.map.iter().any(|mapped| mapped.field == Some(field)) {
            Some("--map has a column for it")
        } else if self.templates.iter().any(|template| template.field == name) {
            Some("a template fills it")
        } else {
            None
        };
        if let Some(problem) = problem {
            return Err(Failure::usage(format_args!("--set {name}: {problem}")));
        }
        let value = field
            .value(value)
            .map_err(|_| Failure::usage(format_args!("--set {name}: it is not JSON")))?;
        self.set.push((field, value));
        Ok(())
    }

    /// Rewrites the phone numbers of `--set`, if all rows are SMS.
    fn read_phones(&mut self) -> Result<(), Failure> {
        let is_sms = self.set_text("channel").as_deref() == Some("sms");
        for (field, value) in &mut self.set {
            let is_phone = ["from", "to"].contains(&field.name);
            let Ok(text) = serde_json::from_str::<String>(value.get()) else {
                continue;
            };
            if is_phone && is_sms {
                let phone = phone::read(&text, self.home).map_err(|problem| {
                    Failure::usage(format_args!("--set {}: it {problem}", field.name))
                })?;
                if phone.number != text {
                    *value = field.value(&phone.number)?;
                    self.rewritten.push((field.name, text, phone.number));
                }
            } else if let Some(damage) = damage::of_value(&text) {
                return Err(Failure::usage(format_args!(
                    "--set {}: it {damage}",
                    field.name
                )));
            }
        }
        self.home.sender = self.set_text("from").as_deref().and_then(phone::country);
        Ok(())
    }

    /// The text that `--set` gives a field.
    pub(crate) fn set_text(&self, name: &str) -> Option<String> {
        let (_, value) = self.set.iter().find(|(field, _)| field.name == name)?;
        serde_json::from_str(value.get()).ok()
    }

    /// What `--map` says about a column: a field, or that it is none. The outer None: nothing.
    pub(crate) fn mapped(&self, column: &str) -> Option<Option<&'static Field>> {
        let column = folded(column);
        let mut map = self.map.iter();
        map.find(|mapped| folded(&mapped.column) == column)
            .map(|mapped| mapped.field)
    }

    /// The columns that `--map` names.
    pub(crate) fn mapped_columns(&self) -> impl Iterator<Item = &str> {
        self.map.iter().map(|mapped| mapped.column.as_str())
    }

    /// The field of a column, by `--map` or else by its name.
    pub(crate) fn field(&self, column: &str) -> Option<&'static Field> {
        match self.mapped(column) {
            Some(field) => field,
            None => {
                let field = named(column)?;
                // Another column has the field.
                let is_taken = self.map.iter().any(|mapped| mapped.field == Some(field));
                let is_for_a_template = self.is_variable(column) && self.is_no_field(field);
                (!is_taken && !is_for_a_template).then_some(field)
            }
        }
    }

    /// Whether a column of this name can only be a variable: a template fills the field, or the channel doesn't have it.
    fn is_no_field(&self, field: &Field) -> bool {
        let is_filled = |of_field: &FieldTemplate| of_field.field == field.name;
        self.templates.iter().any(is_filled)
            || match self.set_text("channel").as_deref() {
                Some("chat") => ["html", "subject", "title", "note", "event"].contains(&field.name),
                Some("mail") => ["title", "note", "event"].contains(&field.name),
                Some("sms") => ["html", "subject", "note", "event"].contains(&field.name),
                _ => false,
            }
    }

    pub(crate) fn is_variable(&self, column: &str) -> bool {
        !self.variables.is_empty() && self.variables.contains(&folded(column))
    }
}

fn known_field(option: &str, name: &str) -> Result<&'static Field, Failure> {
    let field = named(name).filter(|field| field.name != ERROR_COLUMN);
    field.ok_or_else(|| {
        let suggestion =
            nearest(name).map_or_else(String::new, |name| format!(", did you mean {name}?"));
        Failure::usage(format_args!(
            "{option}: there is no field {}{suggestion} There are {}",
            inert(name),
            fields::listed()
        ))
    })
}

/// A template from a file, or from the text itself if it has a variable. Anything else is most likely a missing file.
fn template(
    option: &'static str,
    field: &'static str,
    kind: Kind,
    given: &str,
) -> Result<FieldTemplate, Failure> {
    let path = Path::new(given);
    let is_text = given.contains("{{") || given.contains("{%");
    // The system refuses a long text as a path.
    let exists = path.try_exists().unwrap_or_default();
    let (file, source) = match (exists, is_text) {
        (true, _) => {
            let text = read_text(path).map_err(|error| {
                Failure::usage(format_args!("{option} {}: {error}", inert(given)))
            })?;
            (Some(given.to_owned()), text)
        }
        (false, true) => (None, given.to_owned()),
        (false, false) => {
            return Err(Failure::usage(format_args!(
                "{option}: there is no file of that name, and as a text it has no {{{{ column }}}}. The same {field} for \
                 all rows is --set {field}=..."
            )));
        }
    };
    if source.trim().is_empty() {
        return Err(Failure::usage(format_args!("{option}: it is empty")));
    }
    let template = Template::new(&source, kind).map_err(|error| {
        let file = file
            .as_ref()
            .map_or_else(String::new, |file| format!(" {}", inert(file)));
        Failure::usage(inert(&format!("{option}{file}, {error}")))
    })?;
    Ok(FieldTemplate {
        field,
        option,
        file,
        template,
    })
}
