//! Sends an e-mail: `cargo run --example send_mail -- <case> <contact> <from> <to>`.
//!
//! With the sandbox: run `cargo run -p acquire-io-sandbox`, and set `ACQUIRE_BASE_URL` and `ACQUIRE_API_KEY` to what it
//! prints. With your account: set `ACQUIRE_ACCOUNT_ID` and `ACQUIRE_API_KEY`.
#![allow(clippy::print_stdout, reason = "an example")]

use std::env;
use std::error::Error;

use acquire_io::{CaseId, Client, ContactId, Mail};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [case, contact, from, to] = arguments.as_slice() else {
        return Err("usage: send_mail <case> <contact> <from> <to>".into());
    };
    let acquire = Client::from_env()?;
    let mail = Mail::new(CaseId(case.parse()?), ContactId(contact.parse()?))
        .from(from)
        .to(to)
        .subject("Your order")
        .html("<p>It is ready.</p>")
        .text("It is ready.");
    let sent = acquire.send(mail).await?;
    println!("accepted: {:?}", sent.message_id());
    Ok(())
}
