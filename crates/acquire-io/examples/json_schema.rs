//! Offers chat messages as a tool, to a language model or another program that speaks JSON Schema.
//! `cargo run --features schemars --example json_schema` prints the tool; with a case and the tool's input behind it,
//! such as `-- 28 '{"type": "message", "message": "hi"}'`, it checks the input and sends the message.
//!
//! To the sandbox (`cargo run -p acquire-io-sandbox`): set `ACQUIRE_BASE_URL` and `ACQUIRE_API_KEY` to what it prints.
//! To your account: set `ACQUIRE_ACCOUNT_ID` and `ACQUIRE_API_KEY`.
#![allow(clippy::print_stdout, reason = "an example")]

use std::env;
use std::error::Error;

use acquire_io::types::{ChatMessageType, NewChatMessage};
use acquire_io::{CaseId, Client};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let schema = schemars::schema_for!(NewChatMessage).to_value();
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [case, input] = arguments.as_slice() else {
        let description = "Sends a chat message to the customer";
        let tool = json!({"name": "send_chat_message", "description": description, "input_schema": schema});
        println!("{tool:#}");
        return Ok(());
    };

    let input: Value = serde_json::from_str(input)?;
    let validator = jsonschema::validator_for(&schema)?;
    if let Some(problem) = validator.iter_errors(&input).next() {
        return Err(problem.to_string().into());
    }
    let input: NewChatMessage = serde_json::from_value(input)?;
    let chat = Client::from_env()?.chat(CaseId(case.parse()?)).as_agent();
    let mut chat = match input.type_ {
        ChatMessageType::Message => chat.text(input.message),
        ChatMessageType::Note => chat.note(input.message),
        ChatMessageType::Event => chat.event(input.message),
    };
    if let Some(language) = input.translate_lang_key {
        chat = chat.translate_to(language);
    }
    println!("accepted: {:?}", chat.send().await?.message_id());
    Ok(())
}
