use std::net::SocketAddr;

use acquire_io::{CaseId, Channel, Chat, Client, ContactId, Mail, Message, Sent, Sms, TimelineId};
use anyhow::ensure;

use super::{CASE, CONTACT, Call, FROM, KEY, SMS_CASE, TEXT, TIMELINE, TO};

pub(super) struct Ours {
    client: Client,
    channel: Channel,
    typed: bool,
}

impl Ours {
    pub(super) fn new(server: SocketAddr, channel: Channel, typed: bool) -> anyhow::Result<Self> {
        let client = Client::builder()
            .base_url(format!("http://{server}"))
            .api_key(KEY)
            .build()?;
        Ok(Self {
            client,
            channel,
            typed,
        })
    }
}

impl Ours {
    pub(super) async fn send(&self) -> anyhow::Result<Sent> {
        let message: Message = match self.channel {
            Channel::Sms => Sms::new(CaseId(SMS_CASE), ContactId(CONTACT), TimelineId(TIMELINE))
                .from(FROM)
                .to(TO)
                .text(TEXT)
                .title(TEXT)
                .into(),
            Channel::Mail => Mail::new(CaseId(SMS_CASE), ContactId(CONTACT))
                .from("user@acquire.io")
                .to("ann@example.com")
                .subject(TEXT)
                .html(TEXT)
                .into(),
            Channel::Chat => Chat::new(CaseId(CASE)).text(TEXT).as_agent().into(),
        };
        Ok(self.client.send(message).await?)
    }
}

impl Call for Ours {
    async fn call(&self) -> anyhow::Result<()> {
        let sent = self.send().await?;
        match (self.typed, self.channel) {
            (false, _) => ensure!(sent.attempts() == 1),
            (true, Channel::Sms) => ensure!(sent.sms()?.data.is_some()),
            (true, _) => ensure!(sent.chat()?.data.is_some()),
        }
        Ok(())
    }
}
