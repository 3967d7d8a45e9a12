//! Two ways to send the same messages: through an outbox, or not.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use acquire_io::{CaseId, Chat, Client};
use acquire_io_outbox::{Event, Outbox, State, Worker};
use anyhow::ensure;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// The account of all messages.
pub const ACCOUNT: &str = "acme";

/// A message to a case of its own.
pub fn message(number: u32) -> Chat {
    Chat::new(CaseId(i64::from(number) + 1))
        .text("Hey added from the api")
        .as_agent()
}

/// The client of both ways.
///
/// # Errors
/// When it can't be made.
pub fn client(server: SocketAddr) -> anyhow::Result<Client> {
    let client = Client::builder()
        .base_url(format!("http://{server}"))
        .api_key("sandbox-key");
    Ok(client.build()?)
}

/// Sends this many of the messages that are queued, or a few more: those that it has claimed by then. Returns how many.
///
/// # Errors
/// When one isn't accepted.
pub async fn send(
    outbox: &Outbox,
    client: Client,
    messages: u64,
    at_a_time: u32,
) -> anyhow::Result<u64> {
    let enough = Arc::new(Notify::new());
    let (accepted, reached) = (AtomicU64::new(0), Arc::clone(&enough));
    let report = Worker::new(outbox.clone())
        .account(ACCOUNT, client)
        .in_flight(at_a_time)
        .on_event(move |_, event| {
            if let Event::Settled {
                state: State::Accepted,
                ..
            } = event
                && accepted.fetch_add(1, Ordering::Relaxed) + 1 == messages
            {
                reached.notify_one();
            }
        })
        .run_until(enough.notified())
        .await?;
    let counts = report.counts();
    ensure!(
        counts.accepted >= messages && counts.accepted == counts.claimed,
        "{counts:?}"
    );
    Ok(counts.accepted)
}

/// Sends as many messages without an outbox: a task for each, this many at a time.
///
/// # Errors
/// When one isn't accepted.
pub async fn send_without(client: Client, messages: u32, at_a_time: usize) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    for number in 0..messages {
        if tasks.len() == at_a_time
            && let Some(sent) = tasks.join_next().await
        {
            sent??;
        }
        let client = client.clone();
        tasks.spawn(async move { client.send(message(number)).await.map(drop) });
    }
    while let Some(sent) = tasks.join_next().await {
        sent??;
    }
    Ok(())
}
