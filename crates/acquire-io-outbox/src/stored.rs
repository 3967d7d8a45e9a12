//! Reading a stored message, which another program may have written.

use acquire_io::{InvalidMessage, Message};

use crate::verdict::bounded;

/// Why a stored message can't be sent. One line for a person, bounded.
pub(crate) enum Unreadable {
    /// It is no valid message.
    Invalid(String),
    /// It has a field that this version doesn't know.
    Newer(String),
}

/// The longest cause of a row that is no valid message, in bytes.
const LONGEST: usize = 500;

/// Reads the JSON of a message, and checks it.
///
/// # Errors
/// When it can't be sent as it is.
pub(crate) fn read(json: &[u8]) -> Result<Message, Unreadable> {
    let Ok(json) = str::from_utf8(json) else {
        let why = "the message is not written in UTF-8".to_owned();
        return Err(Unreadable::Invalid(why));
    };
    let read = Message::from_json(json);
    read.and_then(|message| message.check().map(|()| message))
        .map_err(|invalid| {
            let cause = bounded(&invalid.to_string(), LONGEST);
            match is_newer(&invalid) {
                true => Unreadable::Newer(cause),
                false => Unreadable::Invalid(cause),
            }
        })
}

fn is_newer(invalid: &InvalidMessage) -> bool {
    let mut problems = invalid.problems().iter();
    problems.any(acquire_io::Problem::is_unknown_field)
}
