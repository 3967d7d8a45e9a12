//! Sends a chat message and says what to do about each failure: `cargo run --example handle_errors -- <case> <text>`.
//!
//! To the sandbox (`cargo run -p acquire-io-sandbox`): set `ACQUIRE_BASE_URL` and `ACQUIRE_API_KEY` to what it prints.
//! To your account: set `ACQUIRE_ACCOUNT_ID` and `ACQUIRE_API_KEY`.
#![allow(clippy::print_stdout, reason = "an example")]

use std::env;
use std::error::Error as StdError;

use acquire_io::{CaseId, Client, Delivery, Error, error_code};

fn advice(error: &Error) -> String {
    if let (Some(field), Some(problem)) = (error.field(), error.problem()) {
        return format!("mend `{field}`: it {problem}");
    }
    let too_many = error.status().is_some_and(|status| status == 429);
    match error.delivery() {
        Delivery::NotSent if error.is_tls() => "mend the certificates, then send it again".into(),
        Delivery::NotSent => "nothing went out: send it again".into(),
        Delivery::Refused if too_many => {
            let wait = error.retry_after().unwrap_or_default();
            format!("too many messages: send it again after {wait:?}")
        }
        Delivery::Refused if error.code() == Some(error_code::UNAUTHORIZED) => {
            "mend the API key, then send it again".into()
        }
        Delivery::Refused => "mend the request, then send it again".into(),
        Delivery::Unknown => "it may have gone out: look into the case first".into(),
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
