//! Sends an SMS: `cargo run --example send_sms -- <case> <contact> <timeline> <from> <to> <text>`.
//!
//! With the sandbox: run `cargo run -p acquire-io-sandbox`, and set `ACQUIRE_BASE_URL` and `ACQUIRE_API_KEY` to what it
//! prints. With your account: set `ACQUIRE_ACCOUNT_ID` and `ACQUIRE_API_KEY`.
#![allow(clippy::print_stdout, reason = "an example")]

use std::env;
use std::error::Error;

use acquire_io::{CaseId, Client, ContactId, Sms, TimelineId};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [case, contact, timeline, from, to, text] = arguments.as_slice() else {
        return Err("usage: send_sms <case> <contact> <timeline> <from> <to> <text>".into());
    };
    let acquire = Client::from_env()?;
    let (case, contact) = (CaseId(case.parse()?), ContactId(contact.parse()?));
    let sms = Sms::new(case, contact, TimelineId(timeline.parse()?));
    let sent = acquire.send(sms.from(from).to(to).text(text)).await?;
    println!("accepted: {:?}", sent.message_id());
    Ok(())
}
