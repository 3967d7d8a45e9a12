//! How many segments an SMS needs: 3GPP TS 23.038 (the alphabet) and 23.040 (how a long text is split).

/// The default alphabet of GSM, seven bits each.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§\
    ¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Its extension: these take two places.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// How many segments a text needs, at least one.
pub(super) fn segments(text: &str) -> usize {
    let is_gsm = text
        .chars()
        .all(|c| BASIC.contains(c) || EXTENSION.contains(c));
    // The places in a single segment, and in each of several, which need a header.
    let (single, part) = if is_gsm { (160, 153) } else { (70, 67) };
    let places = |c: char| match is_gsm {
        true => 1 + usize::from(EXTENSION.contains(c)),
        false => c.len_utf16(),
    };
    if text.chars().map(places).sum::<usize>() <= single {
        return 1;
    }
    // A character is not split.
    let (mut count, mut used) = (1, 0);
    for places in text.chars().map(places) {
        if used + places > part {
            (count, used) = (count + 1, 0);
        }
        used += places;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::segments;

    #[test]
    fn texts_are_split_as_phones_do() {
        for (text, expected) in [
            ("", 1),
            (&*"a".repeat(160), 1),
            (&*"a".repeat(161), 2),
            (&*"a".repeat(306), 2),
            (&*"a".repeat(307), 3),
            (&*"€".repeat(80), 1),
            (&*"€".repeat(81), 2),
            // 153 is odd: a place stays empty in each.
            (&*"€".repeat(153), 3),
            (&*"ç".repeat(70), 1),
            (&*"ç".repeat(71), 2),
            (&*"😀".repeat(35), 1),
            (&*"😀".repeat(36), 2),
            (&*"😀".repeat(67), 3),
        ] {
            assert_eq!(
                segments(text),
                expected,
                "{} of {:?}",
                text.chars().count(),
                text.chars().next()
            );
        }
    }
}
