//! Sends a chat message as an agent: `cargo run --example send_chat -- <case> <text>`.
//!
//! With the sandbox: run `cargo run -p acquire-io-sandbox`, and set `ACQUIRE_BASE_URL` and `ACQUIRE_API_KEY` to what it
//! prints. With your account: set `ACQUIRE_ACCOUNT_ID` and `ACQUIRE_API_KEY`.
#![allow(clippy::print_stdout, reason = "an example")]

use std::env;
use std::error::Error;

use acquire_io::{CaseId, Chat, Client};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [case, text] = arguments.as_slice() else {
        return Err("usage: send_chat <case> <text>".into());
    };
    let acquire = Client::from_env()?;
    let chat = Chat::new(CaseId(case.parse()?)).as_agent().text(text);
    let sent = acquire.send(chat).await?;
    println!("accepted: {:?}", sent.message_id());
    Ok(())
}
