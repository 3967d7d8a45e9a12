//! The client's own rules for the fields of a message. A value is checked as it is given, and never changed.
//!
//! `docs/rules.md` lists the rules with their reasons. Each channel names the rules of its fields.

use acquire_io_api::Members;
use email_address::{EmailAddress, Options};
use serde_json::value::RawValue;

use crate::message::json::{Additions, Free, edit, items, steps};
use crate::problem::Problems;

/// How deep JSON of free form may be nested. serde_json and most other parsers have a limit near this by default.
const DEEPEST: usize = 100;

/// Required and optional fields.
impl Problems {
    pub(crate) fn check_required(
        &mut self,
        field: &str,
        value: &Option<String>,
        check: fn(&mut Self, &str, &str),
    ) {
        match value {
            Some(value) => check(self, field, value),
            None => self.missing(field),
        }
    }

    pub(crate) fn check_optional(
        &mut self,
        field: &str,
        value: &Option<String>,
        check: fn(&mut Self, &str, &str),
    ) {
        if let Some(value) = value {
            check(self, field, value);
        }
    }

    pub(crate) fn check_recipients(&mut self, field: &str, addresses: &[String]) {
        if addresses.is_empty() {
            self.missing(field);
        }
    }

    /// A chat message has exactly one of text, note and event.
    pub(crate) fn check_content(&mut self, contents: [(&str, &Option<String>); 3]) {
        let given = contents.iter().filter(|(_, content)| content.is_some());
        match given.count() {
            0 => self.add("text", "is required, or `note`, or `event`"),
            1 => {
                for (field, content) in contents {
                    self.check_optional(field, content, Self::check_text);
                }
            }
            _ => self.add(
                "text",
                "excludes `note` and `event`: a message is one of them",
            ),
        }
    }

    /// `filled_in` has what the client fills in, and whether the caller set a value for it.
    pub(crate) fn check_without(&mut self, without: &[String], filled_in: &[(&str, bool)]) {
        for name in without {
            match filled_in.iter().find(|(known, _)| known == name) {
                Some((_, false)) => {}
                Some((_, true)) => {
                    self.add("without", format!("names `{name}`, which has a value"));
                }
                None => {
                    let known: Vec<_> = filled_in.iter().map(|(name, _)| *name).collect();
                    let known = known.join(", ");
                    self.add("without", format!("has a name that is not one of {known}"));
                }
            }
        }
    }
}

/// Numbers and strings.
impl Problems {
    /// An ID: Acquire counts from 1.
    pub(crate) fn check_id(&mut self, field: &str, id: i64) {
        if id <= 0 {
            self.add(field, format!("is {id}; an ID is a positive number"));
        }
    }

    /// A text of any number of lines.
    pub(crate) fn check_text(&mut self, field: &str, text: &str) {
        self.check_visible(field, text);
        if text.contains('\0') {
            let problem = "holds a NUL character: is it a file in UTF-16, or no text at all?";
            self.add(field, problem);
        }
    }

    /// A name or another text of one line, not empty.
    pub(crate) fn check_name(&mut self, field: &str, name: &str) {
        self.check_visible(field, name);
        self.check_line(field, name);
    }

    /// A text of one line. It may be empty.
    pub(crate) fn check_line(&mut self, field: &str, text: &str) {
        if let Some(found) = control_character(text) {
            let what = field.replace('_', " ");
            let problem =
                format!("holds {found}: a {what} is one line, without control characters");
            self.add(field, problem);
        }
    }

    fn check_visible(&mut self, field: &str, text: &str) {
        if text.trim().is_empty() {
            self.add(field, "is empty");
        } else if text.chars().all(is_invisible) {
            self.add(field, "has no visible character");
        }
    }

    /// A phone number in the form of E.164, with or without the plus, as on Acquire's pages.
    pub(crate) fn check_phone_number(&mut self, field: &str, number: &str) {
        if let Err(rule) = phone_number(number) {
            let problem = format!("is not a phone number like +12513188609: {rule}");
            self.add(field, problem);
        }
    }

    /// A bare e-mail address in ASCII, without a display name.
    pub(crate) fn check_mail_address(&mut self, field: &str, address: &str) {
        if let Err(rule) = mail_address(address) {
            let problem = format!("is not an e-mail address like name@example.com: {rule}");
            self.add(field, problem);
        }
    }

    /// A language tag: well-formed by RFC 5646, such as `en` or `pt-BR`.
    pub(crate) fn check_language(&mut self, field: &str, tag: &str) {
        if let Err(error) = oxilangtag::LanguageTag::parse(tag) {
            let problem = format!("is not a language tag like en or pt-BR: {error}");
            self.add(field, problem);
        }
    }
}

/// JSON of free form.
impl Problems {
    pub(crate) fn check_free(&mut self, field: &str, value: &Free) {
        self.check_free_at(field, value, 1);
    }

    pub(crate) fn check_object(&mut self, field: &str, value: &Free) {
        self.check_free(field, value);
        if value
            .json()
            .is_some_and(|json| !json.get().starts_with('{'))
        {
            self.add(field, "is not a JSON object");
        }
    }

    pub(crate) fn check_additions(&mut self, additions: &Additions) {
        for (pointer, value) in additions.iter() {
            let depth = steps(pointer).map_or(0, |steps| steps.len());
            self.check_free_at("json", value, 1 + depth);
        }
    }

    /// Sets the values of `json` in a request's body. Adds a problem for each that has no place in it.
    pub(crate) fn place(&mut self, additions: &Additions, mut body: String) -> String {
        for (number, (pointer, value)) in (1..).zip(additions.iter()) {
            // A value that can't be written as JSON is reported by `check_additions`.
            let Some(value) = value.json() else { continue };
            match edit(&body, pointer, Some(value.get())) {
                Some(edited) => body = edited,
                None => self.add(
                    "json",
                    format!(
                        "has no place for value {number}: the last part of its pointer is a key, such as that of \
                         \"/message/priority\", and the object before it must be in the request's body"
                    ),
                ),
            }
        }
        body
    }

    fn check_free_at(&mut self, field: &str, value: &Free, depth: usize) {
        let problem = match value.json() {
            Some(json) => free(json.get(), depth).err(),
            None => Some("can't be written as JSON"),
        };
        if let Some(problem) = problem {
            self.add(field, problem);
        }
    }
}

/// A character that a single line must not have: a header line can't carry it, or would end there.
fn control_character(text: &str) -> Option<String> {
    let found = text
        .chars()
        .find(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))?;
    Some(match found {
        '\n'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => "a line break".to_owned(),
        other => format!("the control character U+{:04X}", u32::from(other)),
    })
}

/// White space, control characters, and characters without width: a file may have nothing but a byte order mark.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
        )
}

/// The rule that a phone number breaks.
fn phone_number(number: &str) -> Result<(), &'static str> {
    let digits = number.strip_prefix('+').unwrap_or(number);
    let is_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    Err(match digits.as_bytes() {
        [] => "it has no digits",
        _ if !is_digits && digits.chars().all(char::is_numeric) => "its digits are not 0 to 9",
        _ if !is_digits && digits.contains(|c: char| c.is_alphabetic()) => "it holds letters",
        _ if !is_digits => {
            "it holds other characters than digits: leave out spaces and punctuation"
        }
        [b'0', b'0', ..] => "it begins with 00: write + and the country code in place of them",
        [b'0', ..] => {
            "it begins with 0: write it in international form, with the country code in place of the 0"
        }
        digits if digits.len() < 7 => "it has fewer than 7 digits",
        digits if digits.len() > 15 => "it has more than 15 digits",
        _ => return Ok(()),
    })
}

/// The rule that an e-mail address breaks. Shows no part of the address.
fn mail_address(address: &str) -> Result<(), String> {
    // `email_address` accepts a tab within quotes.
    if let Some(found) = control_character(address) {
        return Err(format!("it holds {found}"));
    }
    match EmailAddress::parse_with_options(address, Options::default().without_display_text()) {
        // `email_address` accepts angle brackets with an empty display name.
        Ok(parsed) if parsed.email() != address => {
            Err("Display names are not supported".to_owned())
        }
        Ok(parsed) if !parsed.domain().is_ascii() => Err(
            "its domain is not ASCII: write the domain in its Punycode form, such as xn--mnchen-3ya.example for \
             münchen.example"
                .to_owned(),
        ),
        Ok(parsed) if !parsed.local_part().is_ascii() => Err(
            "the part before the @ is not ASCII, which needs SMTPUTF8, and no page says that Acquire has it: use \
             another address of the recipient"
                .to_owned(),
        ),
        Ok(_) => Ok(()),
        // These errors are sentences that describe the rule.
        Err(error) => Err(error.to_string().trim_end_matches('.').to_owned()),
    }
}

/// Refuses what parsers read differently or not at all: duplicate keys, lone surrogates, deep nesting. Numbers may have
/// any size.
fn free(json: &str, depth: usize) -> Result<(), &'static str> {
    const NO_UNICODE: &str = "has a text that is not Unicode: half of a surrogate pair";
    if depth > DEEPEST {
        return Err("is nested too deep: 100 levels at most");
    }
    match json.as_bytes().first() {
        Some(b'{') => {
            let members: Members<&RawValue> = serde_json::from_str(json).map_err(|_| NO_UNICODE)?;
            if members.repeated().next().is_some() {
                return Err("has an object with the same key twice");
            }
            let mut members = members.0.iter();
            members.try_for_each(|(_, value)| free(value.get(), depth + 1))
        }
        Some(b'[') => {
            let mut items = items(json).into_iter();
            items.try_for_each(|item| free(item.get(), depth + 1))
        }
        Some(b'"') => match serde_json::from_str::<String>(json) {
            Ok(_) => Ok(()),
            Err(_) => Err(NO_UNICODE),
        },
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicate_keys_and_deep_nesting_are_found_at_any_level() {
        assert_eq!(free(r#"{"a":[{"b":1e999,"c":{}}],"d":"e"}"#, 1), Ok(()));
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"[{"a":[[{"b":1,"\u0062":2}]]}]"#,
            r#"{"x":{"a":{},"b":2,"a":{}}}"#,
        ] {
            assert_eq!(free(text, 1), Err("has an object with the same key twice"));
        }
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert_eq!(free(&deep(100), 1), Ok(()));
        assert!(free(&deep(101), 1).is_err());
        assert!(free(&deep(100), 2).is_err());
    }
}
