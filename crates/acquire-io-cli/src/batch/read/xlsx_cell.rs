//! The value of a cell, as the text that a CSV of the sheet would have.

use calamine::{DataRef, ExcelDateTime};

use super::table::{Cell, CellKind};

/// The largest integer that a spreadsheet keeps exactly: 2^53.
const LARGEST: f64 = 9_007_199_254_740_992.0;

/// `format` is the number format, such as `0000`.
pub(crate) fn read(value: &DataRef<'_>, format: Option<&str>) -> Cell {
    let (text, kind) = match value {
        DataRef::Empty => return Cell::text(""),
        DataRef::String(text) => return Cell::text(text.as_str()),
        DataRef::SharedString(text) => return Cell::text(*text),
        DataRef::Int(number) => (number.to_string(), CellKind::Number),
        DataRef::Float(value) => (number(*value, format), CellKind::Number),
        DataRef::Bool(true) => ("TRUE".to_owned(), CellKind::Bool),
        DataRef::Bool(false) => ("FALSE".to_owned(), CellKind::Bool),
        // Spreadsheets don't show a negative number as a time.
        DataRef::DateTime(time) if time.as_f64() < 0.0 => {
            (number(time.as_f64(), None), CellKind::Number)
        }
        DataRef::DateTime(time) => (date(time), CellKind::Date),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => (iso(text), CellKind::Date),
        DataRef::Error(error) => (error.to_string(), CellKind::Error),
    };
    Cell { text, kind }
}

fn number(value: f64, format: Option<&str>) -> String {
    if value.abs() >= LARGEST {
        // As spreadsheets show it: the last digits are lost.
        let text = format!("{value:.14E}");
        let (digits, power) = text.split_once('E').unwrap_or((&text, "0"));
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        return format!("{digits}E+{power}");
    }
    if let Some(shown) = format.and_then(|format| zeros(value, format)) {
        return shown;
    }
    // A spreadsheet shows 15 digits: 0.1 + 0.2 is 0.3. `Display` writes no exponent.
    let rounded: f64 = match value.fract() == 0.0 {
        true => value,
        false => format!("{value:.14e}").parse().unwrap_or(value),
    };
    match rounded == 0.0 {
        true => "0".to_owned(),
        false => rounded.to_string(),
    }
}

/// A number in the formats `0000`, for leading zeros, and `0.00`, for decimals.
fn zeros(value: f64, format: &str) -> Option<String> {
    let (whole, decimals) = format.split_once('.').unwrap_or((format, ""));
    let is_zeros = |text: &str| text.bytes().all(|byte| byte == b'0');
    let is_format = format.len() < 32 && !whole.is_empty() && is_zeros(whole) && is_zeros(decimals);
    if !is_format || format.ends_with('.') || whole.len() + decimals.len() < 2 {
        return None;
    }
    let point = usize::from(!decimals.is_empty());
    let width = whole.len() + point + decimals.len() + usize::from(value < 0.0);
    let digits = decimals.len();
    Some(format!("{value:0width$.digits$}"))
}

/// `2026-07-01`, `2026-07-01 09:00:00`, `09:00:00`, or a duration as `49:30:00`.
fn date(time: &ExcelDateTime) -> String {
    let days = time.as_f64();
    if time.is_duration() {
        let seconds = (days * 86_400.0).round() as u64;
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        return format!("{hours:02}:{minutes:02}:{:02}", seconds % 60);
    }
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    let mut clock = format!("{hour:02}:{minute:02}:{second:02}");
    if milli > 0 {
        clock.push_str(&format!(".{milli:03}"));
    }
    match (days < 1.0, clock == "00:00:00") {
        (true, _) => clock,
        (false, true) => date,
        (false, false) => format!("{date} {clock}"),
    }
}

/// A date in ISO 8601, in the same form.
fn iso(text: &str) -> String {
    let text = text.replacen('T', " ", 1);
    match text.strip_suffix(" 00:00:00") {
        Some(date) => date.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use calamine::ExcelDateTimeType;

    use super::*;

    #[test]
    fn numbers_are_as_a_person_wrote_them() {
        for (value, format, expected) in [
            (5.0, None, "5"),
            (-0.0, None, "0"),
            (19.9, None, "19.9"),
            (0.1 + 0.2, None, "0.3"),
            (1e-10, None, "0.0000000001"),
            (4_915_112_345_678.0, None, "4915112345678"),
            (9_007_199_254_740_991.0, None, "9007199254740991"),
            (4.915_112_345_678_9e20, None, "4.9151123456789E+20"),
            (1e16, None, "1E+16"),
            (1234.0, Some("00000"), "01234"),
            (-12.0, Some("000"), "-012"),
            (19.9, Some("0.00"), "19.90"),
            (1234.5, Some("General"), "1234.5"),
            (1234.5, Some("#,##0.00"), "1234.5"),
            (5.0, Some("0"), "5"),
            (5.5, Some("0"), "5.5"),
        ] {
            assert_eq!(number(value, format), expected, "{value} {format:?}");
        }
    }

    #[test]
    fn dates_are_as_iso_8601_has_them() {
        let shown = |value, kind| date(&ExcelDateTime::new(value, kind, false));
        let time = |value| shown(value, ExcelDateTimeType::DateTime);
        assert_eq!(time(46_204.0), "2026-07-01");
        assert_eq!(time(46_204.375), "2026-07-01 09:00:00");
        assert_eq!(time(0.375), "09:00:00");
        assert_eq!(shown(2.0625, ExcelDateTimeType::TimeDelta), "49:30:00");
        assert_eq!(iso("2026-07-01T00:00:00"), "2026-07-01");
        assert_eq!(iso("2026-07-01T09:30:00"), "2026-07-01 09:30:00");
    }
}
