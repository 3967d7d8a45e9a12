//! Sends one message with reqwest and serde, by hand.

use std::env::var;

use reqwest::redirect::Policy;
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    case_id: i64,
    message: NewMessage<'a>,
}

#[derive(Serialize)]
struct NewMessage<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    message: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    data: Option<Message>,
}

#[derive(Deserialize)]
struct Message {
    id: i64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = reqwest::Client::builder()
        .redirect(Policy::none())
        .build()?;
    let request = Request {
        case_id: 2069,
        message: NewMessage {
            kind: "message",
            message: "Hey",
        },
    };
    let account = var("ACQUIRE_ACCOUNT_ID")?;
    let answer: Answer = client
        .post(format!(
            "https://{account}.acquire.io/api/v1/crm/messenger/chat/add-message"
        ))
        .query(&[("x-user-type", "user")])
        .bearer_auth(var("ACQUIRE_API_KEY")?)
        .json(&request)
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    let message = answer.data.ok_or("no message in the answer")?;
    if message.id <= 0 {
        return Err("a message without an ID".into());
    }
    Ok(())
}
