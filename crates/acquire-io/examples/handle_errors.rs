//! Sends a chat message and says what to do about each failure: `cargo run --example handle_errors -- <case> <text>`.
//!
//! To the sandbox (`cargo run -p acquire-io-sandbox`): set `ACQUIRE_BASE_URL` and `ACQUIRE_API_KEY` to what it prints.
//! To your account: set `ACQUIRE_ACCOUNT_ID` and `ACQUIRE_API_KEY`.
#![allow(clippy::print_stdout, reason = "an example")]

use std::env;
use std::error::Error as StdError;

use acquire_io::{CaseId, Client, Delivery, Error, error_code};

fn advice(error: &Error) -> String {
    match (error.delivery(), error.code()) {
        (Delivery::NotSent, _) if error.is_input() => {
            let (field, problem) = (error.field(), error.problem());
            format!(
                "mend `{}`: it {}",
                field.unwrap_or_default(),
                problem.unwrap_or_default()
            )
        }
        (Delivery::NotSent, _) if error.is_tls() => "mend the certificates, send it again".into(),
        (Delivery::NotSent, _) => "nothing went out: send it again".into(),
        (Delivery::Refused, Some(error_code::UNAUTHORIZED)) => {
            "mend the API key, send it again".into()
        }
        (Delivery::Refused, _) => match error.retry_after() {
            Some(wait) => format!("too many messages: send it again in {} s", wait.as_secs()),
            None => format!(
                "mend the request, send it again: {:?}",
                error.server_message()
            ),
        },
        (Delivery::Unknown, _) => {
            "it may have gone out: look into the case before sending it again".into()
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn StdError>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [case, text] = arguments.as_slice() else {
        return Err("usage: handle_errors <case> <text>".into());
    };
    let acquire = Client::from_env()?;
    let message = acquire.chat(CaseId(case.parse()?)).as_agent().text(text);
    match message.send().await {
        Ok(sent) => match sent.typed() {
            Ok(_) => println!("accepted: {:?}", sent.message_id()),
            // The bytes are in sent.body().
            Err(error) => println!("don't send it again: {error}"),
        },
        Err(error) => println!("{}\n{error}", advice(&error)),
    }
    Ok(())
}
