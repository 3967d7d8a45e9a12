use std::net::SocketAddr;

use acquire_io::{CaseId, Client};
use anyhow::ensure;

use super::{CASE, Call, KEY, TEXT};

pub(super) struct Ours(Client);

impl Ours {
    pub(super) fn new(server: SocketAddr) -> anyhow::Result<Self> {
        let client = Client::builder()
            .base_url(format!("http://{server}"))
            .api_key(KEY)
            .build()?;
        Ok(Self(client))
    }
}

impl Call for Ours {
    async fn call(&self) -> anyhow::Result<()> {
        let sent = self
            .0
            .chat(CaseId(CASE))
            .text(TEXT)
            .as_agent()
            .send()
            .await?;
        ensure!(sent.message_id().is_some());
        Ok(())
    }
}
