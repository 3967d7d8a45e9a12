//! Verdicts on what the client returns, with a server that answers what a test says.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use acquire_io::{CaseId, Chat, Client, Retry};

use super::support::seconds;
use crate::verdict::{Kind, Verdict, bounded};

/// A server that reads one request, answers, and hangs up. No answer: it hangs up only when the client does.
fn server(answer: Option<String>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        // The body is one JSON object.
        while !request.ends_with(b"}") {
            let read = stream.read(&mut buffer).unwrap();
            assert!(read > 0, "the client hung up");
            request.extend(&buffer[..read]);
        }
        match answer {
            Some(answer) => stream.write_all(answer.as_bytes()).unwrap(),
            None => drop(stream.read(&mut buffer)),
        }
    });
    address
}

fn client(address: SocketAddr, scheme: &str, timeout: Duration) -> Client {
    let builder = Client::builder().base_url(format!("{scheme}://{address}"));
    let builder = builder.api_key("key").timeout(timeout);
    builder.retry(Retry::never()).build().unwrap()
}

fn message() -> Chat {
    Chat::new(CaseId(1)).text("text")
}

async fn verdict(answer: String) -> Verdict {
    let client = client(server(Some(answer)), "http", seconds(60));
    Verdict::of(&client.send(message()).await)
}

async fn answered(status: &str, headers: &str, body: &str) -> Verdict {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-type: application/json\r\n");
    verdict(format!("{head}content-length: {length}\r\n\r\n{body}")).await
}

async fn refused(code: &str) -> Verdict {
    answered("400 No", "", &format!(r#"{{"error":{{"code":"{code}"}}}}"#)).await
}

#[tokio::test]
async fn what_the_server_accepts_has_its_status_and_id() {
    let verdict = answered("200 OK", "", r#"{"data":{"id":99}}"#).await;
    let expected = Verdict {
        status: Some(200),
        message_id: Some(99),
        ..Verdict::new(Kind::Accepted)
    };
    assert_eq!(verdict, expected);
}

#[tokio::test]
async fn what_the_server_refuses_has_its_status_code_and_cause() {
    let verdict = refused("ERROR_INVALID-INPUT.1").await;
    assert_eq!((verdict.kind, verdict.status), (Kind::Refused, Some(400)));
    assert_eq!(verdict.code.as_deref(), Some("ERROR_INVALID-INPUT.1"));
    assert!(verdict.cause.unwrap().contains("400"));
    let verdict = answered("403 No", "", "{}").await;
    assert_eq!((verdict.kind, verdict.code), (Kind::Refused, None));
}

#[tokio::test]
async fn a_code_that_could_repeat_content_is_left_out() {
    let longest = "C".repeat(100);
    assert_eq!(refused(&longest).await.code, Some(longest.clone()));
    for strange in [
        format!("{longest}C"),
        "hello Ann".to_owned(),
        "é".to_owned(),
    ] {
        let verdict = refused(&strange).await;
        assert_eq!((verdict.kind, verdict.code), (Kind::Refused, None));
    }
}

#[tokio::test]
async fn a_429_says_how_long_to_wait_and_a_401_is_no_refusal_of_the_message() {
    let verdict = answered("429 Wait", "retry-after: 30\r\n", "{}").await;
    assert_eq!(
        (verdict.kind, verdict.retry_after),
        (Kind::Throttled, Some(seconds(30)))
    );
    let verdict = answered("401 No", "", "{}").await;
    assert_eq!(
        (verdict.kind, verdict.status),
        (Kind::Unauthorized, Some(401))
    );
}

#[tokio::test]
async fn what_may_have_been_sent_is_unknown() {
    let verdict = answered("503 No", "", "{}").await;
    let found = (verdict.kind, verdict.status, verdict.code.as_deref());
    assert_eq!(found, (Kind::Unknown, Some(503), None));
    let hung_up = self::verdict(String::new()).await;
    let found = (hung_up.kind, hung_up.status, hung_up.code.as_deref());
    assert_eq!(found, (Kind::Unknown, None, Some("connection")));
    let client = client(server(None), "http", Duration::from_millis(200));
    let timeout = Verdict::of(&client.send(message()).await);
    let found = (timeout.kind, timeout.code.as_deref());
    assert_eq!(found, (Kind::Unknown, Some("timeout")));
}

#[tokio::test]
async fn what_was_not_sent_says_why() {
    let address = server(Some(String::new()));
    let invalid = client(address, "http", seconds(60)).send(Chat::new(CaseId(0)));
    let verdict = Verdict::of(&invalid.await);
    let found = (verdict.kind, verdict.code.as_deref());
    assert_eq!(found, (Kind::Invalid, Some("input")));

    let late = client(address, "http", seconds(60)).send(message());
    let verdict = Verdict::of(&late.begin_before(Instant::now()).await);
    let found = (verdict.kind, verdict.code.as_deref());
    assert_eq!(found, (Kind::NotSent, Some("too_late")));

    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let connect = client(address, "http", seconds(60)).send(message());
    let verdict = Verdict::of(&connect.await);
    let found = (verdict.kind, verdict.code.as_deref());
    assert_eq!(found, (Kind::NotSent, Some("connect")));
}

#[test]
fn a_text_is_one_line_and_is_cut_at_the_end_of_a_character() {
    assert_eq!(bounded("a\0b\nc\u{85}", 20), "a b c ");
    assert_eq!(bounded("né\u{1F600}", 7), "né\u{1F600}");
    assert_eq!(bounded("né\u{1F600}", 6), "né");
    assert_eq!(bounded("né\u{1F600}", 2), "n");
    assert_eq!(bounded("é", 1), "");
}
