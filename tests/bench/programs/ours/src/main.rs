//! Sends one message with acquire-io.

use acquire_io::{CaseId, Client};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let acquire = Client::from_env()?;
    let sent = acquire.chat(CaseId(2069)).as_agent().text("Hey");
    sent.send().await?;
    Ok(())
}
