//! Tests a program's own code, once with the sandbox and once with a mock: `cargo test --example test_own_code`.
//! As a program it sends the message: `cargo run --example test_own_code -- <case> <order>`.
//!
//! With the sandbox: run `cargo run -p acquire-io-sandbox`, and set `ACQUIRE_BASE_URL` and `ACQUIRE_API_KEY` to what it
//! prints. With your account: set `ACQUIRE_ACCOUNT_ID` and `ACQUIRE_API_KEY`.

use std::env;

use acquire_io::{CaseId, Chat, Client, Error};

/// The code to test.
async fn announce(acquire: &Client, case: CaseId, order: &str) -> Result<(), Error> {
    let text = format!("Order {order} is ready");
    acquire.send(Chat::new(case).as_agent().text(text)).await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [case, order] = arguments.as_slice() else {
        return Err("usage: test_own_code <case> <order>".into());
    };
    Ok(announce(&Client::from_env()?, CaseId(case.parse()?), order).await?)
}

#[cfg(test)]
mod tests {
    use acquire_io::Delivery;
    use acquire_io_mock::{MockServer, MockServerExt, client};
    use acquire_io_sandbox::{Sandbox, Verdict};
    use serde_json::Value;

    use super::*;

    #[tokio::test]
    async fn the_message_arrives() {
        let sandbox = Sandbox::start().await.unwrap();
        let acquire = Client::builder()
            .base_url(sandbox.base_url())
            .api_key(sandbox.api_key());
        announce(&acquire.build().unwrap(), CaseId(28), "17")
            .await
            .unwrap();

        let received = sandbox.received();
        assert_eq!(received.len(), 1);
        assert_eq!(received[0].verdict, Verdict::Accepted);
        let body: Value = serde_json::from_slice(&received[0].body).unwrap();
        assert_eq!(body["message"]["message"], "Order 17 is ready");
    }

    #[tokio::test]
    async fn a_failure_of_the_server_is_not_retried() {
        let server = MockServer::start_async().await;
        let mock = server.send_chat_message(|_, then| {
            then.error(500, "ERROR_SERVER_ERROR", "try later");
        });
        let acquire = client(&server).build().unwrap();
        let error = announce(&acquire, CaseId(28), "17").await.unwrap_err();
        assert_eq!(error.delivery(), Delivery::Unknown);
        mock.assert_calls(1);
    }
}
