//! The HTML of an e-mail.

use serde_json::Value;

use crate::ledger::Received;

/// The HTML part, if the request is an e-mail with one, for a frame whose policy forbids scripts and loading.
pub(crate) fn html(entry: &Received) -> Option<String> {
    if !entry.summary().html {
        return None;
    }
    let body: Value = serde_json::from_slice(&entry.body).ok()?;
    body["data"]["htmlBody"].as_str().map(offline)
}

/// Prevents the connections that no policy prevents.
///
/// `<link rel="preconnect">` opens one, so `<link` becomes an unknown element. A click on a link opens one before the
/// policy forbids the navigation, so each link gets a `target` for a new window, which the frame must not open. It is
/// put first, since of two attributes with the same name the first counts. These elements begin with these letters in
/// any HTML, so the text needs no parser.
fn offline(html: &str) -> String {
    let mut safe = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at + 1);
        let name = tag.len()
            - tag
                .trim_start_matches(|c: char| c.is_ascii_alphanumeric())
                .len();
        let (name, after) = tag.split_at(name);
        safe.push_str(before);
        match name.to_ascii_lowercase().as_str() {
            "link" => safe.push_str("no-link"),
            "a" | "area" => safe.extend([name, " target=\"_blank\" "]),
            _ => safe.push_str(name),
        }
        rest = after;
    }
    safe.push_str(rest);
    safe
}

#[cfg(test)]
mod tests {
    use super::offline;

    #[test]
    fn links_open_no_connection() {
        for (html, expected) in [
            ("<p>a < b</p>", "<p>a < b</p>"),
            ("<LiNk rel=x><link>", "<no-link rel=x><no-link>"),
            ("<svg><link/>", "<svg><no-link/>"),
            ("<<link<", "<<no-link<"),
            ("<linä", "<linä"),
            (
                "<a href=x target=_top>",
                r#"<a target="_blank"  href=x target=_top>"#,
            ),
            (
                "<AREA/href=x></a><abbr>",
                r#"<AREA target="_blank" /href=x></a><abbr>"#,
            ),
        ] {
            assert_eq!(offline(html), expected);
        }
    }
}
