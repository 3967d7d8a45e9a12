//! Sends a chat message and says what to do about each failure: `cargo run --example handle_errors -- <case> <text>`.
//!
//! With the sandbox: run `cargo run -p acquire-io-sandbox`, and set `ACQUIRE_BASE_URL` and `ACQUIRE_API_KEY` to what it
//! prints. With your account: set `ACQUIRE_ACCOUNT_ID` and `ACQUIRE_API_KEY`.
#![allow(clippy::print_stdout, reason = "an example")]

use std::env;
use std::error::Error as StdError;

use acquire_io::{CaseId, Chat, Client, Error, NextStep};

fn advice(error: &Error) -> String {
    match error.next_step() {
        NextStep::SendAgain { after } if after.is_zero() => {
            "nothing was sent: send it again".into()
        }
        NextStep::SendAgain { after } => {
            format!("too many messages: send it again after {after:?}")
        }
        NextStep::FixMessage if error.is_input() => {
            let fields: Vec<_> = error
                .problems()
                .iter()
                .map(|problem| problem.field())
                .collect();
            format!("fix {}, then send it", fields.join(", "))
        }
        NextStep::FixMessage => "fix the message, then send it".into(),
        NextStep::FixSetup => "fix the API key or the connection, then send it again".into(),
        NextStep::LookFirst => "it may have been sent: look into the case first".into(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn StdError>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [case, text] = arguments.as_slice() else {
        return Err("usage: handle_errors <case> <text>".into());
    };
    let acquire = Client::from_env()?;
    let chat = Chat::new(CaseId(case.parse()?)).as_agent().text(text);
    match acquire.send(chat).await {
        Ok(sent) => println!("accepted: {:?}", sent.message_id()),
        Err(error) => println!("{}\n{error}", advice(&error)),
    }
    Ok(())
}
