//! How many SMS a text needs: 3GPP TS 23.038 for the alphabets, TS 23.040 for the parts of a long text.

use std::fmt;

/// The characters of the GSM 7-bit default alphabet, without the letters and digits of ASCII.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
/// The characters of its extension table, each of which takes two places.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// 160 characters, or 153 in each part of a longer text.
    Gsm7,
    /// UCS-2: 70 UTF-16 code units, or 67 in each part.
    Ucs2,
}

/// A text as SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segments {
    pub(crate) count: u64,
    pub(crate) alphabet: Alphabet,
    /// The first character that GSM-7 doesn't have.
    pub(crate) cause: Option<char>,
}

impl Segments {
    pub(crate) fn of(text: &str) -> Self {
        let cause = text.chars().find(|c| gsm7(*c).is_none());
        let (alphabet, single, part) = match cause {
            None => (Alphabet::Gsm7, 160, 153),
            Some(_) => (Alphabet::Ucs2, 70, 67),
        };
        let sizes = || {
            text.chars().map(move |c| match alphabet {
                Alphabet::Gsm7 => gsm7(c).unwrap_or(1),
                Alphabet::Ucs2 => c.len_utf16(),
            })
        };
        let count = match sizes().sum::<usize>() <= single {
            true => 1,
            false => parts(sizes(), part),
        };
        Self {
            count,
            alphabet,
            cause,
        }
    }
}

impl fmt::Display for Alphabet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        })
    }
}

/// How many places a character takes.
fn gsm7(c: char) -> Option<usize> {
    if c.is_ascii_alphanumeric() || BASIC.contains(c) {
        return Some(1);
    }
    EXTENSION.contains(c).then_some(2)
}

/// The number of parts. No character is split.
fn parts(sizes: impl Iterator<Item = usize>, part: usize) -> u64 {
    let (mut count, mut used) = (1, 0);
    for size in sizes {
        if used + size > part {
            count += 1;
            used = 0;
        }
        used += size;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> (u64, Alphabet) {
        let segments = Segments::of(text);
        (segments.count, segments.alphabet)
    }

    #[test]
    fn gsm7_has_160_characters_and_153_in_each_part() {
        for (length, expected) in [(0, 1), (160, 1), (161, 2), (306, 2), (307, 3), (459, 3)] {
            assert_eq!(count(&"a".repeat(length)), (expected, Alphabet::Gsm7));
        }
        assert_eq!(count(&"ü".repeat(160)), (1, Alphabet::Gsm7));
        assert_eq!(count("Ça coûte"), (1, Alphabet::Ucs2));
    }

    #[test]
    fn an_extended_character_takes_two_places_and_is_not_cut() {
        assert_eq!(count(&"€".repeat(80)), (1, Alphabet::Gsm7));
        assert_eq!(count(&"€".repeat(81)), (2, Alphabet::Gsm7));
        // 153 is odd: a place of each part stays free.
        assert_eq!(count(&"€".repeat(153)), (3, Alphabet::Gsm7));
        assert_eq!(count(&format!("a{}", "[".repeat(152))).0, 2);
    }

    #[test]
    fn ucs2_has_70_code_units_and_67_in_each_part() {
        for (length, expected) in [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3)] {
            assert_eq!(count(&"ж".repeat(length)), (expected, Alphabet::Ucs2));
        }
        // Two units each; 67 is odd.
        assert_eq!(count(&"😀".repeat(35)), (1, Alphabet::Ucs2));
        assert_eq!(count(&"😀".repeat(36)), (2, Alphabet::Ucs2));
        assert_eq!(count(&"😀".repeat(67)), (3, Alphabet::Ucs2));
    }

    #[test]
    fn one_character_changes_the_alphabet() {
        let text = format!("{}’s", "a".repeat(100));
        let segments = Segments::of(&text);
        assert_eq!((segments.count, segments.cause), (2, Some('’')));
        assert_eq!(Segments::of("it's").cause, None);
    }

    #[test]
    fn the_alphabet_is_that_of_the_specification() {
        // 128 places, of which ESC is no character, 62 are letters and digits of ASCII.
        assert_eq!(BASIC.chars().count(), 128 - 1 - 62);
        assert_eq!(EXTENSION.chars().count(), 10);
    }
}
