//! Runs the accounts of a worker, and ends them.

use std::collections::{BTreeMap, HashMap};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use acquire_io::Client;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::Instrument as _;

use super::account::AccountRun;
use super::phase::{Phase, Signal};
use super::report::Report;
use super::settings::Settings;
use crate::error::Error;
use crate::store::{Store, Token};

/// How often a worker says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// How long a worker that has stopped waits for the store to learn it.
const FAREWELL: Duration = Duration::from_secs(1);

/// What a worker is made of.
pub(super) struct Parts {
    pub(super) store: Arc<dyn Store>,
    pub(super) accounts: BTreeMap<String, Client>,
    pub(super) settings: Arc<Settings>,
    pub(super) grace: Duration,
}

pub(super) async fn run(parts: Parts, shutdown: impl Future<Output = ()>) -> Result<Report, Error> {
    let Parts {
        store,
        accounts,
        settings,
        grace,
    } = parts;
    for (account, client) in &accounts {
        let target = client.base_url().to_owned();
        store.target(account.clone(), target).await?;
    }
    let worker: Arc<str> = format!("{}-{:016x}", std::process::id(), Token::random()?.0).into();
    let served: Vec<String> = accounts.keys().cloned().collect();
    // Before the first claim, so that nobody sees claims of a worker that isn't there.
    store.heartbeat(worker.to_string(), served.clone()).await?;
    let names = watch::Sender::new(served);
    // Ends when it is dropped.
    let mut heart = JoinSet::new();
    heart.spawn(beat(
        Arc::clone(&store),
        Arc::clone(&worker),
        names.subscribe(),
    ));

    let signal = Signal::new();
    let mut runs = JoinSet::new();
    let mut running = HashMap::new();
    for (account, client) in accounts {
        let (worker, store, settings) = (
            Arc::clone(&worker),
            Arc::clone(&store),
            Arc::clone(&settings),
        );
        let run = AccountRun::new(account.clone(), client, worker, store, settings);
        let task = runs.spawn(run.run(signal.watch()).in_current_span());
        running.insert(task.id(), account);
    }

    let mut shutdown = pin!(shutdown);
    let mut over_at = None;
    let mut report = Report::default();
    let mut failure = None;
    loop {
        tokio::select! {
            joined = runs.join_next_with_id() => {
                let Some(joined) = joined else { break };
                let (task, result) = match joined {
                    Ok(joined) => joined,
                    Err(error) => (error.id(), Err(Error::failed("the worker ended abnormally", error))),
                };
                let account = running.remove(&task).unwrap_or_default();
                names.send_modify(|names: &mut Vec<String>| names.retain(|name| *name != account));
                match result {
                    Ok(done) => drop(report.accounts.insert(account, done)),
                    Err(error) => {
                        // The others have the same store.
                        over_at.get_or_insert_with(|| Instant::now() + grace);
                        signal.set(Phase::Stopping);
                        failure.get_or_insert(error);
                    }
                }
            }
            () = &mut shutdown, if over_at.is_none() => {
                over_at = Some(Instant::now() + grace);
                signal.set(Phase::Stopping);
            }
            () = tokio::time::sleep_until(over_at.unwrap_or_else(Instant::now)), if over_at.is_some() => {
                signal.set(Phase::Over);
                // Each ends now.
                over_at = Some(Instant::now() + grace.max(FAREWELL));
            }
        }
    }
    drop(heart);
    // It only says that this worker is gone, which time says too.
    let _ = tokio::time::timeout(FAREWELL, store.heartbeat(worker.to_string(), Vec::new())).await;
    match failure {
        Some(error) => Err(error),
        None => Ok(report),
    }
}

/// Records that a worker is alive, and which accounts it serves. A failure is of no concern: its turns fail, too.
async fn beat(store: Arc<dyn Store>, worker: Arc<str>, mut names: watch::Receiver<Vec<String>>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(HEARTBEAT) => {}
            changed = names.changed() => if changed.is_err() { return },
        }
        let accounts = names.borrow_and_update().clone();
        let _ = store.heartbeat(worker.to_string(), accounts).await;
    }
}
