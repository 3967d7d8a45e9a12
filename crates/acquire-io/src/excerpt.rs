//! The part of an answer's body that an error shows: short, on one line, and without content of the message.

use std::collections::HashMap;

use crate::attempt::Answer;
use crate::envelope::Envelope;

/// The longest excerpt, in characters.
const LIMIT: usize = 200;

/// How many characters of a body are looked at: more than are shown, since masking shortens a text.
const READ: usize = 4 * LIMIT;

/// How much content is searched for, in bytes. An answer to a longer message is not shown.
const MOST_CONTENT: usize = 256 * 1024;

/// Any run of content of this length is masked, so that parts of a text are found too.
const RUN: usize = 12;

const MASK: &str = "[…]";

/// The server's message; else the title of an HTML page; else the beginning of a text.
pub(crate) fn of(answer: &Answer, envelope: &Envelope, private: &[String]) -> Option<String> {
    // In a body that is cut or is not UTF-8, content might not be recognised.
    let body = match std::str::from_utf8(&answer.body) {
        Ok(body) if answer.is_complete() => body.trim_start_matches('\u{feff}'),
        _ => "",
    };
    // A long search would block other tasks: this is not async.
    if private.iter().map(String::len).sum::<usize>() > MOST_CONTENT {
        return None;
    }
    let text = match &envelope.message {
        Some(message) if message.contains(char::REPLACEMENT_CHARACTER) => return None,
        Some(message) => message.as_str(),
        None if body.trim_start().starts_with('<') => html_title(body)?,
        // JSON of another form may repeat content with escapes.
        None if body.trim_start().starts_with(['{', '[', '"']) => return None,
        None => body,
    };
    let shown = match text.char_indices().nth(READ) {
        None => masked(&plain(text), private),
        Some((end, _)) => {
            // Content that is cut at the end of the excerpt is not recognised: leave the end out.
            let shown = masked(&plain(&text[..end]), private);
            let kept = shown.chars().count().saturating_sub(RUN);
            shown.chars().take(kept).collect()
        }
    };
    let shown = capped(&shown);
    let repeats_status = shown == answer.status.to_string()
        || Some(shown.as_str()) == answer.status.canonical_reason();
    (!shown.is_empty() && !repeats_status).then_some(shown)
}

fn html_title(page: &str) -> Option<&str> {
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find('<')?;
    page.get(start..end)
}

/// On one line, without escapes and white space that the server may have added to content.
fn plain(text: &str) -> String {
    let decoded = html_escape::decode_html_entities(text).replace('\\', "");
    let words = decoded.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Masks the private texts, ignoring case, and any part of them that is [`RUN`] characters long. A text of up to three
/// characters is masked only as a whole word: "hi" doesn't mask "this".
fn masked(text: &str, private: &[String]) -> String {
    let lower = |text: &str| -> Vec<char> {
        text.chars()
            .map(|c| c.to_lowercase().next().unwrap_or(c))
            .collect()
    };
    let (shown, text): (Vec<char>, _) = (text.chars().collect(), lower(text));
    let in_a_word = |at: Option<usize>| {
        at.and_then(|at| text.get(at))
            .is_some_and(|c| c.is_alphanumeric())
    };
    let mut hidden = vec![false; text.len()];
    // For each length of a run: where each run of that length is in the text.
    let mut runs: HashMap<usize, HashMap<&[char], Vec<usize>>> = HashMap::new();
    for secret in private {
        let secret = lower(&plain(secret));
        let length = secret.len().min(RUN);
        if length == 0 {
            continue;
        }
        let places = runs.entry(length).or_insert_with(|| {
            let mut places: HashMap<_, Vec<_>> = HashMap::new();
            for (at, run) in text.windows(length).enumerate() {
                places.entry(run).or_default().push(at);
            }
            places
        });
        for run in secret.windows(length) {
            // Removed, so that a run that is repeated in the content isn't searched again.
            for at in places.remove(run).into_iter().flatten() {
                let part_of_a_word = length < 4
                    && (in_a_word(at.checked_sub(1)) || in_a_word(at.checked_add(length)));
                if !part_of_a_word {
                    hidden[at..at + length].fill(true);
                }
            }
        }
    }
    let mut line = String::new();
    for (at, c) in shown.into_iter().enumerate() {
        match hidden[at] {
            false => line.push(c),
            true if at == 0 || !hidden[at - 1] => line.push_str(MASK),
            true => {}
        }
    }
    line
}

fn capped(line: &str) -> String {
    match line.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, private: &[&str]) -> String {
        let private: Vec<_> = private.iter().map(|text| text.to_string()).collect();
        masked(&plain(text), &private)
    }

    #[test]
    fn short_texts_are_masked_as_words_only() {
        assert_eq!(shown("this: hi (hi)", &["hi"]), "this: […] ([…])");
        assert_eq!(shown("Annabel met Anna", &["Anna"]), "[…]bel met […]");
    }

    #[test]
    fn content_is_masked_in_each_form_in_which_servers_repeat_it() {
        let private = ["Tom & \"Jerry\"\n are  here today"];
        for text in [
            "got Tom & \"Jerry\"\n are  here today",
            "got Tom &amp; &quot;Jerry&quot; are here today",
            "got Tom & \\\"Jerry\\\" are here today",
            "got TOM & \"JERRY\" ARE HERE TODAY",
            "got Tom & \"Jerry\" are he",
        ] {
            assert_eq!(shown(text, &private), "got […]", "{text}");
        }
        assert_eq!(shown("got \"Jerry\" are here", &private), "got[…]");
    }

    #[test]
    fn what_is_not_content_is_shown() {
        let text = "a message is required";
        assert_eq!(shown(text, &["the message was lost", "", " "]), text);
    }

    #[test]
    fn the_title_of_an_html_page_is_found() {
        assert_eq!(
            html_title("<HTML><Title lang=en>Bad\nGateway</TITLE>"),
            Some("Bad\nGateway")
        );
        assert_eq!(html_title("<title>never closed"), None);
        assert_eq!(html_title("<title"), None);
        assert_eq!(html_title("<html>"), None);
    }

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(plain(" a\r\n\u{1b}[31mb\tc "), "a [31mb c");
        assert_eq!(capped(&"ä".repeat(201)), format!("{}…", "ä".repeat(200)));
        assert_eq!(capped(&"ä".repeat(200)), "ä".repeat(200));
    }
}
