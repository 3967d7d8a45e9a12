//! Text for a POSIX shell.

/// One word of a command, safe to paste into a terminal: unquoted where that's possible, else in quotation marks.
///
/// A control character is written as an escape in `$'…'`, because a terminal acts on one even within quotation marks.
/// Bash, zsh, ksh and POSIX since 2024 have this form; dash has not.
pub fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:+@".contains(c);
    let is_active = |c: char| c.is_control() && !"\t\n\r".contains(c);
    if text.chars().any(is_active) {
        let mut word = "$'".to_owned();
        for c in text.chars() {
            match c {
                '\'' | '\\' => word.extend(['\\', c]),
                c if is_active(c) => {
                    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                        word.push_str(&format!("\\{byte:03o}"));
                    }
                }
                c => word.push(c),
            }
        }
        word.push('\'');
        return word;
    }
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        for (text, expected) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("", "''"),
            ("a b", "'a b'"),
            ("$HOME", "'$HOME'"),
            ("it's", r"'it'\''s'"),
            ("~", "'~'"),
            ("a\tb\nc", "'a\tb\nc'"),
            (
                "\u{15}it's \\ \u{1b}[2J\n",
                "$'\\025it\\'s \\\\ \\033[2J\n'",
            ),
            ("\u{7f}ä\u{9b}", r"$'\177ä\302\233'"),
        ] {
            assert_eq!(word(text), expected);
        }
    }
}
