//! The line that an operator reads, for every kind of error, and what a program reads beside it.

use std::time::{Duration, Instant};

use acquire_io::{
    CaseId, Chat, Client, ContactId, Error, Mail, Message, Outgoing, Problem, Retry, Sms,
    TimelineId,
};
use acquire_io_tests::Result;
use acquire_io_tests::fault::{
    Answer, Part, Script, Server, Step, Transport, no_names, reserved_port,
};
use serde_json::json;

const TEXT: &str = "Your flat is at 12 Elm Street";

/// The errors' lines, for the snapshot.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, case: &str, error: &Error) {
        let predicates = [
            ("input", error.is_input()),
            ("timeout", error.is_timeout()),
            ("connect", error.is_connect()),
            ("tls", error.is_tls()),
            ("too late", error.is_too_late()),
        ];
        let predicates: Vec<_> = predicates
            .iter()
            .filter(|(_, holds)| *holds)
            .map(|(name, _)| *name)
            .collect();
        let mut columns = vec![
            format!("{:?}", error.delivery()),
            error.next_step().as_str().to_owned(),
            format!("kind {}", error.kind()),
            format!("attempts {}", error.attempts()),
        ];
        let mut add = |name: &str, value: Option<String>| {
            columns.extend(value.map(|value| format!("{name} {value}")));
        };
        add(
            "is",
            (!predicates.is_empty()).then(|| predicates.join(" + ")),
        );
        let fields: Vec<_> = error.problems().iter().map(Problem::field).collect();
        add("fields", (!fields.is_empty()).then(|| fields.join(" ")));
        add(
            "status",
            error.status().map(|status| status.as_u16().to_string()),
        );
        add("code", error.code().map(|code| format!("{code:?}")));
        add(
            "retry after",
            error.retry_after().map(|wait| format!("{wait:?}")),
        );
        add("request", error.request_id().map(str::to_owned));
        let columns = columns.join(" | ");
        self.0 += &format!("# {case}\n{error}\n{columns}\n\n");
    }

    /// Sends, and adds the failure.
    async fn send(&mut self, case: &str, outgoing: Outgoing) -> Result {
        match outgoing.await {
            Ok(_) => Err(format!("{case}: accepted").into()),
            Err(error) => {
                self.add(case, &error);
                Ok(())
            }
        }
    }

    /// Sends a message to a server that gives this answer.
    async fn answer(&mut self, case: &str, answer: Answer) -> Result {
        let server = serving([Step::Message, Step::Send(Part::Whole, answer)])?;
        self.send(case, message(&client(&server)?)).await
    }

    fn finish(self) -> String {
        self.0.trim_end().to_owned()
    }
}

fn serving(steps: impl Into<Vec<Step>>) -> Result<Server> {
    Server::start(Transport::Http1, [Script::new(steps)])
}

fn client(server: &Server) -> Result<Client> {
    client_of(&server.base_url())
}

fn client_of(base_url: &str) -> Result<Client> {
    Ok(Client::builder()
        .base_url(base_url)
        .api_key("key")
        .retry(Retry::never())
        .build()?)
}

fn message(client: &Client) -> Outgoing {
    client.send(Chat::new(CaseId(2069)).text(TEXT))
}

#[tokio::test]
async fn rejected_before_the_wire() -> Result {
    let mut lines = Lines::default();
    // `messages/input_checks.rs` shows that nothing is sent.
    let client = client_of("http://127.0.0.1:1")?;
    let chat = || Chat::new(CaseId(1)).text(TEXT);
    let mail = || {
        Mail::new(CaseId(1), ContactId(2))
            .from("us@example.com")
            .to("you@example.com")
            .subject("Hello")
            .html("<p>Hello</p>")
    };
    let sms = || {
        Sms::new(CaseId(1), ContactId(2), TimelineId(3))
            .from("+12513188609")
            .to("+919666929552")
            .text(TEXT)
    };
    let without_recipient = Mail::new(CaseId(1), ContactId(2)).from("us@example.com");
    let messages: [(&str, Message); 15] = [
        ("case", Chat::new(CaseId(0)).text(TEXT).into()),
        ("contact", chat().as_contact().contact(ContactId(-5)).into()),
        ("contact", Mail::new(CaseId(1), ContactId(0)).into()),
        (
            "timeline",
            Sms::new(CaseId(1), ContactId(2), TimelineId(0)).into(),
        ),
        ("no text", Chat::new(CaseId(1)).into()),
        ("empty text", chat().note(" \n").into()),
        ("empty text of an SMS", sms().text("").into()),
        ("language", chat().translate_lang_key("english!").into()),
        ("phone number", sms().from("0800-FLOWERS").into()),
        ("address", mail().to("you@").into()),
        (
            "address with a name",
            mail().cc("You <you@example.com>").into(),
        ),
        ("no recipient", without_recipient.into()),
        ("empty HTML", mail().html("").into()),
        (
            "no place for an addition",
            chat().json("/nowhere/x", 1).into(),
        ),
        ("data of another kind", chat().meta([1]).into()),
    ];
    for (case, message) in messages {
        lines.send(case, client.send(message)).await?;
    }
    insta::assert_snapshot!(lines.finish());
    Ok(())
}

#[tokio::test]
async fn without_an_answer() -> Result {
    let mut lines = Lines::default();

    let (_port, nobody) = reserved_port()?;
    let refused = client_of(&format!("http://{nobody}"))?;
    lines.send("connection refused", message(&refused)).await?;

    let no_name = Client::builder()
        .base_url("https://no-such-host.example")
        .trust_host("no-such-host.example")
        .api_key("key")
        .configure_http(no_names)
        .build()?;
    lines
        .send("no such host", message(&no_name).retry(Retry::never()))
        .await?;

    let plain = serving([Step::Arrival, Step::Bytes(b"HTTP/1.1 400 \r\n\r\n".into())])?;
    let to_plain = client_of(&plain.base_url().replace("http:", "https:"))?;
    lines
        .send("a server without TLS", message(&to_plain))
        .await?;

    let untrusted = Server::start(Transport::Http1Tls, [Script::new([])])?;
    lines
        .send("a certificate by nobody", message(&client(&untrusted)?))
        .await?;

    let handshake_hangs = Server::start(Transport::Http1Tls, [Script::bare([Step::Hang])])?;
    let hasty = Client::builder()
        .base_url(handshake_hangs.base_url())
        .api_key("key")
        .connect_timeout(Duration::from_millis(200))
        .retry(Retry::never())
        .build()?;
    lines.send("no connection in time", message(&hasty)).await?;

    let past = message(&refused).begin_before(Instant::now() - Duration::from_secs(1));
    lines.send("too late to begin", past).await?;

    let hangs = serving([Step::Message, Step::Hang])?;
    lines
        .send(
            "no answer in time",
            message(&client(&hangs)?).timeout(Duration::from_secs(1)),
        )
        .await?;
    let aborts = serving([Step::Message, Step::Abort])?;
    lines.send("reset", message(&client(&aborts)?)).await?;
    let closes = serving([Step::Message, Step::Close])?;
    lines.send("closed", message(&client(&closes)?)).await?;
    let cut = serving([
        Step::Message,
        Step::Send(Part::HalfHead, Answer::json(200, "{}")),
        Step::Close,
    ])?;
    lines
        .send("an answer cut in its head", message(&client(&cut)?))
        .await?;
    insta::assert_snapshot!(lines.finish());
    Ok(())
}

#[tokio::test]
async fn with_an_answer() -> Result {
    let envelope = |status, code: &str, message: &str| {
        let body = json!({"error": {"code": code, "message": message, "data": null}});
        Answer::json(status, body.to_string())
    };
    let mut lines = Lines::default();
    for (case, answer) in [
        (
            "a redirect",
            Answer::new(302).header("location", "https://example.com/"),
        ),
        (
            "the documented envelope",
            envelope(400, "ERROR_INVALID_INPUT", "caseId is required")
                .header("x-request-id", "8c7d"),
        ),
        (
            "a page",
            Answer::html(
                400,
                "<!doctype html>\n<html><head><TITLE>\n  Bad\tRequest </TITLE></head>more</html>",
            ),
        ),
        ("nothing", Answer::new(400)),
        (
            "JSON of another form",
            Answer::json(400, r#"{"why": "no"}"#),
        ),
        (
            "a long text",
            Answer::new(400).body("too long ".repeat(100_000)),
        ),
        (
            "a text with line breaks and escapes",
            envelope(400, "A\u{1b}[31m", "one\r\ntwo\u{1b}[31m\tthree\0"),
        ),
        (
            "a message that repeats content",
            envelope(
                400,
                "ERROR_INVALID_INPUT",
                &format!("can't send {TEXT:?}: too rude"),
            ),
        ),
        (
            "a wrong key",
            envelope(401, "ERROR_UNAUTHORIZED", "Unauthorized"),
        ),
        (
            "a key without the permission",
            envelope(403, "ERROR_UNAUTHORIZED_ACCESS", "Access denied"),
        ),
        (
            "no such record",
            envelope(404, "ERROR_RECORD_NOT_FOUND", "Case not found"),
        ),
        ("a timeout of the server's", Answer::new(408)),
        (
            "too many requests",
            Answer::json(429, r#"{"message": "slow down"}"#).header("retry-after", "7"),
        ),
        (
            "too many requests, until a date that has passed",
            Answer::new(429).header("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"),
        ),
        (
            "a failure of the server",
            envelope(500, "ERROR_SERVER_ERROR", "Something went wrong"),
        ),
        (
            "a failure of a proxy",
            Answer::html(502, "<html><title>502 Bad Gateway</title></html>")
                .header("x-correlation-id", "proxy-1"),
        ),
        (
            "down for maintenance",
            Answer::new(503)
                .body("Back soon")
                .header("retry-after", "120"),
        ),
        (
            "an error with status 200",
            envelope(200, "CHAT_ALREADY_JOINED", "You have already joined"),
        ),
        (
            "a text in place of the envelope's object",
            Answer::json(200, r#"{"error": "no such inbox"}"#),
        ),
        ("a status of no standard", Answer::new(799)),
        (
            "a page with status 200",
            Answer::html(200, "<html><title>Log in</title></html>"),
        ),
        (
            "an error that says nothing, with status 200",
            Answer::json(200, r#"{"error": true}"#),
        ),
        (
            "too many requests, for a time that can't be read",
            Answer::new(429).header("retry-after", "soon"),
        ),
        (
            "too many requests, for a time with decimals",
            Answer::new(429).header("retry-after", "1.5"),
        ),
        (
            "a proxy that wants a password",
            Answer::html(407, "<title>Proxy Authentication Required</title>"),
        ),
        ("a client that closed, says a proxy", Answer::new(499)),
    ] {
        lines.answer(case, answer).await?;
    }

    let down = serving([
        Step::Message,
        Step::Send(Part::Whole, Answer::new(503).header("connection", "close")),
    ])?;
    let often = Retry::at_least_once().delays(Duration::ZERO, Duration::ZERO);
    lines
        .send(
            "the last of several attempts",
            message(&client(&down)?).retry(often),
        )
        .await?;
    insta::assert_snapshot!(lines.finish());
    Ok(())
}

/// Looking for a lot of content would take long. Then the error shows nothing of the server's message, which
/// `server_message` still returns.
#[tokio::test]
async fn a_refusal_that_repeats_a_part_of_a_long_mail() -> Result {
    for (lines, length, shown) in [
        (5_000, 700, ": […]is long"),
        (5_000, 800, ""),
        (180_000, 800, ""),
    ] {
        // 45 bytes each, of which none is like another.
        let html: String = (0..lines)
            .map(|line| format!("<p>{line:07} your flat is at {line:07} Elm St.</p>"))
            .collect();
        let start = html.len() / 2;
        let repeated = &html[start..start + length];
        let body = json!({"error": {"code": "TOO_LONG", "message": format!("{repeated} is long")}});
        let server = Server::answering(Answer::json(400, body.to_string()))?;
        let mail = Mail::new(CaseId(1), ContactId(2))
            .from("us@example.com")
            .to("you@example.com")
            .subject("")
            .html(&html);
        let error = client(&server)?.send(mail).await.err();
        let error = error.ok_or("it was accepted")?;
        assert_eq!(
            error.to_string(),
            format!(
                "sendMailMessage: 400 Bad Request, TOO_LONG{shown}; refused: fix the message, then send it"
            ),
            "{lines}"
        );
        assert!(!format!("{error:?}").contains("flat"), "{lines}");
        let message = error.server_message().ok_or("no message")?;
        assert!(message.contains(repeated), "{lines}");
    }
    Ok(())
}
