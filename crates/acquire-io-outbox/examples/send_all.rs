//! Stores a message and sends what is stored: `cargo run --example send_all --features sqlite`. Run it twice: the message is
//! sent once.
//!
//! To the sandbox (`cargo run -p acquire-io-sandbox`): set `ACQUIRE_BASE_URL` and `ACQUIRE_API_KEY` to what it prints.
//! To your account: set `ACQUIRE_ACCOUNT_ID` and `ACQUIRE_API_KEY`.
#![allow(clippy::print_stdout, reason = "an example")]

use acquire_io::{CaseId, Chat, Client};
use acquire_io_outbox::{Entry, Outbox, Worker};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let outbox = Outbox::sqlite("orders.outbox").await?;
    let chat = Chat::new(CaseId(28))
        .as_agent()
        .text("Your order is ready.");
    outbox
        .insert("acme", [Entry::new(chat).key("order-17")])
        .await?;

    let worker = Worker::new(outbox.clone()).account("acme", Client::from_env()?);
    let report = worker.stop_when_settled().run().await?;
    println!("{} accepted", report.counts().accepted);
    outbox.close().await?;
    Ok(())
}
