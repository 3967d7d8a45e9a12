//! Makes text from elsewhere safe to print on a terminal: from a server, a certificate, a file, an argument.
//!
//! Such a text must not move the cursor, hide or reorder the text around it, or fill the screen.

use std::fmt::Write as _;
use std::path::Path;

/// The longest text, in characters.
const LONGEST: usize = 4096;

/// The text on one line of printable characters, cut after 4,096. Other characters become escapes such as `\n` and
/// `\u{202e}`.
pub fn inert(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(LONGEST));
    for (count, c) in text.chars().enumerate() {
        if count == LONGEST {
            line.push('…');
            break;
        }
        match c {
            c if is_printable(c) => line.push(c),
            c if c.is_ascii() => line.extend(c.escape_default()),
            c => line.extend(c.escape_unicode()),
        }
    }
    line
}

/// A path, as [`inert`] text.
pub fn path(path: &Path) -> String {
    inert(&path.display().to_string())
}

/// The same JSON with unprintable characters escaped. They occur only in strings, where an escape means the same.
pub fn json(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if is_printable(c) || c.is_ascii_control() && c != '\u{7f}' {
            line.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a `String` can't fail.
                let _ = write!(line, "\\u{unit:04x}");
            }
        }
    }
    line
}

/// Whether a character is visible and doesn't affect the text around it. Excluded are the general categories Cc, Cf, Zl
/// and Zp of Unicode, and the property Default_Ignorable_Code_Point. Marks such as accents are printable.
fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{600}'..='\u{605}'
                | '\u{61c}'
                | '\u{6dd}'
                | '\u{70f}'
                | '\u{890}'..='\u{891}'
                | '\u{8e2}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{110bd}'
                | '\u{110cd}'
                | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printable_text_is_unchanged() {
        let text = "Grüße, ¿qué?, 你好, नमस्ते, e\u{301}, 👍 \\ \" '";
        assert_eq!(inert(text), text);
        assert_eq!(json(text), text);
    }

    #[test]
    fn other_characters_are_escaped() {
        for (text, expected) in [
            ("a\nb\r\tc", r"a\nb\r\tc"),
            ("\u{1b}[2J\u{7}", r"\u{1b}[2J\u{7}"),
            ("\u{7f}\u{9b}31m", r"\u{7f}\u{9b}31m"),
            (
                "\u{202e}evil\u{2066}\u{200f}\u{61c}",
                r"\u{202e}evil\u{2066}\u{200f}\u{61c}",
            ),
            ("a\u{2028}b\u{2029}", r"a\u{2028}b\u{2029}"),
            (
                "\u{200b}\u{2060}\u{feff}\u{ad}\u{e0041}",
                r"\u{200b}\u{2060}\u{feff}\u{ad}\u{e0041}",
            ),
        ] {
            assert_eq!(inert(text), expected);
        }
        assert_eq!(inert(&"ä".repeat(5000)), "ä".repeat(LONGEST) + "…");
    }

    #[test]
    fn escaped_json_is_the_same_json() {
        for c in (0..=0x10ffff).filter_map(char::from_u32) {
            let text = serde_json::to_string(&c.to_string()).unwrap();
            let escaped = json(&text);
            assert_eq!(
                escaped != text,
                !is_printable(c) && !c.is_ascii_control() || c == '\u{7f}'
            );
            assert_eq!(
                serde_json::from_str::<String>(&escaped).unwrap(),
                c.to_string()
            );
        }
        assert_eq!(json("{\n\t\"a\": 1}"), "{\n\t\"a\": 1}");
    }
}
