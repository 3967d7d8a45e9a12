//! Values that a spreadsheet has damaged: errors of formulas, shortened numbers, dates.

/// The problem of a cell whose formula has an error.
pub(crate) const ERROR: &str = "is an error of the spreadsheet: correct the formula of the cell";
/// The problem of a phone number that is a date.
pub(crate) const DATE: &str = "was turned into a date by a spreadsheet: format the column as text, and enter the number again";

/// What is wrong with a cell of any field.
pub(crate) fn of_value(text: &str) -> Option<&'static str> {
    let text = text.trim();
    if is_error(text) {
        return Some(ERROR);
    }
    let is_too_narrow = text.len() >= 2 && text.bytes().all(|byte| byte == b'#');
    is_too_narrow.then_some("is what a spreadsheet shows where a column is too narrow: widen the column, and save again")
}

/// What is wrong with a phone number.
pub(crate) fn of_phone_number(text: &str) -> Option<&'static str> {
    let text = text.trim();
    if let Some(damage) = of_value(text) {
        return Some(damage);
    }
    if is_scientific(text) {
        return Some(
            "was shortened by a spreadsheet, which took it for a number: format the column as text, and enter the number again",
        );
    }
    if is_decimal(text) {
        return Some(
            "was written as a decimal number: format the column as text, and write the number without decimals",
        );
    }
    if is_date(text) {
        return Some(DATE);
    }
    None
}

/// `#N/A`, `#REF!`, the German `#NV`, LibreOffice's `Err:502`, but not `#1`.
fn is_error(text: &str) -> bool {
    if let Some(name) = text.strip_prefix('#') {
        let is_name = |c: char| c.is_alphabetic() && c.is_uppercase() || "/_0?!".contains(c);
        let known = ["N/A", "NV", "N/D", "N/B"];
        return known.contains(&name)
            || name.len() >= 3 && name.ends_with(['!', '?']) && name.chars().all(is_name);
    }
    let number = text.strip_prefix("Err:");
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// `4.41E+11`, and `4,41E+11` as some countries write it.
fn is_scientific(text: &str) -> bool {
    let text = text.strip_prefix('+').unwrap_or(text);
    let Some((number, exponent)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let number = number.replacen(['.', ','], "", 1);
    is_digits(&number) && is_digits(exponent)
}

/// `441234567890.0`, `441234567890,00`.
fn is_decimal(text: &str) -> bool {
    let text = text.strip_prefix('+').unwrap_or(text);
    text.split_once(['.', ','])
        .is_some_and(|(whole, decimals)| {
            is_digits(whole)
                && whole.len() >= 5
                && (1..=2).contains(&decimals.len())
                && decimals.bytes().all(|byte| byte == b'0')
        })
}

/// `2026-07-01`, `01.07.2026`, `7/1/26`, each with or without a time, and the number of a day in a spreadsheet.
fn is_date(text: &str) -> bool {
    let day = text.split([' ', 'T']).next().unwrap_or_default();
    if let Ok(days) = day.parse::<u32>() {
        // From 1982 to 2064.
        return day == text && (30_000..60_000).contains(&days);
    }
    ['-', '.', '/'].iter().any(|separator| {
        let parts: Vec<_> = day.split(*separator).collect();
        let [first, middle, last] = parts.as_slice() else {
            return false;
        };
        let number = |part: &str, longest: usize| match part.len() <= longest && is_digits(part) {
            true => part.parse::<u32>().ok(),
            false => None,
        };
        let is_day = |one: &str, other: &str| match (number(one, 2), number(other, 2)) {
            (Some(one), Some(other)) => {
                (1..=31).contains(&one) && (1..=31).contains(&other) && one.min(other) <= 12
            }
            _ => false,
        };
        let is_year = |part: &str| match number(part, 4) {
            Some(year) => (1900..2100).contains(&year) || part.len() == 2 && *separator != '-',
            None => false,
        };
        is_year(first) && first.len() == 4 && is_day(middle, last)
            || is_year(last) && is_day(first, middle)
    })
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_spreadsheets() {
        for text in [
            "#N/A", " #N/A ", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!",
            "#SPILL!", "#NV", "#BEZUG!", "#WERT!", "#ZAHL!", "Err:502", "#ERROR!",
        ] {
            assert!(of_value(text).is_some(), "{text}");
        }
        assert!(of_value("########").unwrap().contains("too narrow"));
        for text in [
            "",
            "#",
            "#1",
            "#17 is ready",
            "N/A",
            "#sale!",
            "Err:",
            "#Hashtag",
        ] {
            assert_eq!(of_value(text), None, "{text}");
        }
    }

    #[test]
    fn phone_numbers_that_a_spreadsheet_has_changed() {
        for (text, why) in [
            ("4.41E+11", "shortened"),
            ("4,47700900123E+11", "shortened"),
            ("4E11", "shortened"),
            ("441234567890.0", "decimal"),
            ("441234567890,00", "decimal"),
            ("2026-07-01", "date"),
            ("01.07.2026", "date"),
            ("7/1/26", "date"),
            ("2026-07-01 00:00:00", "date"),
            ("45123", "date"),
            ("#N/A", "error"),
            ("####", "narrow"),
        ] {
            let found = of_phone_number(text).unwrap_or_default();
            assert!(found.contains(why), "{text}: {found}");
        }
        for text in [
            "+441234567890",
            "0170/1234567",
            "0170.123.45.67",
            "020-7946-0018",
            "447.700.900.123",
            "72345",
            "01-02-03-04-05",
            "12.34.56.78",
            "555-0100",
            "E",
            "",
        ] {
            assert_eq!(of_phone_number(text), None, "{text}");
        }
    }
}
