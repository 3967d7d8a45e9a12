//! Makes a message of the values of a row: fills templates, rewrites phone numbers, and checks the result.

use std::borrow::Cow;
use std::sync::Arc;

use acquire_io::Channel;
use acquire_io::InvalidMessage;
use acquire_io_outbox::Entry;
use serde_json::value::{RawValue, to_raw_value};

use super::damage;
use super::fields::{Field, folded};
use super::layout::{FieldTemplate, Layout};
use super::phone::{self, Home};
use super::placeholders;
use super::row::{ERROR_COLUMN, Places, Remarks, Row};
use crate::batch::problems::{FieldProblem, Problem, RowError, Unit};
use crate::batch::read::json::Fields;
use crate::batch::read::table::CellKind;

/// A value of a row.
pub(crate) struct Given<'a> {
    /// The name of its column, or of its member in JSON.
    pub(crate) name: &'a str,
    /// The name, folded.
    pub(crate) folded: Cow<'a, str>,
    pub(crate) field: Option<&'static Field>,
    /// Whether a template uses it.
    pub(crate) is_variable: bool,
    /// None for a list or an object, which can't be a variable.
    pub(crate) text: Option<Cow<'a, str>>,
    pub(crate) kind: CellKind,
    /// The value of the message's field. None for a variable alone.
    pub(crate) json: Option<Box<RawValue>>,
    /// Its column, for people.
    pub(crate) place: Option<&'a str>,
}

/// A row before it is a message.
pub(crate) struct Draft<'a> {
    pub(crate) line: u64,
    pub(crate) given: Vec<Given<'a>>,
    pub(crate) places: Arc<Places>,
    /// Fields whose problem is reported already.
    pub(crate) settled: Vec<&'static str>,
    pub(crate) problems: Vec<FieldProblem>,
}

/// Fields of an SMS that are phone numbers.
const PHONES: [&str; 2] = ["from", "to"];
/// The longest `key` of a row, in bytes: an outbox's key has 200, and ours has a few more characters.
const LONGEST_KEY: usize = 180;
/// Fields without a text of the message: a wrong value of these may be shown.
const SHOWN: [&str; 12] = [
    "channel",
    "case",
    "contact",
    "timeline",
    "sender",
    "from",
    "to",
    "cc",
    "bcc",
    "closed",
    "not_before",
    "not_after",
];
/// Fields with texts for people.
const TEXTS: [&str; 6] = ["text", "html", "subject", "note", "event", "title"];

impl Draft<'_> {
    /// `source` has the fields as they were read.
    pub(crate) fn row(mut self, source: &Fields, layout: &Layout) -> Result<Row, RowError> {
        let mut remarks = Remarks::default();
        self.find_damage();
        let mut message = self.fields(layout);
        let channel = message.value("channel");
        let channel = channel.and_then(|channel| serde_json::from_str(channel).ok());
        if channel == Some(Channel::Sms) {
            self.read_phones(layout.home, &mut message, &mut remarks);
        }
        for template in &layout.templates {
            if channel.is_none_or(|channel| template.is_for(channel)) {
                self.render(template, &mut message);
            }
        }
        self.look_for_placeholders(&message, &mut remarks);
        self.finish(source.clone(), &message, remarks)
    }

    /// Checks the message by the rules of the client.
    fn finish(
        mut self,
        mut source: Fields,
        message: &Fields,
        remarks: Remarks,
    ) -> Result<Row, RowError> {
        let key = key(message);
        let rest = message.0.iter();
        let rest = rest.filter(|(name, _)| name != "key" && name != ERROR_COLUMN);
        let json = serde_json::to_string(&Fields(rest.cloned().collect()));
        let json = json.map_err(|error| RowError::new(self.line, error.to_string()))?;
        let entry = Entry::from_json(&json).and_then(|entry| entry.check().map(|()| entry));
        match (key, entry) {
            (Ok(key), Ok(entry)) if self.problems.is_empty() => {
                source.0.retain(|(name, _)| name != ERROR_COLUMN);
                Ok(Row {
                    line: self.line,
                    unit: Unit::Line,
                    key,
                    entry,
                    fields: source,
                    remarks,
                })
            }
            (key, entry) => {
                if let Err(problem) = key {
                    let place = self.places.get("key");
                    self.problems.push(FieldProblem::new(problem, place, None));
                }
                if let Err(invalid) = entry {
                    self.add_invalid(&invalid, message);
                }
                Err(RowError {
                    line: self.line,
                    key: key.unwrap_or_default(),
                    problem: Problem::Fields(self.problems),
                })
            }
        }
    }

    /// Adds what the client would refuse, unless it is reported already.
    fn add_invalid(&mut self, invalid: &InvalidMessage, message: &Fields) {
        for problem in invalid.problems() {
            let name = problem.field();
            if !self.settled.contains(&name) {
                let place = self.places.get(name);
                let value = message.value(name).filter(|_| SHOWN.contains(&name));
                let problem = FieldProblem::new(problem.to_string(), place, value);
                self.problems.push(problem);
            }
        }
    }

    /// Finds values that a spreadsheet has damaged, among those that are used.
    fn find_damage(&mut self) {
        for given in &self.given {
            if given.field.is_none() && !given.is_variable {
                continue;
            }
            let is_phone = given.field.is_some_and(|field| is_phone(field.name));
            let text = given.text.as_deref().unwrap_or_default();
            let damage = match given.kind {
                CellKind::Error => Some(damage::ERROR),
                CellKind::Date if is_phone => Some(damage::DATE),
                // `phone::read` reports more about a phone number.
                _ if is_phone => None,
                _ => damage::of_value(text),
            };
            let Some(damage) = damage else {
                continue;
            };
            self.settled.extend(given.field.map(|field| field.name));
            let name = given.field.map_or(given.name, |field| field.name);
            let problem = format!("`{name}` {damage}");
            let problem = FieldProblem::new(problem, given.place, Some(text.trim()));
            self.problems.push(problem);
        }
    }

    /// The fields of the message, without those that templates fill.
    fn fields(&mut self, layout: &Layout) -> Fields {
        let mut fields = Vec::new();
        for given in &mut self.given {
            if let Some(json) = given.json.take() {
                let name = given.field.map_or(given.name, |field| field.name);
                fields.push((name.to_owned(), json));
            }
        }
        for (field, value) in &layout.set {
            let name = field.name;
            let is_given =
                |(other, value): &(String, Box<RawValue>)| other == name && value.get() != "null";
            if fields.iter().any(is_given) {
                let problem = format!("`{name}` is given by the row, and by --set");
                let place = self.places.get(name);
                self.problems.push(FieldProblem::new(problem, place, None));
            } else {
                fields.push((name.to_owned(), value.clone()));
            }
        }
        Fields(fields)
    }

    fn read_phones(&mut self, mut home: Home, message: &mut Fields, remarks: &mut Remarks) {
        let sender = text(message, "from");
        home.sender = home
            .sender
            .or_else(|| sender.as_deref().and_then(phone::country));
        for (name, value) in &mut message.0 {
            if !is_phone(name) || self.settled.contains(&name.as_str()) {
                continue;
            }
            let Ok(text) = serde_json::from_str::<String>(value.get()) else {
                continue;
            };
            let place = self.places.get(name);
            match phone::read(&text, home) {
                Ok(phone) => {
                    if phone.is_unlisted {
                        let problem = format!("`{name}` is in no known numbering plan");
                        let warning = FieldProblem::new(problem, place, Some(&text));
                        remarks.warnings.push(warning);
                    }
                    if phone.number != text
                        && let Ok(number) = to_raw_value(&phone.number)
                    {
                        *value = number;
                        remarks.rewritten.push((text, phone.number));
                    }
                }
                Err(problem) => {
                    self.settled
                        .extend(PHONES.iter().filter(|phone| *phone == name));
                    let problem = format!("`{name}` {problem}");
                    let problem = FieldProblem::new(problem, place, Some(&text));
                    self.problems.push(problem);
                }
            }
        }
    }

    fn render(&mut self, of_field: &FieldTemplate, message: &mut Fields) {
        let FieldTemplate {
            field, template, ..
        } = of_field;
        if self.settled.contains(field) {
            return;
        }
        let is_given = message.value(field).is_some_and(|value| value != "null");
        if is_given {
            self.settled.push(field);
            let problem = format!("`{field}` is given by the row, and by {}", of_field.name());
            let place = self.places.get(field);
            self.problems.push(FieldProblem::new(problem, place, None));
            return;
        }
        let rendered = template.render(|variable| {
            let variable = folded(variable);
            let mut given = self.given.iter();
            given
                .find(|given| given.is_variable && given.folded == variable)
                .and_then(|given| given.text.as_deref())
        });
        match rendered.map(|text| to_raw_value(&text)) {
            Ok(Ok(text)) => {
                message.0.retain(|(name, _)| name != field);
                message.0.push(((*field).to_owned(), text));
            }
            Ok(Err(_)) => {}
            Err(error) => {
                self.settled.push(field);
                let place = self.place_of(error.variable());
                let problem = error.with_name(&of_field.name());
                let problem = FieldProblem::new(problem, place, None);
                self.problems.push(problem);
            }
        }
    }

    /// The column of a variable.
    fn place_of(&self, variable: Option<&str>) -> Option<&str> {
        let variable = folded(variable?);
        let mut given = self.given.iter();
        given.find(|given| given.folded == variable)?.place
    }

    fn look_for_placeholders(&self, message: &Fields, remarks: &mut Remarks) {
        for name in TEXTS {
            let Some(text) = text(message, name) else {
                continue;
            };
            if let Some(found) = placeholders::find(&text, name == "html") {
                let problem = format!(
                    "`{name}` contains {}, which is sent unchanged: a column is {{{{ name }}}} in a --template",
                    found.kind
                );
                let place = self.places.get(name);
                let warning = FieldProblem::new(problem, place, Some(found.text));
                remarks.warnings.push(warning);
            }
        }
    }
}

fn key(fields: &Fields) -> Result<Option<String>, &'static str> {
    let mut keys = fields.0.iter().filter(|(name, _)| name == "key");
    match (keys.next(), keys.next()) {
        (None, _) => Ok(None),
        (Some((_, key)), None) => match serde_json::from_str::<String>(key.get()) {
            Ok(key) if key.len() > LONGEST_KEY => Err("`key` is longer than 180 bytes"),
            Ok(key) if key.contains('\0') => Err("`key` contains a null character"),
            Ok(key) if !key.is_empty() => Ok(Some(key)),
            _ => Err("`key` is not a text, or is empty"),
        },
        _ => Err("`key` is given twice"),
    }
}

fn is_phone(name: &str) -> bool {
    PHONES.contains(&name)
}

/// A row that is a JSON object.
pub(crate) fn object(line: u64, source: Fields, layout: &Layout) -> Result<Row, RowError> {
    let given = source.0.iter().filter(|(_, value)| value.get() != "null");
    let given = given.filter_map(|(name, value)| {
        let field = layout.field(name);
        let is_variable = layout.is_variable(name);
        let is_left_out = layout.mapped(name).is_some() || layout.ignores_rest || is_variable;
        if field.is_none() && is_left_out && !is_variable {
            return None;
        }
        Some(Given {
            name,
            folded: match is_variable {
                true => folded(name).into(),
                false => Cow::Borrowed(name),
            },
            field,
            is_variable,
            text: single(value),
            kind: CellKind::Text,
            // The client refuses a member that is not a field.
            json: (field.is_some() || !is_left_out).then(|| value.clone()),
            place: None,
        })
    });
    let given = given.collect();
    let draft = Draft {
        line,
        places: Arc::default(),
        given,
        settled: Vec::new(),
        problems: Vec::new(),
    };
    draft.row(&source, layout)
}

/// A text, a number, true or false, as a text.
fn single(value: &RawValue) -> Option<Cow<'_, str>> {
    let json = value.get();
    match json.as_bytes().first()? {
        b'"' => serde_json::from_str::<String>(json).ok().map(Cow::Owned),
        b'[' | b'{' => None,
        _ => Some(Cow::Borrowed(json)),
    }
}

fn text(fields: &Fields, name: &str) -> Option<String> {
    serde_json::from_str(fields.value(name)?).ok()
}
