use std::net::SocketAddr;

use anyhow::ensure;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use super::{Call, KEY};

pub(super) struct Hyper {
    connection: Mutex<SendRequest<Full<Bytes>>>,
    host: String,
}

impl Hyper {
    pub(super) async fn new(server: SocketAddr) -> anyhow::Result<Self> {
        let stream = TokioIo::new(TcpStream::connect(server).await?);
        let (sender, connection) = handshake(stream).await?;
        tokio::spawn(connection);
        Ok(Self {
            connection: Mutex::new(sender),
            host: server.to_string(),
        })
    }
}

impl Call for Hyper {
    async fn call(&self) -> anyhow::Result<()> {
        const BODY: &[u8] =
            br#"{"caseId":2069,"message":{"message":"Hey added from the api","type":"message"}}"#;
        let request =
            hyper::Request::post("/api/v1/crm/messenger/chat/add-message?x-user-type=user")
                .header(HOST, &self.host)
                .header(AUTHORIZATION, format!("Bearer {KEY}"))
                .header(CONTENT_TYPE, "application/json")
                .body(Full::new(Bytes::from_static(BODY)))?;
        let mut connection = self.connection.lock().await;
        connection.ready().await?;
        let response = connection.send_request(request).await?;
        ensure!(response.status().is_success());
        response.into_body().collect().await?;
        Ok(())
    }
}
