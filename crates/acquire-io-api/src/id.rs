//! Reading identifiers in answers.

use std::fmt;

use serde::Deserializer;
use serde::de::{Error, Unexpected, Visitor};

/// Reads an identifier: a number, or a string of digits.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    deserializer.deserialize_any(Id)
}

struct Id;

impl Visitor<'_> for Id {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an identifier: a whole number, or a string of digits")
    }

    fn visit_i64<E: Error>(self, id: i64) -> Result<i64, E> {
        Ok(id)
    }

    fn visit_u64<E: Error>(self, id: u64) -> Result<i64, E> {
        i64::try_from(id).map_err(|_| E::invalid_value(Unexpected::Unsigned(id), &self))
    }

    fn visit_str<E: Error>(self, id: &str) -> Result<i64, E> {
        let is_digits = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        let id = id.parse().ok().filter(|_| is_digits);
        id.ok_or_else(|| E::invalid_type(Unexpected::Other("another string"), &self))
    }
}

#[cfg(test)]
mod tests {
    use crate::types::CaseId;

    #[test]
    fn an_id_is_a_number_or_a_string_of_digits() {
        for text in ["28", "\"28\"", "\"0028\"", "28 "] {
            let id = serde_json::from_str::<CaseId>(text).ok();
            assert_eq!(id, Some(CaseId(28)), "{text}");
        }
        for text in [
            "\"\"",
            "\"+28\"",
            "\"-28\"",
            "\" 28\"",
            "\"28a\"",
            "28.0",
            "9223372036854775808",
            "\"9223372036854775808\"",
            "null",
            "true",
            "[28]",
        ] {
            assert!(serde_json::from_str::<CaseId>(text).is_err(), "{text}");
        }
    }
}
