//! What an error's text shows of an answer's body: short, on one line, and without the message's content.

use acquire_io_api::Answer;

use super::Envelope;

/// Bounds what is shown, in characters.
const LIMIT: usize = 200;

const MASK: &str = "[…]";

/// The server's message; else the title of an HTML page; else the beginning of a text.
pub(super) fn of(answer: &Answer, envelope: &Envelope, private: &[String]) -> Option<String> {
    let body = String::from_utf8_lossy(&answer.body);
    let text = match &envelope.message {
        Some(message) => message.as_str(),
        None if body.trim_start().starts_with('<') => html_title(&body)?,
        // JSON of another form, or cut, may repeat content under any escape.
        None if body.trim_start().starts_with(['{', '[', '"']) => return None,
        None => &body,
    };
    // Masked before it is cut: a cut could leave half of what is to be masked.
    let shown = one_line(&masked(text, private));
    (!shown.is_empty()).then_some(shown)
}

fn html_title(page: &str) -> Option<&str> {
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find('<')?;
    page.get(start..end)
}

/// Replaces the private texts. A short one counts only as a word of its own: "hi" does not mask "this".
fn masked(text: &str, private: &[String]) -> String {
    let mut text = text.to_owned();
    let mut private: Vec<_> = private.iter().map(|text| text.trim()).collect();
    private.retain(|text| !text.is_empty());
    private.sort_by_key(|text| std::cmp::Reverse(text.len()));
    for secret in private {
        let in_a_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let mut shown = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once(secret) {
            let part_of_a_word = secret.chars().count() < 4
                && (in_a_word(before.chars().next_back()) || in_a_word(after.chars().next()));
            shown.push_str(before);
            shown.push_str(if part_of_a_word { secret } else { MASK });
            rest = after;
        }
        shown.push_str(rest);
        text = shown;
    }
    text
}

fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let line = words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    match line.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_masked_as_words_only() {
        let private = ["hi".to_owned(), "+12513188609".to_owned()];
        assert_eq!(
            masked("this: hi (hi) to +12513188609, +125131886091", &private),
            "this: […] ([…]) to […], […]1"
        );
    }

    #[test]
    fn the_longest_text_is_masked_first() {
        let private = ["Anna".to_owned(), "Anna Karenina".to_owned()];
        assert_eq!(masked("Anna Karenina met Anna", &private), "[…] met […]");
    }

    #[test]
    fn titles() {
        assert_eq!(
            html_title("<HTML><Title lang=en>Bad\nGateway</TITLE>"),
            Some("Bad\nGateway")
        );
        assert_eq!(html_title("<title>never closed"), None);
        assert_eq!(html_title("<title"), None);
        assert_eq!(html_title("<html>"), None);
    }

    #[test]
    fn lines_are_one_and_short() {
        assert_eq!(one_line(" a\r\n\u{1b}[31mb\tc "), "a [31mb c");
        assert_eq!(one_line(&"ä".repeat(201)), format!("{}…", "ä".repeat(200)));
        assert_eq!(one_line(&"ä".repeat(200)), "ä".repeat(200));
    }
}
