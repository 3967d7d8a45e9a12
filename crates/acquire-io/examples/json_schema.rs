//! Offers chat messages as a tool, to a language model or another program that speaks JSON Schema.
//! `cargo run --features schemars --example json_schema` prints the tool. With the tool's input as its argument,
//! such as `-- '{"channel": "chat", "case": 28, "text": "hi"}'`, it checks the input and sends the message.
//!
//! With the sandbox: run `cargo run -p acquire-io-sandbox`, and set `ACQUIRE_BASE_URL` and `ACQUIRE_API_KEY` to what it
//! prints. With your account: set `ACQUIRE_ACCOUNT_ID` and `ACQUIRE_API_KEY`.
#![allow(clippy::print_stdout, reason = "an example")]

use std::env;
use std::error::Error;

use acquire_io::{Chat, Client};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let Some(input) = env::args().nth(1) else {
        let tool = json!({
            "name": "send_chat_message",
            "description": "Sends a chat message to the customer",
            "input_schema": schemars::schema_for!(Chat),
        });
        println!("{tool:#}");
        return Ok(());
    };
    // Refuses what the schema refuses, with an error that names the fields.
    let chat: Chat = serde_json::from_str(&input)?;
    let sent = Client::from_env()?.send(chat.as_agent()).await?;
    println!("accepted: {:?}", sent.message_id());
    Ok(())
}
