//! The client's own rules for the fields of a message. A value is checked as it is given, and never changed.

use email_address::{EmailAddress, Options};

use crate::fields::Additions;
use crate::json::Free;
use crate::problem::Problems;

impl Problems {
    /// An identifier: Acquire counts from 1.
    pub(crate) fn check_id(&mut self, field: &str, id: i64) {
        if id <= 0 {
            self.add(field, format!("is {id}; an ID is a positive number"));
        }
    }

    /// A text for people: anything but white space alone.
    pub(crate) fn check_text(&mut self, field: &str, text: &str) {
        if text.trim().is_empty() {
            self.add(field, "is empty");
        }
    }

    /// As [`check_text`](Self::check_text), where one is given.
    pub(crate) fn check_optional_text(&mut self, field: &str, text: &Option<String>) {
        if let Some(text) = text {
            self.check_text(field, text);
        }
    }

    /// Checks a value that must be there.
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

    /// A phone number in the shape of E.164. The pages show it with and without the plus.
    pub(crate) fn check_phone_number(&mut self, field: &str, number: &str) {
        let digits = number.strip_prefix('+').unwrap_or(number);
        let is_number =
            (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number {
            let problem = "is not a phone number: 7 to 15 digits with country and area code, a plus in front or not, \
                           and nothing else, such as +12513188609";
            self.add(field, problem);
        }
    }

    /// A bare e-mail address, without a name beside it.
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

    pub(crate) fn check_free(&mut self, field: &str, value: &Free) {
        if let Some(problem) = value.problem() {
            self.add(field, problem);
        }
    }

    pub(crate) fn check_additions(&mut self, additions: &Additions) {
        for (_, value) in additions.iter() {
            self.check_free("json", value);
        }
    }

    /// The names of what the client fills in, and whether the caller has set it.
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
                    self.add("without", format!("holds a name that is none of {known}"));
                }
            }
        }
    }
}

/// The rule that an address breaks.
fn mail_address(address: &str) -> Result<(), String> {
    // The crate lets a tab pass within quotes.
    if address.contains(char::is_control) {
        return Err("Invalid character".to_owned());
    }
    match EmailAddress::parse_with_options(address, Options::default().without_display_text()) {
        // The crate takes angle brackets behind an empty name.
        Ok(parsed) if parsed.email() != address => {
            Err("Display names are not supported".to_owned())
        }
        Ok(_) => Ok(()),
        // The crate's errors are whole sentences. They describe the rule and hold no part of the address.
        Err(error) => Err(error.to_string().trim_end_matches('.').to_owned()),
    }
}
