//! A web server that sends chat messages: `cargo run --example web_handler -- <port>`, then
//! `curl http://127.0.0.1:<port>/notify -H 'content-type: application/json' -d '{"case": 28, "text": "hi"}'`.
//!
//! To the sandbox (`cargo run -p acquire-io-sandbox`): set `ACQUIRE_BASE_URL` and `ACQUIRE_API_KEY` to what it prints.
//! To your account: set `ACQUIRE_ACCOUNT_ID` and `ACQUIRE_API_KEY`.
#![allow(clippy::print_stdout, reason = "an example")]

use std::env;
use std::error::Error as StdError;

use acquire_io::{CaseId, Chat, Client, NextStep};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use tokio::net::TcpListener;

#[derive(serde::Deserialize)]
struct Notice {
    case: CaseId,
    text: String,
}

async fn notify(
    State(acquire): State<Client>,
    Json(notice): Json<Notice>,
) -> Result<String, (StatusCode, String)> {
    let chat = Chat::new(notice.case).as_agent().text(notice.text);
    // In a task of its own: a handler is dropped when its caller goes away, and the verdict would be lost with it.
    let call = tokio::spawn(acquire.send(chat).into_future()).await;
    let result = call.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    match result {
        Ok(sent) => Ok(format!("accepted: {:?}\n", sent.message_id())),
        Err(error) => {
            let status = match error.next_step() {
                NextStep::FixMessage => StatusCode::UNPROCESSABLE_ENTITY,
                NextStep::SendAgain { .. } => StatusCode::SERVICE_UNAVAILABLE,
                NextStep::FixSetup => StatusCode::INTERNAL_SERVER_ERROR,
                NextStep::LookFirst => StatusCode::BAD_GATEWAY,
            };
            Err((status, format!("{error}\n")))
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let port = env::args().nth(1).ok_or("usage: web_handler <port>")?;
    let routes = Router::new().route("/notify", post(notify));
    let listener = TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, routes.with_state(Client::from_env()?)).await?;
    Ok(())
}
