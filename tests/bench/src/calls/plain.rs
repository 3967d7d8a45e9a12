use std::net::SocketAddr;
use std::time::Duration;

use acquire_io::types::ChatMessageResponse;
use anyhow::ensure;
use reqwest::redirect::Policy;
use serde::Serialize;

use super::{CASE, Call, KEY, TEXT};

pub(super) struct Plain {
    client: reqwest::Client,
    url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    case_id: i64,
    message: Message<'a>,
}

#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    message: &'a str,
}

impl Plain {
    pub(super) fn new(server: SocketAddr) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(30))
            .redirect(Policy::none())
            .no_proxy()
            .user_agent("plain")
            .build()?;
        let url = format!("http://{server}/api/v1/crm/messenger/chat/add-message");
        Ok(Self { client, url })
    }
}

impl Call for Plain {
    async fn call(&self) -> anyhow::Result<()> {
        let request = Request {
            case_id: CASE,
            message: Message {
                kind: "message",
                message: TEXT,
            },
        };
        let response = self
            .client
            .post(&self.url)
            .query(&[("x-user-type", "user")])
            .bearer_auth(KEY)
            .json(&request)
            .send()
            .await?;
        let answer: ChatMessageResponse = response.error_for_status()?.json().await?;
        ensure!(answer.data.is_some());
        Ok(())
    }
}
