//! The rules for what callers give, checked before the wire. Nothing is changed silently.

use email_address::{EmailAddress, Options};

use crate::error::InputError;

/// The value that a method sets, or an error that names the method.
pub(crate) fn required<'a>(
    field: &'static str,
    value: &'a Option<String>,
) -> Result<&'a str, InputError> {
    value.as_deref().ok_or_else(|| InputError::missing(field))
}

/// An identifier: Acquire counts from 1.
pub(crate) fn id(field: &'static str, id: i64) -> Result<(), InputError> {
    if id > 0 {
        return Ok(());
    }
    Err(InputError::new(
        field,
        format!("is {id}; an ID is a positive number"),
    ))
}

/// A text for people: anything but white space alone.
pub(crate) fn text(field: &'static str, text: &str) -> Result<(), InputError> {
    if !text.trim().is_empty() {
        return Ok(());
    }
    Err(InputError::new(field, "is empty"))
}

/// As [`text`], where one is given.
pub(crate) fn optional_text(field: &'static str, value: &Option<String>) -> Result<(), InputError> {
    value.as_deref().map_or(Ok(()), |value| text(field, value))
}

/// A phone number in the shape of E.164. The pages show it with and without the plus.
pub(crate) fn phone_number(field: &'static str, number: &str) -> Result<(), InputError> {
    let digits = number.strip_prefix('+').unwrap_or(number);
    if (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(InputError::new(
        field,
        "is not a phone number: 7 to 15 digits with country and area code, a plus in front or not, and \
         nothing else, such as +12513188609",
    ))
}

/// A bare e-mail address, without a name beside it.
pub(crate) fn mail_address(field: &'static str, address: &str) -> Result<(), InputError> {
    let broken = |rule: &str| {
        let problem = format!("is not an e-mail address like name@example.com: {rule}");
        Err(InputError::new(field, problem))
    };
    // The crate lets a tab pass within quotes.
    if address.contains(char::is_control) {
        return broken("Invalid character");
    }
    match EmailAddress::parse_with_options(address, Options::default().without_display_text()) {
        // The crate takes angle brackets behind an empty name.
        Ok(parsed) if parsed.email() != address => broken("Display names are not supported"),
        Ok(_) => Ok(()),
        // The crate's errors are whole sentences. They describe the rule and hold no part of the address.
        Err(error) => broken(error.to_string().trim_end_matches('.')),
    }
}

/// A language tag: well-formed by RFC 5646, such as `en` or `pt-BR`.
pub(crate) fn language(field: &'static str, tag: &str) -> Result<(), InputError> {
    oxilangtag::LanguageTag::parse(tag)
        .map(drop)
        .map_err(|error| {
            InputError::new(
                field,
                format!("is not a language tag like en or pt-BR: {error}"),
            )
        })
}
