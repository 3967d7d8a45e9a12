//! A service that notifies customers about orders by chat, e-mail and SMS: `cargo run --example orders -- <port>`,
//! then `curl http://127.0.0.1:<port>/orders/17/ready -H 'content-type: application/json' -d '{"chat": {"case": 28}}'`.
//! It prints a line for each call. It exits only when it has the verdict of every message.
//!
//! With the sandbox: run `cargo run -p acquire-io-sandbox`, and set `ACQUIRE_BASE_URL` and `ACQUIRE_API_KEY` to what it
//! prints. With your account: set `ACQUIRE_ACCOUNT_ID` and `ACQUIRE_API_KEY`.
#![allow(clippy::print_stdout, reason = "an example")]

use std::env;
use std::error::Error as StdError;
use std::time::Duration;

use acquire_io::{
    CaseId, Channel, Chat, Client, ContactId, Mail, Message, MessageId, NextStep, Sms, TimelineId,
};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::task::JoinError;
use tracing_subscriber::fmt::{self, format::FmtSpan};
use tracing_subscriber::prelude::*;

/// The channels to notify the customer through.
#[derive(Deserialize)]
struct Ready {
    chat: Option<ByChat>,
    mail: Option<ByMail>,
    sms: Option<BySms>,
}

#[derive(Deserialize)]
struct ByChat {
    case: CaseId,
}

#[derive(Deserialize)]
struct ByMail {
    case: CaseId,
    contact: ContactId,
    from: String,
    to: Vec<String>,
}

#[derive(Deserialize)]
struct BySms {
    case: CaseId,
    contact: ContactId,
    timeline: TimelineId,
    from: String,
    to: String,
}

impl Ready {
    fn messages(self, order: u64) -> Vec<Message> {
        let text = format!("Your order {order} is ready.");
        let chat = self
            .chat
            .map(|by| Chat::new(by.case).as_agent().text(&text).into());
        let mail = self.mail.map(|by| {
            let mail = Mail::new(by.case, by.contact).from(by.from).to(by.to);
            mail.subject("Your order")
                .html(format!("<p>{text}</p>"))
                .into()
        });
        let sms = self.sms.map(|by| {
            let sms = Sms::new(by.case, by.contact, by.timeline);
            sms.from(by.from).to(by.to).text(&text).into()
        });
        [chat, mail, sms].into_iter().flatten().collect()
    }
}

/// The outcome of one message, and the next step.
#[derive(Serialize)]
struct Outcome {
    channel: Channel,
    message: Option<MessageId>,
    next_step: Option<&'static str>,
    error: Option<String>,
}

async fn ready(
    State(acquire): State<Client>,
    Path(order): Path<u64>,
    Json(ready): Json<Ready>,
) -> Result<Json<Vec<Outcome>>, (StatusCode, String)> {
    let messages = ready.messages(order);
    // All or none: if one message is invalid, nothing is sent.
    for message in &messages {
        let invalid = |error| (StatusCode::UNPROCESSABLE_ENTITY, format!("{error}\n"));
        message.check().map_err(invalid)?;
    }
    let span = tracing::info_span!("order", order);
    let calls = messages.into_iter().map(|message| {
        // Made within the span, so that the span is the call's parent in any task.
        let call = span.in_scope(|| acquire.send(message).into_future());
        // In a task: this handler is dropped when its caller goes away, and the verdict would be lost.
        tokio::spawn(outcome(call))
    });
    let outcomes: Result<_, _> = join_all(calls).await.into_iter().collect();
    let panicked = |error: JoinError| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
    outcomes.map(Json).map_err(panicked)
}

/// Handles the result of a call, of any channel.
async fn outcome(call: <acquire_io::Outgoing as IntoFuture>::IntoFuture) -> Outcome {
    match call.await {
        Ok(sent) => Outcome {
            channel: sent.channel(),
            message: sent.message_id(),
            next_step: None,
            error: None,
        },
        Err(error) => {
            let next_step = error.next_step();
            match next_step {
                // The sender of the event sends it again.
                NextStep::SendAgain { .. } | NextStep::FixMessage => tracing::info!(%error),
                NextStep::FixSetup => tracing::error!(%error, "no message can be sent"),
                NextStep::LookFirst => tracing::warn!(%error, "somebody has to look"),
            }
            Outcome {
                channel: error.channel(),
                message: None,
                next_step: Some(next_step.as_str()),
                error: Some(error.to_string()),
            }
        }
    }
}

/// Ctrl-C, or SIGTERM from systemd, Docker or Kubernetes.
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
    println!("stopping");
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let port = env::args().nth(1).ok_or("usage: orders <port>")?;
    // A line for each event, and for each span when it ends, with all its fields.
    tracing_subscriber::registry()
        .with(
            fmt::layer()
                .with_ansi(false)
                .with_span_events(FmtSpan::CLOSE),
        )
        .with(tracing_subscriber::filter::LevelFilter::INFO)
        .init();

    let acquire = Client::from_env()?;
    let routes = Router::new().route("/orders/{order}/ready", post(ready));
    let listener = TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, routes.with_state(acquire.clone()))
        .with_graceful_shutdown(stop_signal())
        .await?;

    // Waits for calls whose callers went away. No call takes longer than this.
    let left = acquire
        .drain(acquire.timeout() + Duration::from_secs(1))
        .await;
    println!("stopped, {left} messages have no verdict");
    Ok(())
}
