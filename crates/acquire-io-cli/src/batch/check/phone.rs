//! Phone numbers as people write them, rewritten to the international form.

use std::fmt;
use std::str::FromStr;

use phonenumber::metadata::DATABASE;
use phonenumber::{Mode, PhoneNumber, country};

use super::damage;

/// A country by its two letters, as in ISO 3166-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Country(country::Id);

impl FromStr for Country {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let upper = text.to_ascii_uppercase();
        match upper.parse::<country::Id>() {
            Ok(id) if DATABASE.by_id(id.as_ref()).is_some() => Ok(Self(id)),
            _ if upper == "UK" => Err("the two letters of the United Kingdom are GB".to_owned()),
            _ => Err("a country is two letters, such as GB, DE or US".to_owned()),
        }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref())
    }
}

/// A phone number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Phone {
    /// With a plus, unless it was written without one and didn't need to be changed.
    pub(crate) number: String,
    /// The known numbering plans don't have it. It may be newer.
    pub(crate) is_unlisted: bool,
}

/// The country of numbers without a country code.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Home {
    /// `--default-country`.
    pub(crate) default: Option<Country>,
    /// The country of the sender's number. It only makes other numbers ambiguous.
    pub(crate) sender: Option<Country>,
}

/// The country of a number in international form.
pub(crate) fn country(number: &str) -> Option<Country> {
    let digits = number.strip_prefix('+').unwrap_or(number);
    international(digits)?.country().id().map(Country)
}

/// Reads a phone number.
///
/// # Errors
/// What is wrong with it, and what to do. Doesn't contain the number.
pub(crate) fn read(text: &str, home: Home) -> Result<Phone, String> {
    if let Some(damage) = damage::of_phone_number(text) {
        return Err(damage.to_owned());
    }
    let (digits, has_plus) = digits(text)?;
    if has_plus {
        return with_country_code(text, &digits);
    }
    let abroad = digits.strip_prefix("00").and_then(international);
    if let Some(number) = abroad.filter(has_possible_length) {
        return Ok(Phone::of(&number));
    }
    match home.default {
        Some(default) => national(&digits, default),
        None => without_country(text.trim(), &digits, home.sender),
    }
}

/// The digits, and whether a plus is before them.
fn digits(text: &str) -> Result<(String, bool), String> {
    // Excel shows an apostrophe before a number that is a text, and some programs export it.
    let text = text.trim().trim_start_matches('\'');
    let (mut digits, mut has_plus) = (String::new(), false);
    for c in text.chars() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if digits.is_empty() && !has_plus => has_plus = true,
            '-' | '(' | ')' | '[' | ']' | '.' | '/' | '\u{2010}'..='\u{2015}' | '\u{2212}' => {}
            // Invisible characters that are copied with a number.
            '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => {}
            _ if c.is_whitespace() => {}
            '+' | ',' | ';' | '|' | '\\' | '&' => {
                return Err(
                    "is not a phone number: it looks like two, leave one of them".to_owned(),
                );
            }
            _ if c.is_alphabetic() => {
                return Err("is not a phone number: it contains letters".to_owned());
            }
            _ if c.is_numeric() => {
                return Err("is not a phone number: its digits are not 0 to 9".to_owned());
            }
            _ => {
                return Err(
                    "is not a phone number: it contains a character that phone numbers don't have"
                        .to_owned(),
                );
            }
        }
    }
    match digits.len() {
        0 => Err("is not a phone number: it has no digits".to_owned()),
        1..=3 => Err("is not a phone number: it has too few digits".to_owned()),
        // `+49 171 2345678 / 0171 2345678`.
        21.. => Err("is not a phone number: it has too many digits".to_owned()),
        _ => Ok((digits, has_plus)),
    }
}

fn with_country_code(text: &str, digits: &str) -> Result<Phone, String> {
    let Some(number) = international(digits) else {
        return Err("begins with no known country code, or is too short".to_owned());
    };
    if number.is_valid() {
        return Ok(Phone::of(&number));
    }
    // `+44 (0)7700 900123`: the 0 is for calls within the country. Italian numbers keep theirs, and were valid above.
    let without_zero = text.replacen("(0)", "", 1);
    if without_zero != text
        && let Ok((digits, _)) = self::digits(&without_zero)
        && let Some(number) = international(&digits).filter(has_possible_length)
    {
        return Ok(Phone::of(&number));
    }
    match has_possible_length(&number) {
        true => Ok(Phone::of(&number)),
        false => Err(format!(
            "has too few or too many digits for a number {}",
            country_name(&number)
        )),
    }
}

fn national(digits: &str, default: Country) -> Result<Phone, String> {
    let here = parse(Some(default), digits).filter(has_possible_length);
    // A plus that a spreadsheet has dropped.
    let abroad = international(digits).filter(PhoneNumber::is_valid);
    match (here, abroad) {
        (Some(here), Some(abroad)) if is_doubtful(&here, &abroad) => Err(format!(
            "can be a number of {default}, or one {}: write it with + and the country code",
            country_name(&abroad)
        )),
        (Some(number), _) | (None, Some(number)) => Ok(Phone::of(&number)),
        (None, None) => Err(format!(
            "is not a number of {default}, nor one with a country code: a digit is missing, or there is one too many"
        )),
    }
}

/// Whether digits that are a number in two countries may be meant as the one abroad. SMS go to mobile phones.
fn is_doubtful(here: &PhoneNumber, abroad: &PhoneNumber) -> bool {
    let can_be_mobile = |number: &PhoneNumber| {
        use phonenumber::Type::{FixedLineOrMobile, Mobile};
        [Mobile, FixedLineOrMobile].contains(&number.number_type(&DATABASE))
    };
    let is_same = Phone::of(here).number == Phone::of(abroad).number;
    !is_same && (!here.is_valid() || !can_be_mobile(here) && can_be_mobile(abroad))
}

fn without_country(text: &str, digits: &str, sender: Option<Country>) -> Result<Phone, String> {
    if digits.starts_with('0') {
        return Err(
            "is a national number, since it begins with 0: use --default-country, for example GB, or write it with + and the country code"
                .to_owned(),
        );
    }
    let Some(number) = international(digits).filter(PhoneNumber::is_valid) else {
        return Err(
            "has no country code; a spreadsheet may have dropped a 0 or a + before it: use --default-country, for example GB, or write it with + and the country code"
                .to_owned(),
        );
    };
    let other = sender.and_then(|sender| {
        let other = parse(Some(sender), digits).filter(PhoneNumber::is_valid)?;
        (Phone::of(&other).number != Phone::of(&number).number).then_some(sender)
    });
    match other {
        Some(sender) => Err(format!(
            "can be a number of {sender}, or one {}: write it with + and the country code, or use --default-country {sender}",
            country_name(&number)
        )),
        None if text == digits => Ok(Phone {
            number: digits.to_owned(),
            is_unlisted: false,
        }),
        None => Ok(Phone::of(&number)),
    }
}

/// `of GB`, `of +1`.
fn country_name(number: &PhoneNumber) -> String {
    match number.country().id() {
        Some(id) => format!("of {}", id.as_ref()),
        None => format!("of +{}", number.country().code()),
    }
}

/// Whether numbers of the country can have this length. Lengths change less often than the numbers in use.
fn has_possible_length(number: &PhoneNumber) -> bool {
    let length = number.national().to_string().len();
    let regions = DATABASE.by_code(&number.country().code());
    let mut lengths = regions.into_iter().flatten().flat_map(|region| {
        let kinds = region.descriptors();
        let kinds = [
            kinds.fixed_line(),
            kinds.mobile(),
            kinds.personal_number(),
            kinds.voip(),
        ];
        let kinds = kinds.into_iter().flatten();
        kinds.flat_map(|kind| kind.possible_length())
    });
    lengths.any(|possible| usize::from(*possible) == length)
}

fn international(digits: &str) -> Option<PhoneNumber> {
    parse(None, &format!("+{digits}"))
}

/// `digits` contains only digits and a plus.
fn parse(country: Option<Country>, digits: &str) -> Option<PhoneNumber> {
    phonenumber::parse(country.map(|country| country.0), digits).ok()
}

impl Phone {
    fn of(number: &PhoneNumber) -> Self {
        Self {
            number: number.format().mode(Mode::E164).to_string(),
            is_unlisted: !number.is_valid(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(default: &str) -> Home {
        Home {
            default: default.parse().ok(),
            sender: None,
        }
    }

    fn number(text: &str, default: &str) -> String {
        match read(text, home(default)) {
            Ok(phone) => phone.number,
            Err(problem) => problem,
        }
    }

    #[test]
    fn what_people_write_is_one_number() {
        for text in [
            "+447700900123",
            "+44 7700 900123",
            "0044 7700 900 123",
            "+44 (0)7700 900123",
            "+44-7700-900123",
            "(+44) 7700.900123",
            "+44\u{a0}7700\u{202f}900123",
            "\u{202a}+44 7700 900123\u{202c}",
            "'+447700900123",
            "+44 7700\u{2013}900123",
        ] {
            assert_eq!(number(text, ""), "+447700900123", "{text}");
            assert_eq!(number(text, "DE"), "+447700900123", "{text}");
        }
    }

    #[test]
    fn a_national_number_is_completed() {
        for (text, country, expected) in [
            ("07700 900123", "GB", "+447700900123"),
            // The 0 was lost.
            ("7700900123", "GB", "+447700900123"),
            // The + was lost.
            ("447700900123", "GB", "+447700900123"),
            ("919666929552", "GB", "+919666929552"),
            ("919666929552", "US", "+919666929552"),
            ("6568123456", "US", "+16568123456"),
            ("0151 12345678", "DE", "+4915112345678"),
            ("15112345678", "DE", "+4915112345678"),
            ("4915112345678", "DE", "+4915112345678"),
            ("030/1234567", "de", "+49301234567"),
            ("(415) 555-2671", "US", "+14155552671"),
            ("1 415 555 2671", "US", "+14155552671"),
            ("011 44 7700 900123", "US", "+447700900123"),
            ("06 1234 5678", "IT", "+390612345678"),
            ("0412 345 678", "AU", "+61412345678"),
        ] {
            assert_eq!(number(text, country), expected, "{text} {country}");
        }
    }

    #[test]
    fn what_is_right_stays_as_it_is_written() {
        for text in ["+12513188609", "+919666929552", "919666929552"] {
            assert_eq!(number(text, ""), text);
        }
    }

    #[test]
    fn without_a_country_a_national_number_is_refused() {
        for (text, why) in [
            ("07700 900123", "begins with 0"),
            ("7700900", "no country code"),
            ("2513188609", "no country code"),
            ("#N/A", "error of the spreadsheet"),
            ("4.47701E+11", "shortened"),
            ("+44 7700 900123, +44 7700 900124", "looks like two"),
            ("+447700900123+447700900124", "looks like two"),
            ("+447700900123 / +447700900124", "looks like two"),
            ("0170 1234567 / 0171 1234567", "too many digits"),
            (
                "+44 7700 9001",
                "too few or too many digits for a number of +44",
            ),
            ("+999 1234567", "no known country code"),
            ("call me", "letters"),
            ("+44 7700 900123 ext. 5", "letters"),
            ("٠١٢٣٤٥٦٧٨٩", "not 0 to 9"),
            ("-", "no digits"),
            ("12", "too few"),
            ("+44 7700*900123", "don't have"),
        ] {
            let found = read(text, Home::default()).unwrap_err();
            assert!(found.contains(why), "{text}: {found}");
            assert!(!found.contains(text), "{found}");
        }
        // A German landline, or an Indian mobile phone.
        let found = read("919666929552", home("DE")).unwrap_err();
        assert!(found.contains("a number of DE, or one of IN"), "{found}");
        let found = read("0123", home("GB")).unwrap_err();
        assert!(found.contains("not a number of GB"), "{found}");
    }

    #[test]
    fn a_number_of_two_countries_is_refused() {
        let home = |sender: &str| Home {
            default: None,
            sender: country(sender),
        };
        let found = read("6568123456", home("+12513188609")).unwrap_err();
        assert!(found.contains("a number of US, or one of SG"), "{found}");
        assert!(read("6568123456", home("+6568123457")).is_ok());
        assert!(read("919666929552", home("12513188609")).is_ok());
    }

    #[test]
    fn an_unlisted_number_is_noted() {
        let phone = read("+44 (0)7700 900123", Home::default()).unwrap();
        assert_eq!(phone.number, "+447700900123");
        assert!(phone.is_unlisted);
        assert!(!read("+447911123456", Home::default()).unwrap().is_unlisted);
        let unlisted = read("+12000000000", Home::default()).unwrap();
        assert!(unlisted.is_unlisted);
    }

    #[test]
    fn countries() {
        assert_eq!("gb".parse::<Country>().unwrap().to_string(), "GB");
        assert!("UK".parse::<Country>().unwrap_err().contains("GB"));
        for wrong in ["", "Germany", "49", "XX", "D"] {
            assert!(wrong.parse::<Country>().is_err(), "{wrong}");
        }
        // None of them panics.
        for (one, other) in ('A'..='Z').flat_map(|a| ('A'..='Z').map(move |b| (a, b))) {
            if let Ok(default) = format!("{one}{other}").parse() {
                let home = Home {
                    default: Some(default),
                    sender: Some(default),
                };
                for text in [
                    "0123456789",
                    "123456789",
                    "0000000",
                    "999999999999999",
                    "1",
                    "00",
                    "+0",
                    "0011441234",
                ] {
                    let _ = read(text, home);
                }
            }
        }
    }
}
