//! `openapi/verdict-cases.json`, which callers of every language are held against: the client says the same.

use std::fs;
use std::path::Path;
use std::time::Duration;

use acquire_io::{CaseId, Chat, Client, ClientBuilder, Delivery, NextStep, Retry};
use acquire_io_tests::Result;
use acquire_io_tests::fault::{
    Answer, Identity, Part, Script, Server, Step, Transport, encoding, no_names, reserved_port,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Case {
    name: String,
    answer: Option<Answered>,
    failure: Option<String>,
    delivery: String,
    next_step: String,
    /// In seconds.
    after: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Answered {
    status: u16,
    content_type: Option<String>,
    retry_after: Option<String>,
    location: Option<String>,
    #[serde(default)]
    body: Body,
    #[serde(default)]
    gzip: bool,
    #[serde(default)]
    cut: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    Text(String),
    Bytes(Vec<u8>),
}

impl Default for Body {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// What the client says: verdict, next step, and how long to wait.
type Outcome = (String, String, Option<u64>);

impl Case {
    fn expected(&self) -> Outcome {
        (self.delivery.clone(), self.next_step.clone(), self.after)
    }

    async fn outcome(&self) -> Result<Outcome> {
        match (&self.answer, self.failure.as_deref()) {
            (Some(answer), None) => of_script(Transport::Http1, answer.script()?).await,
            (None, Some(failure)) => of_failure(failure).await,
            _ => Err("either an answer or a failure".into()),
        }
    }
}

impl Answered {
    fn script(&self) -> Result<Script> {
        let mut body = match &self.body {
            Body::Text(text) => text.clone().into_bytes(),
            Body::Bytes(bytes) => bytes.clone(),
        };
        let mut answer = Answer::new(self.status).header("connection", "close");
        if self.gzip {
            body = encoding::gzip(&body)?;
            answer = answer.header("content-encoding", "gzip");
        }
        for (name, value) in [
            ("content-type", &self.content_type),
            ("retry-after", &self.retry_after),
            ("location", &self.location),
        ] {
            if let Some(value) = value {
                answer = answer.header(name, value);
            }
        }
        answer = match self.status {
            204 | 304 => answer.without_length(),
            _ if self.cut => answer.body(body).wrong_length(100),
            _ => answer.body(body),
        };
        let steps = [Step::Message, Step::Send(Part::Whole, answer), Step::Close];
        Ok(Script::new(steps))
    }
}

async fn of_failure(failure: &str) -> Result<Outcome> {
    let tls = |identity| of_script(Transport::Http1Tls, Script::bare([Step::Tls(identity)]));
    let after_message = |steps: Vec<Step>| {
        let steps = [vec![Step::Message], steps].concat();
        of_script(Transport::Http1, Script::new(steps))
    };
    match failure {
        "connection-refused" => {
            let (_port, nobody) = reserved_port()?;
            of_call(Client::builder().base_url(format!("http://{nobody}")), LONG).await
        }
        "name-not-found" => {
            let builder = Client::builder()
                .base_url("https://nobody.example")
                .trust_host("nobody.example")
                .configure_http(no_names);
            of_call(builder, LONG).await
        }
        "closed-in-handshake" => {
            of_script(
                Transport::Http1Tls,
                Script::bare([Step::Arrival, Step::Close]),
            )
            .await
        }
        "certificate-untrusted" => tls(Identity::Untrusted).await,
        "certificate-of-another-name" => tls(Identity::OtherHost).await,
        "no-tls" => {
            let steps = [
                Step::Arrival,
                Step::Bytes(b"HTTP/1.1 400 \r\n\r\n".to_vec()),
            ];
            of_script(Transport::Http1Tls, Script::bare(steps)).await
        }
        "closed-before-answer" => after_message(vec![Step::Close]).await,
        "reset-before-answer" => after_message(vec![Step::Abort]).await,
        "closed-in-head" => {
            let half = Step::Send(Part::HalfHead, Answer::json(200, "{}"));
            after_message(vec![half, Step::Close]).await
        }
        "no-http" => {
            let greeting = Step::Bytes(b"220 mail.example ESMTP\r\n".to_vec());
            after_message(vec![greeting, Step::Close]).await
        }
        "interim-only" => {
            let hint = Step::Send(Part::Head, Answer::interim(103));
            after_message(vec![hint, Step::Close]).await
        }
        "timeout" => of_silence(None).await,
        "timeout-in-body" => {
            let half = Step::Send(Part::HalfBody, Answer::json(200, r#"{"data":{"id":1}}"#));
            of_silence(Some(half)).await
        }
        "closed-on-a-kept-connection" => of_second_message().await,
        _ => Err(format!("no server fails by {failure}").into()),
    }
}

/// Longer than any of these servers takes.
const LONG: Duration = Duration::from_secs(60);

async fn of_script(transport: Transport, script: Script) -> Result<Outcome> {
    let server = Server::start(transport, [script])?;
    let outcome = of_call(server.client()?, LONG).await?;
    let arrived = server.finish().await?.requests.len();
    let expected = usize::from(outcome.0 != Delivery::NotSent.as_str());
    assert_eq!(arrived, expected, "{outcome:?}");
    Ok(outcome)
}

/// A server that closes the connection on its second request. An HTTP library may take it for one that was idle too
/// long, and send again.
async fn of_second_message() -> Result<Outcome> {
    let accepted = Step::Send(Part::Whole, Answer::json(200, "{}"));
    let script = Script::new([Step::Message, accepted, Step::Message, Step::Close]);
    let server = Server::start(Transport::Http1, [script])?;
    let client = client(server.client()?, LONG)?;
    assert_eq!(outcome(&client).await.0, Delivery::Accepted.as_str());
    let second = outcome(&client).await;
    drop(client);
    assert_eq!(server.finish().await?.requests.len(), 2);
    Ok(second)
}

/// A server that reads the message, and never answers or stops within its answer. The limit grows until all that comes
/// has come within it.
async fn of_silence(part: Option<Step>) -> Result<Outcome> {
    let mut limit = Duration::from_millis(500);
    loop {
        let steps = [Some(Step::Message), part.clone()];
        let script = Script::new(steps.into_iter().flatten().collect::<Vec<_>>());
        let server = Server::start(Transport::Http1, [script])?;
        let outcome = of_call(server.client()?, limit).await?;
        let arrived = !server.received().requests.is_empty();
        let answered = part.is_none() || outcome.0 == Delivery::Accepted.as_str();
        if arrived && answered || limit > LONG {
            return Ok(outcome);
        }
        limit *= 2;
    }
}

async fn of_call(builder: ClientBuilder, limit: Duration) -> Result<Outcome> {
    Ok(outcome(&client(builder, limit)?).await)
}

fn client(builder: ClientBuilder, limit: Duration) -> Result<Client> {
    let builder = builder.api_key("key").retry(Retry::never());
    Ok(builder.timeout(limit).build()?)
}

async fn outcome(client: &Client) -> Outcome {
    let chat = Chat::new(CaseId(2069)).as_agent().text("hi");
    let Err(error) = client.send(chat).await else {
        return (Delivery::Accepted.to_string(), "none".to_owned(), None);
    };
    let next_step = error.next_step();
    let after = match next_step {
        NextStep::SendAgain { after } if error.status().is_some() => Some(after.as_secs()),
        _ => None,
    };
    let delivery = error.delivery().as_str().to_owned();
    (delivery, next_step.as_str().to_owned(), after)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_client_says_what_each_case_says() -> Result {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/verdict-cases.json");
    let file: File = serde_json::from_str(&fs::read_to_string(path)?)?;
    let mut wrong = Vec::new();
    for case in &file.cases {
        let outcome = case
            .outcome()
            .await
            .map_err(|error| format!("{}: {error}", case.name))?;
        if outcome != case.expected() {
            wrong.push(format!(
                "{}: {outcome:?}, not {:?}",
                case.name,
                case.expected()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
