//! The fields of a row, and the field that the name of a column means.

use serde_json::Number;
use serde_json::value::{RawValue, to_raw_value};

use super::row::ERROR_COLUMN;

/// A field.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    form: Form,
}

/// The form of the value in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    /// One of a few words.
    Word,
    /// Texts separated by semicolons.
    List,
    /// A number, true or false.
    Scalar,
    Json,
    /// A text, or false.
    Lane,
}

const fn field(name: &'static str, form: Form) -> Field {
    Field { name, form }
}

const FIELDS: [Field; 33] = [
    field("channel", Form::Word),
    field("key", Form::Text),
    field("case", Form::Scalar),
    field("contact", Form::Scalar),
    field("timeline", Form::Scalar),
    field("text", Form::Text),
    field("note", Form::Text),
    field("event", Form::Text),
    field("html", Form::Text),
    field("sender", Form::Word),
    field("translate_lang_key", Form::Text),
    field("message_channel", Form::Text),
    field("mention", Form::List),
    field("meta", Form::Json),
    field("delay", Form::Scalar),
    field("from", Form::Text),
    field("to", Form::List),
    field("cc", Form::List),
    field("bcc", Form::List),
    field("subject", Form::Text),
    field("attachment", Form::Json),
    field("without", Form::List),
    field("title", Form::Text),
    field("message_type", Form::Text),
    field("closed", Form::Scalar),
    field("multi_channel", Form::Scalar),
    field("json", Form::Json),
    field("lane", Form::Lane),
    field("strict", Form::Scalar),
    field("priority", Form::Word),
    field("not_before", Form::Text),
    field("not_after", Form::Text),
    field(ERROR_COLUMN, Form::Text),
];

/// Fields, and names of columns that probably mean them.
const SUGGESTIONS: [(&str, &[&str]); 9] = [
    (
        "to",
        &[
            "phone",
            "mobile",
            "cell",
            "tel",
            "handy",
            "number",
            "nummer",
            "email",
            "mail",
            "recipient",
            "empfänger",
            "address",
            "whatsapp",
        ],
    ),
    ("from", &["absender", "senderid"]),
    (
        "text",
        &["message", "body", "sms", "nachricht", "content", "inhalt"],
    ),
    ("subject", &["betreff", "headline"]),
    ("case", &["ticket", "conversation", "fall", "vorgang"]),
    ("contact", &["customerid", "kontakt", "contactid"]),
    ("timeline", &["zeitachse"]),
    ("key", &["reference", "order", "kundennr", "id"]),
    ("channel", &["kanal", "type"]),
];

/// A name without case, spaces and punctuation, for comparisons.
pub(crate) fn folded(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    let folded: String = letters.flat_map(char::to_lowercase).collect();
    match folded.is_empty() {
        // `#`.
        true => name.trim().to_owned(),
        false => folded,
    }
}

/// The field with this name, folded.
pub(crate) fn named(name: &str) -> Option<&'static Field> {
    let name = folded(name);
    let mut fields = FIELDS.iter();
    fields.find(|field| {
        field
            .name
            .bytes()
            .filter(|byte| *byte != b'_')
            .eq(name.bytes())
    })
}

/// The field that a column most likely means, for a suggestion.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    let name = folded(name);
    let suggested = SUGGESTIONS.iter().find(|(_, words)| {
        words
            .iter()
            .any(|word| name == *word || word.len() > 2 && name.contains(word))
    });
    if let Some((field, _)) = suggested {
        return Some(field);
    }
    let names = FIELDS.iter().map(|field| field.name);
    nearest_of(&name, names.filter(|name| *name != ERROR_COLUMN))
}

/// The candidate that is most similar to a name, if one is similar enough.
pub(crate) fn nearest_of<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    /// 1 is the same.
    const LIKE: f64 = 0.85;

    let name = folded(name);
    let likeness = |candidate: &str| strsim::jaro_winkler(&name, &folded(candidate));
    let candidates = candidates.into_iter();
    let candidates = candidates.map(|candidate| (likeness(candidate), candidate));
    let best = candidates.max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.filter(|(likeness, _)| *likeness >= LIKE)
        .map(|(_, candidate)| candidate)
}

/// The names of all fields, for an error.
pub(crate) fn listed() -> String {
    let names = FIELDS.iter().map(|field| field.name);
    let names: Vec<_> = names.filter(|name| *name != ERROR_COLUMN).collect();
    names.join(", ")
}

impl Field {
    /// The value of a cell.
    ///
    /// # Errors
    /// When it should be JSON, and isn't.
    pub(crate) fn value(&self, cell: &str) -> serde_json::Result<Box<RawValue>> {
        match self.form {
            Form::List if cell.contains(';') => {
                to_raw_value(&cell.split(';').map(str::trim).collect::<Vec<_>>())
            }
            Form::List => to_raw_value(cell.trim()),
            Form::Text => to_raw_value(cell),
            Form::Word => to_raw_value(&cell.trim().to_lowercase()),
            Form::Lane if cell.trim().eq_ignore_ascii_case("false") => to_raw_value(&false),
            Form::Lane => to_raw_value(cell),
            // Spreadsheets write TRUE.
            Form::Scalar => match cell.trim().to_ascii_lowercase().as_str() {
                "true" => to_raw_value(&true),
                "false" => to_raw_value(&false),
                // Anything else stays a text, for the client's error about the type.
                number => match number.parse::<Number>() {
                    Ok(number) => to_raw_value(&number),
                    Err(_) => to_raw_value(cell),
                },
            },
            Form::Json => RawValue::from_string(cell.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_a_field_whatever_its_case_and_spaces() {
        for (column, field) in [
            ("to", "to"),
            ("To", "to"),
            (" Not Before ", "not_before"),
            ("not-before", "not_before"),
            ("NotBefore", "not_before"),
            ("MESSAGE_TYPE", "message_type"),
            ("messagetype", "message_type"),
        ] {
            assert_eq!(named(column).unwrap().name, field, "{column}");
        }
        for column in ["", "#", "Phone", "too", "text2"] {
            assert_eq!(named(column), None, "{column}");
        }
    }

    #[test]
    fn the_nearest_field_is_suggested() {
        for (column, field) in [
            ("Phone", Some("to")),
            ("Mobile number", Some("to")),
            ("Telefon", Some("to")),
            ("E-Mail", Some("to")),
            ("Nachricht", Some("text")),
            ("Betreff", Some("subject")),
            ("Ticket-ID", Some("case")),
            ("Txt", Some("text")),
            ("chanel", Some("channel")),
            ("Name", None),
            ("Firma", None),
            ("Straße", None),
        ] {
            assert_eq!(nearest(column), field, "{column}");
        }
    }

    #[test]
    fn the_names_of_fields_differ_as_they_are_compared() {
        let mut names: Vec<_> = FIELDS.iter().map(|field| folded(field.name)).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FIELDS.len());
    }
}
