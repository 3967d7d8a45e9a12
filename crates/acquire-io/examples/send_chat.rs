//! Sends a chat message as an agent, with the settings of `Client::from_env`:
//! `cargo run --example send_chat -- <case> <text>`.

use std::env;
use std::error::Error;
use std::io::{self, Write as _};

use acquire_io::{CaseId, Client};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [case, text] = arguments.as_slice() else {
        return Err("usage: send_chat <case> <text>".into());
    };
    let acquire = Client::from_env()?;
    let sent = acquire
        .chat(CaseId(case.parse()?))
        .text(text)
        .as_agent()
        .send()
        .await?;
    writeln!(io::stdout(), "accepted: {:?}", sent.message_id())?;
    Ok(())
}
