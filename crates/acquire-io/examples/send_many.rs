//! Sends several chat messages, eight at a time, and prints the outcome of each:
//! `cargo run --example send_many -- <case> <text>...`.
//!
//! With the sandbox: run `cargo run -p acquire-io-sandbox`, and set `ACQUIRE_BASE_URL` and `ACQUIRE_API_KEY` to what it
//! prints. With your account: set `ACQUIRE_ACCOUNT_ID` and `ACQUIRE_API_KEY`.
#![allow(clippy::print_stdout, reason = "an example")]

use std::env;
use std::error::Error;

use acquire_io::{CaseId, Chat, Client};
use futures_util::StreamExt as _;
use futures_util::stream;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let case = arguments
        .next()
        .ok_or("usage: send_many <case> <text>...")?;
    let case = CaseId(case.parse()?);
    // One client: all messages share its connections.
    let acquire = Client::from_env()?;

    let calls = arguments.enumerate().map(|(number, text)| {
        let call = acquire.send(Chat::new(case).as_agent().text(text));
        async move { (number, call.await) }
    });
    let mut results = stream::iter(calls).buffer_unordered(8);
    while let Some((number, result)) = results.next().await {
        match result {
            Ok(sent) => println!("{number}: accepted: {:?}", sent.message_id()),
            Err(error) => println!("{number}: {error}"),
        }
    }
    Ok(())
}
