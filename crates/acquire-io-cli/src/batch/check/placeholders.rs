//! Texts that look like placeholders that nobody has filled in.

/// A placeholder in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placeholder<'a> {
    /// What it starts with.
    pub(crate) kind: &'static str,
    pub(crate) text: &'a str,
}

/// The first placeholder. In HTML single braces belong to style sheets and scripts, unless there is a name between them.
pub(crate) fn find(text: &str, is_html: bool) -> Option<Placeholder<'_>> {
    let (place, kind) = ["{{", "{%", "%%", "{"].into_iter().find_map(|kind| {
        let mut places = text.match_indices(kind);
        let place = places.find(|(place, _)| kind != "{" || !is_html || is_word(&text[*place..]));
        place.map(|(place, _)| (place, kind))
    })?;
    let text = text.get(place..).unwrap_or_default();
    Some(Placeholder {
        kind: match kind {
            "{{" => "`{{`",
            "{%" => "`{%`",
            "%%" => "`%%`",
            _ => "`{`",
        },
        text: shown(text),
    })
}

/// `{Name}`.
fn is_word(text: &str) -> bool {
    let inner = text.strip_prefix('{').and_then(|text| text.split_once('}'));
    inner.is_some_and(|(name, _)| {
        !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || " _-".contains(c))
    })
}

/// The placeholder up to its end, or the start of it.
fn shown(text: &str) -> &str {
    const LONGEST: usize = 30;

    let line = text.lines().next().unwrap_or_default();
    let end = ["}}", "%}", "}", "%%"].into_iter().filter_map(|end| {
        let after = line.get(2..)?.find(end)?;
        Some(2 + after + end.len())
    });
    let end = end.max().unwrap_or(line.len());
    match line.char_indices().nth(LONGEST) {
        Some((longest, _)) => &line[..end.min(longest)],
        None => &line[..end],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found() {
        for (text, kind, shown) in [
            ("Hi {Name}, hello", "`{`", "{Name}"),
            ("Hi {{ name }}!", "`{{`", "{{ name }}"),
            ("{% if x %}y", "`{%`", "{% if x %}"),
            ("Hi %%NAME%%.", "`%%`", "%%NAME%%"),
            ("a { b", "`{`", "{ b"),
            ("{", "`{`", "{"),
            ("{ä", "`{`", "{ä"),
        ] {
            let found = find(text, false).unwrap();
            assert_eq!((found.kind, found.text), (kind, shown), "{text}");
        }
        let long = format!("{{{}", "ä".repeat(100));
        assert_eq!(find(&long, false).unwrap().text.chars().count(), 30);
        for text in ["", "Hi Ann", "50 % off", "100%"] {
            assert_eq!(find(text, false), None, "{text}");
        }
    }

    #[test]
    fn a_style_sheet_has_braces() {
        for text in [
            "<style>p { color: red }</style>",
            "<style>a{b:c}</style>",
            "{}",
            "{",
        ] {
            assert_eq!(find(text, true), None, "{text}");
        }
        for text in [
            "<p>{Name}</p>",
            "<style>a{b:c}</style>{First Name}",
            "<p>{{x}}",
        ] {
            assert!(find(text, true).is_some(), "{text}");
        }
    }
}
