//! Sends one message with acquire-io.

use acquire_io::{CaseId, Chat, Client};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let acquire = Client::from_env()?;
    let sent = acquire
        .send(Chat::new(CaseId(2069)).as_agent().text("Hey"))
        .await?;
    sent.message_id().ok_or("a message without an ID")?;
    Ok(())
}
