//! An answer as its type: nothing that the type has is changed, free-form parts stay byte for byte.

use acquire_io::types::{ChatMessageResponse, MailMessageResponse, SmsResponse};
use acquire_io::{RawJson, Timestamp};
use acquire_io_tests::json::differences;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads the bytes as the answer of each channel.
pub fn run(data: &[u8]) {
    if let Some(answer) = decode::<ChatMessageResponse>(data)
        && let Some(message) = answer.data
    {
        let sender = message.sender.and_then(|sender| sender.meta);
        let case = message.case.and_then(|case| case.meta);
        check_parts(data, [message.meta, sender, case]);
        check_time(message.date_created.as_ref());
    }
    if let Some(answer) = decode::<MailMessageResponse>(data)
        && let Some(message) = answer.data
    {
        let user = message.user.and_then(|user| user.meta_details);
        check_parts(data, [message.meta, user]);
        check_time(message.date_created.as_ref());
    }
    if let Some(answer) = decode::<SmsResponse>(data)
        && let Some(result) = answer.data
        && let Some(message) = result.data
    {
        let media = message.meta.and_then(|meta| meta.subresource_uris);
        let sender = message.sender.and_then(|sender| sender.meta);
        check_parts(data, [media, sender]);
        check_time(message.date_created.as_ref());
    }
}

fn decode<T: DeserializeOwned + Serialize>(data: &[u8]) -> Option<T> {
    let answer: T = serde_json::from_slice(data).ok()?;
    // `Value` is stricter: it takes no number out of range and no half of a surrogate pair, which a free-form part or
    // an unknown key may hold.
    if let Ok(sent) = serde_json::from_slice::<Value>(data) {
        let held = serde_json::to_value(&answer).expect("a part of an answer that is JSON");
        for difference in differences(&sent, &held) {
            let is_known = difference.ends_with(" is lost") || is_id(&difference);
            assert!(is_known, "{difference}");
        }
    }
    let written = serde_json::to_vec(&answer).expect("an answer can be written");
    let again: T = serde_json::from_slice(&written).expect("what was written can be read");
    let again = serde_json::to_vec(&again).expect("an answer can be written");
    assert_eq!(written, again);
    Some(answer)
}

/// An ID may be a string of its digits, and is a number then: `$.data.id was "0028", is 28`.
fn is_id(difference: &str) -> bool {
    let values = difference
        .split_once(" was \"")
        .and_then(|(_, values)| values.split_once("\", is "));
    values.is_some_and(|(text, id)| {
        let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
        is_digits && text.parse::<i64>().ok() == id.parse().ok() && !text.is_empty()
    })
}

fn check_parts<const N: usize>(data: &[u8], parts: [Option<RawJson>; N]) {
    for part in parts.iter().flatten() {
        let part = part.get().as_bytes();
        assert!(data.windows(part.len()).any(|window| window == part));
    }
}

fn check_time(time: Option<&Timestamp>) {
    let Some(time) = time else { return };
    if time.to_system_time().is_ok() {
        assert!(time.as_str().is_ascii(), "{time:?}");
    }
}
