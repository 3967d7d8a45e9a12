//! Decodes an answer into the type that openapi-generator makes of our document: `FILE ROUNDS`.

use std::error::Error;
use std::hint::black_box;

use acquire::models::{ChatMessageResponse, MailMessageResponse, SmsResponse};
use serde::de::DeserializeOwned;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, rounds] = &arguments[..] else {
        return Err("usage: FILE ROUNDS".into());
    };
    let body = std::fs::read(file)?;
    let decode = match file.rsplit('/').next().and_then(|name| name.split('.').next()) {
        Some("sendChatMessage") => decode::<ChatMessageResponse>,
        Some("sendMailMessage") => decode::<MailMessageResponse>,
        Some("sendSms") => decode::<SmsResponse>,
        _ => return Err("no answer of an operation".into()),
    };
    for _ in 0..rounds.parse::<u64>()? {
        decode(&body)?;
    }
    Ok(())
}

/// As its client does: reqwest makes a text of the body, serde_json a value of the text.
fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<(), Box<dyn Error>> {
    let text = String::from_utf8_lossy(black_box(body)).into_owned();
    black_box(serde_json::from_str::<T>(&text)?);
    Ok(())
}
