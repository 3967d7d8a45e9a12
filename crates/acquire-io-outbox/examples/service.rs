//! A web server that tells customers that their order is ready, durably: `cargo run --example service --features sqlite
//! -- <port> <file>`, then `curl http://127.0.0.1:<port>/ready -H 'content-type: application/json' -d '{"order": 17,
//! "case": 28}'` and `curl http://127.0.0.1:<port>/ready/17`.
//!
//! To the sandbox (`cargo run -p acquire-io-sandbox`): set `ACQUIRE_BASE_URL` and `ACQUIRE_API_KEY` to what it prints.
//! To your account: set `ACQUIRE_ACCOUNT_ID` and `ACQUIRE_API_KEY`.
#![allow(clippy::print_stdout, reason = "an example")]

use std::env;
use std::error::Error as StdError;

use acquire_io::{CaseId, Chat, Client};
use acquire_io_outbox::{Entry, Event, Outbox, Worker};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use tokio::net::TcpListener;

/// The Acquire account.
const ACCOUNT: &str = "acme";

#[derive(serde::Deserialize)]
struct Ready {
    order: u64,
    case: CaseId,
}

/// Stores the message, and answers. The worker sends it.
async fn insert(
    State(outbox): State<Outbox>,
    Json(ready): Json<Ready>,
) -> Result<StatusCode, (StatusCode, String)> {
    let chat = Chat::new(ready.case)
        .as_agent()
        .text(format!("Your order {} is ready.", ready.order));
    // A caller that asks twice gets one message.
    let entry = Entry::new(chat).key(format!("ready-{}", ready.order));
    match outbox.insert(ACCOUNT, [entry]).await {
        Ok(_) => Ok(StatusCode::ACCEPTED),
        Err(error) if error.is_invalid() || error.is_key_taken() => {
            Err((StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))
        }
        Err(error) => Err((StatusCode::SERVICE_UNAVAILABLE, error.to_string())),
    }
}

/// What became of it.
async fn state(
    State(outbox): State<Outbox>,
    Path(order): Path<u64>,
) -> Result<String, (StatusCode, String)> {
    let row = outbox.get(ACCOUNT, &format!("ready-{order}")).await;
    match row.map_err(|error| (StatusCode::SERVICE_UNAVAILABLE, error.to_string()))? {
        Some(row) => Ok(row.state.to_string()),
        None => Err((StatusCode::NOT_FOUND, "no such order".to_owned())),
    }
}

fn print(account: &str, event: &Event) {
    match event {
        Event::Settled { id, state, .. } => println!("{account}: message {id} is {state}"),
        Event::Paused { why, .. } => println!("{account}: paused: {why}"),
        // Messages are stored, and wait. Somebody should look.
        Event::Stopped { reason, .. } => println!("{account}: stopped: {reason}"),
        _ => {}
    }
}

/// Ctrl-C, or what systemd, Docker and Kubernetes stop a service with.
async fn stop_signal() {
    let ctrl_c = async { drop(tokio::signal::ctrl_c().await) };
    #[cfg(unix)]
    let terminate = async {
        use tokio::signal::unix::{SignalKind, signal};

        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending();
    tokio::select! {
        () = ctrl_c => {}
        () = terminate => {}
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let mut arguments = env::args().skip(1);
    let (Some(port), Some(file)) = (arguments.next(), arguments.next()) else {
        return Err("usage: service <port> <file>".into());
    };
    let outbox = Outbox::sqlite(file).await?;
    let worker = Worker::new(outbox.clone())
        .account(ACCOUNT, Client::from_env()?)
        .on_event(print);
    let worker = tokio::spawn(worker.run_until(stop_signal()));

    let routes = Router::new()
        .route("/ready", post(insert))
        .route("/ready/{order}", get(state))
        .with_state(outbox.clone());
    let listener = TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, routes)
        .with_graceful_shutdown(stop_signal())
        .await?;

    // Waits for what is being sent.
    let report = worker.await??;
    println!("{} accepted", report.counts().accepted);
    outbox.close().await?;
    Ok(())
}
