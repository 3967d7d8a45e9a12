//! The header of a table: the meaning of its columns, and what is wrong with them.

use std::collections::HashSet;
use std::sync::Arc;

use super::fields::{self, Field, folded, named, nearest, nearest_of};
use super::layout::Layout;
use super::row::Places;
use crate::batch::problems::FieldProblem;
use crate::batch::read::table::{Record, letters};

/// The meaning of the columns.
pub(crate) struct Header {
    pub(crate) columns: Vec<Column>,
    pub(crate) places: Arc<Places>,
    /// Fields whose problem is reported with the header.
    pub(crate) settled: Vec<&'static str>,
}

pub(crate) struct Column {
    /// As the spreadsheet writes it.
    pub(crate) name: String,
    pub(crate) folded: String,
    /// The field by its name, whatever the options: options don't change the identity of a row.
    pub(crate) by_name: Option<&'static Field>,
    pub(crate) field: Option<&'static Field>,
    pub(crate) is_variable: bool,
    /// `column C (Phone)`.
    pub(crate) place: String,
}

/// Reads the header. None if no cell of it names a column.
pub(crate) fn header(record: &Record, layout: &Layout) -> (Option<Header>, Vec<FieldProblem>) {
    let columns = record.cells.iter().enumerate().map(|(place, cell)| {
        let name = cell.text.trim().to_owned();
        let field = layout.field(&name);
        let shown = match field {
            Some(field) if field.name == name => String::new(),
            _ if name.is_empty() => String::new(),
            _ => format!(" ({name})"),
        };
        Column {
            folded: folded(&name),
            by_name: named(&name),
            field,
            is_variable: layout.is_variable(&name),
            place: format!("column {}{shown}", letters(place)),
            name,
        }
    });
    let columns: Vec<_> = columns.collect();
    let is_of_use = |column: &Column| column.field.is_some() || column.is_variable;
    let names_something =
        |column: &Column| is_of_use(column) || layout.mapped(&column.name).is_some();
    if !columns.iter().any(names_something) && columns.iter().any(|column| is_data(&column.name)) {
        // It may be a message, which isn't printed.
        let problem = format!(
            "the first row looks like data, since no cell of it names a column: add a header above the rows, with names such as {}",
            fields::listed()
        );
        return (None, vec![plain(problem)]);
    }
    let mut header = Header {
        places: Arc::new(places(&columns)),
        columns,
        settled: Vec::new(),
    };
    let mut problems = Vec::new();
    problems.extend(header.missing_mapped(layout));
    problems.extend(header.unknown(layout));
    problems.extend(header.twice());
    problems.extend(header.given_twice(layout));
    header.unknown_variables(layout, &mut problems);
    header.missing(layout, &mut problems);
    (Some(header), problems)
}

fn places(columns: &[Column]) -> Places {
    let columns = columns.iter();
    let columns =
        columns.filter_map(|column| Some((column.field?.name.to_owned(), column.place.clone())));
    Places(columns.collect())
}

fn plain(problem: String) -> FieldProblem {
    FieldProblem::new(problem, None, None)
}

/// Whether the name of a column looks like a value.
fn is_data(name: &str) -> bool {
    /// In characters.
    const LONGEST: usize = 60;

    let digits = name.chars().filter(char::is_ascii_digit).count();
    name.chars().count() > LONGEST
        || name.contains(['@', '{', '\n'])
        || digits > 3
        || digits > 0 && !name.contains(char::is_alphabetic)
}

impl Header {
    fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.columns.iter().map(|column| column.name.as_str());
        names.filter(|name| !name.is_empty())
    }

    /// Columns that `--map` names and the file doesn't have.
    fn missing_mapped(&self, layout: &Layout) -> Option<FieldProblem> {
        let is_there = |mapped: &str| self.names().any(|name| folded(name) == folded(mapped));
        let missing: Vec<_> = layout
            .mapped_columns()
            .filter(|mapped| !is_there(mapped))
            .collect();
        if missing.is_empty() {
            return None;
        }
        Some(plain(format!(
            "--map names columns that the file doesn't have: {}. It has {}",
            quoted(missing),
            quoted(self.names())
        )))
    }

    /// Columns that nothing uses.
    fn unknown(&self, layout: &Layout) -> Option<FieldProblem> {
        if layout.ignores_rest {
            return None;
        }
        let unknown = self.columns.iter().filter(|column| {
            let is_used = column.field.is_some() || column.is_variable;
            !is_used && !column.name.is_empty() && layout.mapped(&column.name).is_none()
        });
        let unknown: Vec<_> = unknown
            .map(|Column { name, .. }| {
                let field = nearest(name).filter(|field| !self.has(field, layout));
                match field {
                    Some(field) => format!("`{name}` (--map \"{name}={field}\"?)"),
                    None => format!("`{name}`"),
                }
            })
            .collect();
        let (columns, are) = match unknown.len() {
            0 => return None,
            1 => ("column", "is"),
            _ => ("columns", "are"),
        };
        Some(plain(format!(
            "{} {columns} {are} neither a field nor used by a template: {}. Name the field with --map COLUMN=FIELD, or use \
             --ignore-columns. The fields are {}",
            unknown.len(),
            unknown.join(", "),
            fields::listed()
        )))
    }

    /// Whether a column, `--set` or a template gives the field.
    fn has(&self, field: &str, layout: &Layout) -> bool {
        let is = |other: Option<&'static Field>| other.is_some_and(|other| other.name == field);
        self.columns.iter().any(|column| is(column.field))
            || layout.set.iter().any(|(set, _)| set.name == field)
            || layout
                .templates
                .iter()
                .any(|template| template.field == field)
    }

    /// Fields and variables with two columns.
    fn twice(&mut self) -> Vec<FieldProblem> {
        let mut seen = HashSet::new();
        let mut twice = Vec::new();
        for column in &self.columns {
            let name = match column.field {
                Some(field) => field.name.to_owned(),
                None if column.is_variable => folded(&column.name),
                None => continue,
            };
            if !seen.insert(name.clone()) {
                self.settled.extend(column.field.map(|field| field.name));
                twice.push(name);
            }
        }
        twice.dedup();
        let twice = twice.into_iter();
        twice
            .map(|name| plain(format!("two columns are called `{name}`")))
            .collect()
    }

    /// Fields that both a column and an option give.
    fn given_twice(&mut self, layout: &Layout) -> Vec<FieldProblem> {
        let mut problems = Vec::new();
        for column in &mut self.columns {
            let Some(field) = column.field else {
                continue;
            };
            let is_set = layout.set.iter().any(|(set, _)| *set == field);
            let mut templates = layout.templates.iter();
            let template = templates.find(|template| template.field == field.name);
            let other = match (is_set, template) {
                (true, _) => format!("--set {}", field.name),
                (false, Some(template)) => template.name(),
                (false, None) => continue,
            };
            let problem = format!(
                "`{0}` is given by the column, and by {other}: use one of them; --map \"{1}=\" ignores the column",
                field.name, column.name
            );
            problems.push(FieldProblem::new(problem, Some(&column.place), None));
            column.field = None;
        }
        problems
    }

    /// Variables of templates without a column.
    fn unknown_variables(&mut self, layout: &Layout, problems: &mut Vec<FieldProblem>) {
        for of_field in &layout.templates {
            let template = &of_field.template;
            for variable in template.variables() {
                if self.names().any(|name| folded(name) == folded(variable)) {
                    continue;
                }
                let suggestion = match nearest_of(variable, self.names()) {
                    Some(name) => format!("did you mean {{{{ {} }}}}?", as_variable(name)),
                    None => {
                        let names: Vec<_> = self.names().map(as_variable).collect();
                        format!("there are {}", names.join(", "))
                    }
                };
                let line = template.line_of(variable).unwrap_or(1);
                problems.push(plain(format!(
                    "no column is called `{variable}`, {suggestion} ({}, line {line})",
                    of_field.name()
                )));
                self.settled.push(of_field.field);
            }
        }
    }

    /// Fields that every message needs and nothing gives.
    fn missing(&mut self, layout: &Layout, problems: &mut Vec<FieldProblem>) {
        let channel = layout.set_text("channel");
        let (what, needed): (_, &[&'static str]) = match channel.as_deref() {
            Some("chat") => ("a chat message", &["case"]),
            Some("mail") => (
                "an e-mail",
                &["case", "contact", "from", "to", "subject", "html"],
            ),
            Some("sms") => (
                "an SMS",
                &["case", "contact", "timeline", "from", "to", "text"],
            ),
            _ => ("a message", &["channel", "case"]),
        };
        let missing: Vec<_> = needed
            .iter()
            .copied()
            .filter(|field| !self.has(field, layout))
            .collect();
        if missing.is_empty() {
            return;
        }
        let mut problem = format!(
            "no column gives {}, which {what} needs: add it to the file, or use --map COLUMN=FIELD, or --set FIELD=VALUE for \
             the same in all rows",
            quoted(missing.iter().copied())
        );
        if missing.contains(&"case") {
            problem.push_str(". A message goes into a case, a conversation with the contact: `case` is its ID in Acquire");
        }
        if missing.contains(&"html") {
            problem.push_str(". --html-template makes the HTML");
        } else if missing.contains(&"text") {
            problem.push_str(". --template makes the text");
        }
        if missing.contains(&"channel") {
            problem.push_str(". For example --set channel=sms; there are chat, mail and sms");
        }
        problems.push(plain(problem));
        self.settled.extend(missing);
    }
}

fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// `first_name` for `First name`.
fn as_variable(name: &str) -> String {
    let parts = name.split(|c: char| !c.is_alphanumeric());
    let parts: Vec<_> = parts
        .filter(|part| !part.is_empty())
        .map(str::to_lowercase)
        .collect();
    let name = parts.join("_");
    match name.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("_{name}"),
        false => name,
    }
}
