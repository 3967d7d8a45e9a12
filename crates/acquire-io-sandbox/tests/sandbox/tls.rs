//! TLS with a certificate of one's own.

use acquire_io_sandbox::Sandbox;
use reqwest::{Certificate, Client, Version};
use serde_json::json;

use crate::support::*;

#[tokio::test]
async fn both_versions_of_http_are_offered() -> Result {
    let identity = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()])?;
    let pem = identity.cert.pem();
    let builder = Sandbox::builder().tls(pem.clone(), identity.signing_key.serialize_pem());
    let sandbox = builder.start().await?;
    assert!(sandbox.base_url().starts_with("https://127.0.0.1:"));
    let root = Certificate::from_pem(pem.as_bytes())?;
    let trusting = || Client::builder().tls_certs_only([root.clone()]);
    let rows = [
        (trusting(), Version::HTTP_2),
        (trusting().http1_only(), Version::HTTP_11),
    ];
    for (builder, version) in rows {
        let client = client(builder);
        let response = post(&client, &sandbox, CHAT, chat("hi")).send().await?;
        assert_eq!(
            (response.status().as_u16(), response.version()),
            (200, version)
        );
        let rule = json!({"action": {"type": "break", "stage": "answer-body", "how": "reset"}});
        let request = post(&client, &sandbox, CHAT, chat("hi"));
        let request = request.header("x-acquire-sandbox-fault", rule.to_string());
        assert!(request.send().await?.bytes().await.is_err());
    }
    // A client without TLS harms nobody.
    raw(&sandbox, b"GET / HTTP/1.1\r\n\r\n").await?;
    sandbox.stop().await?;

    let error = Sandbox::builder().tls("", "").start().await.err().unwrap();
    assert!(error.to_string().starts_with("TLS key: "), "{error}");
    Ok(())
}
