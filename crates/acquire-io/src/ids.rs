//! Finding the IDs in an answer without decoding the rest of it.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use crate::channel::Channel;

/// The IDs of a receipt.
pub(crate) struct Ids {
    pub(crate) message: Option<i64>,
    pub(crate) case: Option<i64>,
    pub(crate) timeline: Option<i64>,
}

/// Finds the IDs that are there. Each channel has them in other places.
pub(crate) fn find(channel: Channel, body: &[u8]) -> Ids {
    match channel {
        Channel::Chat => {
            let [message, case] = within_data(1, ["id", "caseId"], body);
            Ids {
                message,
                case,
                timeline: None,
            }
        }
        Channel::Mail => {
            let [message, id, case] = within_data(1, ["caseMessageId", "id", "caseId"], body);
            Ids {
                message: message.or(id),
                case,
                timeline: None,
            }
        }
        // The `id` of an SMS is not the ID of a message.
        Channel::Sms => {
            let names = ["caseMessageId", "caseId", "timelineId"];
            let [message, case, timeline] = within_data(2, names, body);
            Ids {
                message,
                case,
                timeline,
            }
        }
    }
}

/// The IDs with these names in the object `data`, or with a depth of 2 in `data.data`.
fn within_data<const N: usize>(depth: usize, names: [&str; N], body: &[u8]) -> [Option<i64>; N] {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut found = [None; N];
    let object = Object {
        depth,
        names: &names,
        found: &mut found,
    };
    // It ends with an error once all are found, or where the body is cut.
    let _ = object.deserialize(&mut serde_json::Deserializer::from_slice(body));
    found
}

/// How many more keys are read when all IDs are found. Stopping early is an error, for which serde_json counts the lines
/// so far: near the end of an answer that costs more than reading on.
const FEW: usize = 4;

/// What to find in an object. A value that isn't an object is skipped.
struct Object<'a> {
    /// How many levels of `data` to enter first.
    depth: usize,
    names: &'a [&'a str],
    found: &'a mut [Option<i64>],
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Skips values of these types.
macro_rules! pass_over {
    ($($visit:ident: $kind:ty),*) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Default::default())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Default::default())
        }

        $(fn $visit<E>(self, _: $kind) -> Result<Self::Value, E> {
            Ok(Default::default())
        })*
    };
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    pass_over!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let names = match self.depth {
            0 => self.names,
            _ => &["data"],
        };
        let mut last = None;
        let mut needless = 0;
        while let Some(place) = members.next_key_seed(Name(names))? {
            // Only now, at the next key: where a body is cut, the last digits of a number may be missing.
            if let Some((place, id)) = last.take() {
                self.found[place] = id;
            }
            needless += usize::from(self.found.iter().all(Option::is_some));
            if needless > FEW {
                return Err(A::Error::custom("all are found"));
            }
            match place {
                Some(place) if self.depth == 0 => {
                    last = Some((place, members.next_value_seed(Id)?))
                }
                Some(_) => members.next_value_seed(Object {
                    depth: self.depth - 1,
                    names: self.names,
                    found: self.found,
                })?,
                None => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        if let Some((place, id)) = last {
            self.found[place] = id;
        }
        Ok(())
    }
}

/// A key: its index in these names. Read as bytes, so that it isn't checked for UTF-8.
struct Name<'a>(&'a [&'a str]);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Option<usize>, E> {
        Ok(self.0.iter().position(|known| known.as_bytes() == name))
    }
}

/// An ID: a number, or a string of digits. None for any other value.
struct Id;

impl<'de> DeserializeSeed<'de> for Id {
    type Value = Option<i64>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Id {
    type Value = Option<i64>;

    pass_over!(visit_bool: bool, visit_f64: f64);

    fn visit_i64<E>(self, id: i64) -> Result<Option<i64>, E> {
        Ok(Some(id))
    }

    fn visit_u64<E>(self, id: u64) -> Result<Option<i64>, E> {
        Ok(id.try_into().ok())
    }

    fn visit_str<E>(self, id: &str) -> Result<Option<i64>, E> {
        let is_digits = id.bytes().all(|byte| byte.is_ascii_digit());
        Ok(id.parse().ok().filter(|_| is_digits))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<i64>, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(channel: Channel, body: &str) -> [Option<i64>; 3] {
        let Ids {
            message,
            case,
            timeline,
        } = find(channel, body.as_bytes());
        [message, case, timeline]
    }

    #[test]
    fn the_ids_of_each_channel_are_found() {
        let chat = r#"{"data":{"id":328,"caseId":"28","timelineId":1,"caseMessageId":2}}"#;
        assert_eq!(ids(Channel::Chat, chat), [Some(328), Some(28), None]);
        let mail = r#"{"data":{"id":407,"caseMessageId":408,"caseId":90,"timelineId":1}}"#;
        assert_eq!(ids(Channel::Mail, mail), [Some(408), Some(90), None]);
        let mail = r#"{"data":{"id":407,"caseMessageId":null}}"#;
        assert_eq!(ids(Channel::Mail, mail), [Some(407), None, None]);
        let sms = r#"{"data":{"data":{"id":339,"caseMessageId":"8653","caseId":2219,"timelineId":2108}}}"#;
        assert_eq!(ids(Channel::Sms, sms), [Some(8653), Some(2219), Some(2108)]);
        assert_eq!(
            ids(Channel::Sms, r#"{"data":{"data":{"id":339}}}"#),
            [None; 3]
        );
    }

    #[test]
    fn complete_ids_are_found_in_a_cut_answer() {
        let cut = r#"{"data":{"id":328,"text":"#;
        assert_eq!(ids(Channel::Chat, cut), [Some(328), None, None]);
        let cut = r#"{"data":{"id":328,"caseId":2"#;
        assert_eq!(ids(Channel::Chat, cut), [Some(328), None, None]);
    }

    #[test]
    fn a_value_of_another_type_is_no_id_and_hides_no_other_id() {
        for value in [
            "null",
            "true",
            "1.5",
            "\"x\"",
            "\"-1\"",
            "\"\"",
            "[7]",
            "{\"id\":7}",
            "18446744073709551615",
        ] {
            let body = format!(r#"{{"data":{{"id":{value},"caseId":28}},"other":[{value}]}}"#);
            assert_eq!(ids(Channel::Chat, &body), [None, Some(28), None], "{value}");
        }
        for body in [
            r#"{"data":{"id":1"#,
            "",
            "[]",
            "null",
            "{",
            r#"{"data":[{"id":1}]}"#,
            r#"{"data":7}"#,
            r#"{"data":[1,2]}"#,
            "[[1,2]]",
        ] {
            assert_eq!(ids(Channel::Chat, body), [None; 3], "{body}");
        }
    }
}
