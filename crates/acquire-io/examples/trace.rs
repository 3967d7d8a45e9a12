//! Prints the spans of a call, and of each attempt, to standard output: `cargo run --example trace -- <case> <text>`.
//!
//! With the sandbox: run `cargo run -p acquire-io-sandbox`, and set `ACQUIRE_BASE_URL` and `ACQUIRE_API_KEY` to what it
//! prints. With your account: set `ACQUIRE_ACCOUNT_ID` and `ACQUIRE_API_KEY`.

use std::env;
use std::error::Error;

use acquire_io::{CaseId, Chat, Client};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::{self, format::FmtSpan};
use tracing_subscriber::prelude::*;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [case, text] = arguments.as_slice() else {
        return Err("usage: trace <case> <text>".into());
    };
    // A line for each span when it ends, with all its fields.
    tracing_subscriber::registry()
        .with(fmt::layer().with_span_events(FmtSpan::CLOSE))
        .with(Targets::new().with_target("acquire_io", LevelFilter::DEBUG))
        .init();

    let acquire = Client::from_env()?;
    let chat = Chat::new(CaseId(case.parse()?)).as_agent().text(text);
    acquire.send(chat).await?;
    Ok(())
}
