//! A server's answer inside this program's JSON, which every parser must be able to read.

use serde_json::value::{RawValue, to_raw_value};

/// The deepest JSON of an answer. Some parsers read little more than a hundred levels.
const DEEPEST: usize = 64;

/// The longest answer, in bytes.
const LONGEST: usize = 256 * 1024;

/// The longest single text of an answer, in bytes.
const LONGEST_TEXT: usize = 16 * 1024;

/// The body as JSON on one line if every parser can read it, else as a text, which is cut if it is long. None for an empty
/// body.
pub(crate) fn embedded(body: &[u8]) -> Option<Box<RawValue>> {
    if body.is_empty() {
        return None;
    }
    let is_json = |text: &&str| text.len() <= LONGEST && is_portable(text);
    if let Some(json) = std::str::from_utf8(body).ok().filter(is_json) {
        // Within JSON a line break is between values, never in one.
        let line = json.replace(['\n', '\r'], " ");
        if let Ok(value) = RawValue::from_string(line) {
            return Some(value);
        }
    }
    let text = String::from_utf8_lossy(&body[..body.len().min(LONGEST)]);
    to_raw_value(&text).ok()
}

/// A text from the server, cut if it is long.
pub(crate) fn text(text: &str) -> String {
    let mut end = text.len().min(LONGEST_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

/// Whether JSON is not too deep and has no string with half a surrogate pair. serde_json accepts both in what it doesn't
/// decode. Doesn't check that it is JSON.
fn is_portable(json: &str) -> bool {
    let (mut depth, mut in_string) = (0_usize, false);
    let mut rest = json.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match (in_string, byte) {
            (_, b'"') => in_string = !in_string,
            (true, b'\\') => match surrogate(rest) {
                Some(0xd800..=0xdbff) => {
                    let next = rest.get(5..).and_then(|rest| rest.strip_prefix(b"\\"));
                    if !matches!(next.and_then(surrogate), Some(0xdc00..=0xdfff)) {
                        return false;
                    }
                    rest = &rest[11..];
                }
                Some(0xdc00..=0xdfff) => return false,
                // The escaped character, which may be a quotation mark.
                _ => rest = rest.get(1..).unwrap_or_default(),
            },
            (false, b'[' | b'{') => {
                depth += 1;
                if depth > DEEPEST {
                    return false;
                }
            }
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    true
}

/// The code unit of an escape such as `u00e4`, without its backslash.
fn surrogate(escape: &[u8]) -> Option<u16> {
    let digits = escape.strip_prefix(b"u")?.get(..4)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: impl AsRef<[u8]>) -> String {
        embedded(body.as_ref()).unwrap().get().to_owned()
    }

    #[test]
    fn json_stays_json() {
        for body in [
            "{\"a\": 1e999, \"b\": [\"\\ud83d\\ude00\", \"\\\\ud800\", \"\\\"\"]}",
            "null",
            "\"\\u00e4\"",
        ] {
            assert_eq!(of(body), body);
        }
        assert_eq!(of("{\r\n\"a\":\n1}"), "{  \"a\": 1}");
        let deep = "[".repeat(64) + &"]".repeat(64);
        assert_eq!(of(&deep), deep);
    }

    #[test]
    fn what_some_parser_refuses_is_a_text() {
        let deep = "[".repeat(65) + &"]".repeat(65);
        let long = format!("[{}1]", " ".repeat(LONGEST));
        for body in [
            r#"["\ud800"]"#,
            r#"["\udc00"]"#,
            r#"["\ud800\u0061"]"#,
            r#"["\ud800\n"]"#,
            r#""\ud800"#,
            r#""\ud83d\ude0"#,
            "{}}",
            "plain",
            "\u{feff}{}",
            &deep,
        ] {
            let text: String = serde_json::from_str(&of(body)).unwrap();
            assert_eq!(text, body);
        }
        let cut: String = serde_json::from_str(&of(long)).unwrap();
        assert_eq!(cut.len(), LONGEST);
        let text: String = serde_json::from_str(&of(b"{\"a\":\"\xff\"}")).unwrap();
        assert_eq!(text, "{\"a\":\"\u{fffd}\"}");
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(text("ä"), "ä");
        assert_eq!(
            text(&format!("a{}", "ä".repeat(LONGEST_TEXT))).len(),
            LONGEST_TEXT - 1
        );
    }
}
