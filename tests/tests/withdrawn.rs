//! A call that runs out of time while it waits for its turn on an HTTP/2 connection is not sent, and stays so when its
//! turn comes.

use std::sync::Arc;
use std::time::Duration;

use acquire_io::{CaseId, Client, Delivery, Retry};
use acquire_io_tests::{Result, http_client};
use bytes::Bytes;
use http::Response;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};

/// Takes one request at a time. Tells each body, whole or not, and answers the second request when it is let go.
async fn serve(
    stream: TcpStream,
    bodies: mpsc::UnboundedSender<String>,
    let_go: Arc<Notify>,
) -> Result {
    let mut connection = h2::server::Builder::new()
        .max_concurrent_streams(1)
        .handshake::<_, Bytes>(stream)
        .await?;
    let mut number = 0;
    while let Some(request) = connection.accept().await {
        let (request, mut answer) = request?;
        number += 1;
        let (bodies, let_go, is_second) = (bodies.clone(), Arc::clone(&let_go), number == 2);
        tokio::spawn(async move {
            let mut body = request.into_body();
            let mut received = Vec::new();
            while let Some(Ok(data)) = body.data().await {
                received.extend_from_slice(&data);
                body.flow_control().release_capacity(data.len())?;
            }
            bodies.send(String::from_utf8_lossy(&received).into_owned())?;
            if is_second {
                let_go.notified().await;
            }
            let mut body = answer.send_response(Response::new(()), false)?;
            body.send_data(Bytes::from_static(b"{\"data\":{\"id\":1}}"), true)?;
            Result::Ok(())
        });
    }
    Ok(())
}

async fn run() -> Result {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let (bodies, mut received) = mpsc::unbounded_channel();
    let let_go = Arc::new(Notify::new());
    let server = tokio::spawn({
        let let_go = Arc::clone(&let_go);
        async move { serve(listener.accept().await?.0, bodies, let_go).await }
    });
    let client = Client::builder()
        .base_url(base_url)
        .api_key("key")
        .retry(Retry::never())
        .http_client(http_client::own().http2_prior_knowledge().build()?)
        .build()?;
    let chat = |text: &str| client.chat(CaseId(1)).text(text);

    chat("first").send().await?;
    let second = tokio::spawn(chat("second").send());
    let mut told = Vec::new();
    while told.len() < 2 {
        told.push(received.recv().await.ok_or("the server ended")?);
    }
    let late = chat("late").timeout(Duration::from_millis(200));
    let error = late.send().await.err().ok_or("it was accepted")?;
    assert_eq!(error.delivery(), Delivery::NotSent, "{error}");
    assert!(error.is_timeout());

    let_go.notify_one();
    second.await??;
    // Whatever the connection still has to send goes before this one.
    chat("last").send().await?;
    drop(client);
    server.abort();
    while let Some(body) = received.recv().await {
        told.push(body);
    }
    let count = |text: &str| told.iter().filter(|body| body.contains(text)).count();
    assert_eq!(
        ["first", "second", "last"].map(count),
        [1, 1, 1],
        "{told:?}"
    );
    assert_eq!(count("late"), 0, "{told:?}");
    Ok(())
}

#[tokio::test]
async fn in_one_thread() -> Result {
    run().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_two_threads() -> Result {
    for _ in 0..10 {
        run().await?;
    }
    Ok(())
}
