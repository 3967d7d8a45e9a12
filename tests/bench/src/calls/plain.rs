use std::net::SocketAddr;
use std::time::Duration;

use acquire_io::types::{ChatMessageResponse, SmsResponse};
use anyhow::ensure;
use reqwest::redirect::Policy;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{CASE, CONTACT, Call, FROM, KEY, SMS_CASE, TEXT, TIMELINE, TO};

pub(super) struct Plain {
    client: reqwest::Client,
    base: String,
}

pub(super) struct PlainChat(pub(super) Plain);

pub(super) struct PlainSms(pub(super) Plain);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChatRequest<'a> {
    case_id: i64,
    message: ChatMessage<'a>,
}

#[derive(Serialize)]
struct ChatMessage<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SmsRequest<'a> {
    #[serde(rename = "Body")]
    body: &'a str,
    #[serde(rename = "From")]
    from: &'a str,
    #[serde(rename = "To")]
    to: &'a str,
    contact_id: i64,
    id: i64,
    is_closed: bool,
    is_multi_channel: bool,
    mark_value: String,
    message: &'a str,
    msg_type: &'a str,
    sms: &'a str,
    thread_id: i64,
    timeline_id: i64,
    title: &'a str,
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
        let base = format!("http://{server}/api/v1");
        Ok(Self { client, base })
    }

    async fn send<A: DeserializeOwned>(
        &self,
        path: &str,
        user_type: Option<&str>,
        request: &impl Serialize,
    ) -> anyhow::Result<A> {
        let mut call = self.client.post(format!("{}{path}", self.base));
        if let Some(user_type) = user_type {
            call = call.query(&[("x-user-type", user_type)]);
        }
        let response = call.bearer_auth(KEY).json(request).send().await?;
        Ok(response.error_for_status()?.json().await?)
    }
}

impl Call for PlainChat {
    async fn call(&self) -> anyhow::Result<()> {
        let request = ChatRequest {
            case_id: CASE,
            message: ChatMessage {
                kind: "message",
                message: TEXT,
            },
        };
        let path = "/crm/messenger/chat/add-message";
        let answer: ChatMessageResponse = self.0.send(path, Some("user"), &request).await?;
        ensure!(answer.data.is_some());
        Ok(())
    }
}

impl Call for PlainSms {
    async fn call(&self) -> anyhow::Result<()> {
        let request = SmsRequest {
            body: TEXT,
            from: FROM,
            to: TO,
            contact_id: CONTACT,
            id: SMS_CASE,
            is_closed: false,
            is_multi_channel: false,
            mark_value: format!("<p>{TEXT}</p>"),
            message: TEXT,
            msg_type: "message",
            sms: TEXT,
            thread_id: SMS_CASE,
            timeline_id: TIMELINE,
            title: TEXT,
        };
        let answer: SmsResponse = self.0.send("/voip/send-sms", None, &request).await?;
        ensure!(answer.data.is_some());
        Ok(())
    }
}
