//! The spans and events of calls, and their names.

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use acquire_io::{CaseId, Chat, Client, ContactId, Message, Outgoing, Retry};
use acquire_io_tests::Result;
use acquire_io_tests::fault::{Answer, Part, Script, Server, Step, Transport, root_certificate};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// The wrapper's spans and events, in the order in which they began.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<Item>>>);

/// A span, or an event.
struct Item {
    /// None for an event, and for a span that has closed.
    open: Option<Id>,
    depth: usize,
    level: Level,
    name: String,
    fields: Fields,
}

/// Sorted by name.
#[derive(Clone, Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Fields {
    fn is_over(&self) -> bool {
        self.0.contains_key("acquire.delivery")
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    /// Numbers too: without quotes.
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("acquire_io")
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Seen {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        if is_ours(metadata) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            let parents = context.span_scope(id).map_or(0, |scope| scope.count() - 1);
            self.push(Item {
                open: Some(id.clone()),
                depth: parents,
                level: *metadata.level(),
                name: metadata.name().to_owned(),
                fields,
            });
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut items = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(item) = items.iter_mut().find(|item| item.open.as_ref() == Some(id)) {
            values.record(&mut item.fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        if is_ours(metadata) {
            let mut fields = Fields::default();
            event.record(&mut fields);
            self.push(Item {
                open: None,
                depth: context.event_scope(event).map_or(0, Iterator::count),
                level: *metadata.level(),
                name: "event".to_owned(),
                fields,
            });
        }
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        let mut items = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for item in items.iter_mut() {
            item.open.take_if(|open| *open == id);
        }
    }
}

impl Seen {
    fn push(&self, item: Item) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(item);
    }

    /// What was seen while a message was sent to a server.
    async fn of(server: &Server, message: impl Into<Message>) -> Result<Self> {
        Self::of_call(server, |client| client.send(message)).await
    }

    /// What was seen while a call was made to a server.
    async fn of_call(server: &Server, call: impl FnOnce(&Client) -> Outgoing) -> Result<Self> {
        let client = client(server)?;
        let seen = Self::default();
        let subscriber = tracing_subscriber::registry().with(seen.clone());
        // The test's runtime has one thread, so all of the call is seen.
        let guard = tracing::subscriber::set_default(subscriber);
        // The spans show its outcome.
        let _ = call(&client).await;
        drop(guard);
        Ok(seen)
    }

    /// What was seen of a call whose future was polled until something was true, and dropped.
    async fn of_dropped(server: &Server, until: impl Future<Output = Result>) -> Result<Self> {
        let client = client(server)?;
        let seen = Self::default();
        let subscriber = tracing_subscriber::registry().with(seen.clone());
        let _guard = tracing::subscriber::set_default(subscriber);
        {
            let mut call = client.send(message()).into_future();
            let mut until = pin!(until);
            poll_fn(|cx| match call.as_mut().poll(cx) {
                Poll::Ready(_) => Poll::Ready(Err("it ended".into())),
                Poll::Pending => until.as_mut().poll(cx),
            })
            .await?;
        }
        Ok(seen)
    }

    fn spans(&self, name: &str) -> Vec<Fields> {
        let items = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let named = items.iter().filter(|item| item.name == name);
        named.map(|item| item.fields.clone()).collect()
    }

    /// With the port and the times replaced.
    fn text(&self) -> String {
        let mut text = String::new();
        for item in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            assert!(item.open.is_none(), "{} did not end", item.name);
            let indent = "  ".repeat(item.depth);
            text += &format!("{indent}{} {}\n", item.level, item.name);
            for (name, value) in &item.fields.0 {
                let value = match *name {
                    "server.port" => "<port>",
                    "acquire.elapsed_ms" => "<ms>",
                    _ => value,
                };
                text += &format!("{indent}  {name} = {value}\n");
            }
        }
        text
    }
}

fn client(server: &Server) -> Result<Client> {
    Ok(Client::builder()
        .base_url(server.base_url())
        .api_key("key")
        .retry(Retry::not_sent().delays(Duration::ZERO, Duration::ZERO))
        .root_certificates_pem(root_certificate()?)
        .build()?)
}

/// Each connection has one exchange.
fn server(answer: Answer) -> Result<Server> {
    let answer = answer.header("connection", "close");
    let steps = [Step::Message, Step::Send(Part::Whole, answer)];
    Server::start(Transport::Http1, [Script::new(steps)])
}

fn message() -> Chat {
    Chat::new(CaseId(2069)).text("hi")
}

#[tokio::test]
async fn an_accepted_call() -> Result {
    let server = server(Answer::json(200, "{}"))?;
    let seen = Seen::of(&server, message()).await?;
    insta::assert_snapshot!(seen.text());
    Ok(())
}

#[tokio::test]
async fn a_refused_call() -> Result {
    let body = json!({"error": {"code": "ERROR_INVALID_INPUT", "message": "no hi"}});
    let server = server(Answer::json(400, body.to_string()))?;
    let seen = Seen::of(&server, message()).await?;
    insta::assert_snapshot!(seen.text());
    Ok(())
}

#[tokio::test]
async fn a_call_with_an_unknown_outcome() -> Result {
    let closing = Script::new([Step::Message, Step::Close]);
    let server = Server::start(Transport::Http1, [closing])?;
    let seen = Seen::of(&server, message()).await?;
    insta::assert_snapshot!(seen.text());
    Ok(())
}

/// Something in between answered with a page.
#[tokio::test]
async fn a_call_with_an_answer_that_is_unclear() -> Result {
    let server = server(Answer::html(200, "<title>Welcome</title>"))?;
    let seen = Seen::of(&server, message()).await?;
    insta::assert_snapshot!(seen.text());
    Ok(())
}

#[tokio::test]
async fn a_call_that_is_tried_again() -> Result {
    let accepting = [
        Step::Message,
        Step::Send(Part::Whole, Answer::json(200, "{}")),
    ];
    let server = Server::start(
        Transport::Http1Tls,
        [Script::bare([Step::Close]), Script::new(accepting)],
    )?;
    let seen = Seen::of(&server, message()).await?;
    insta::assert_snapshot!(seen.text());
    Ok(())
}

#[tokio::test]
async fn a_call_that_is_rejected_before_the_wire() -> Result {
    let server = server(Answer::json(200, "{}"))?;
    let seen = Seen::of(&server, message().text("")).await?;
    insta::assert_snapshot!(seen.text());
    Ok(())
}

#[tokio::test]
async fn a_call_that_is_dropped_before_it_is_polled() -> Result {
    let server = server(Answer::json(200, "{}"))?;
    let client = client(&server)?;
    let seen = Seen::default();
    let subscriber = tracing_subscriber::registry().with(seen.clone());
    let _guard = tracing::subscriber::set_default(subscriber);
    drop(client.send(message()));
    let awaited = seen.text();
    drop(client.send(message()).into_future());
    assert_eq!(seen.text(), format!("{awaited}{awaited}"));
    insta::assert_snapshot!(awaited);
    assert!(server.received().requests.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_call_that_is_dropped_while_it_connects() -> Result {
    let connecting = Script::bare([Step::Arrival, Step::Mark, Step::UntilReleased]);
    let server = Server::start(Transport::Http1Tls, [connecting])?;
    let seen = Seen::of_dropped(&server, server.marked()).await?;
    insta::assert_snapshot!(seen.text());
    Ok(())
}

#[tokio::test]
async fn a_call_that_is_dropped_while_it_waits_for_an_answer() -> Result {
    let silent = Script::new([Step::Message, Step::Mark, Step::UntilReleased]);
    let server = Server::start(Transport::Http1, [silent])?;
    let seen = Seen::of_dropped(&server, server.marked()).await?;
    insta::assert_snapshot!(seen.text());
    Ok(())
}

/// One that was unknown stays so, whatever became of a later attempt.
#[tokio::test]
async fn a_call_that_is_dropped_after_an_attempt() -> Result {
    let closing = Script::new([Step::Message, Step::Close]);
    let connecting = Script::bare([Step::Mark, Step::Hang]);
    let server = Server::start(Transport::Http1, [closing, connecting])?;
    let client = client(&server)?;
    let seen = Seen::default();
    let subscriber = tracing_subscriber::registry().with(seen.clone());
    let _guard = tracing::subscriber::set_default(subscriber);
    {
        let again = Retry::at_least_once().delays(Duration::from_secs(3600), Duration::MAX);
        let mut call = client.send(message()).retry(again).timeout(Duration::MAX);
        call = call.stop_when(std::future::pending());
        let mut call = call.into_future();
        poll_fn(|cx| match call.as_mut().poll(cx) {
            Poll::Ready(_) => Poll::Ready(Err("it ended".to_owned())),
            // It waits for the second attempt.
            Poll::Pending if seen.spans("acquire.attempt").iter().any(Fields::is_over) => {
                Poll::Ready(Ok(()))
            }
            Poll::Pending => Poll::Pending,
        })
        .await?;
    }
    insta::assert_snapshot!(seen.text());
    Ok(())
}

/// The documented way out of a handler.
#[tokio::test]
async fn a_task_keeps_the_parent_of_its_call() -> Result {
    let server = server(Answer::json(200, r#"{"data":{"id":7}}"#))?;
    let client = client(&server)?;
    let seen = Seen::default();
    let subscriber = tracing_subscriber::registry().with(seen.clone());
    let _guard = tracing::subscriber::set_default(subscriber);
    let handler = tracing::info_span!(target: "acquire_io_tests", "handler");
    let call = handler.in_scope(|| client.send(message()));
    drop(handler);
    tokio::spawn(call.into_future()).await??;
    insta::assert_snapshot!(seen.text());
    Ok(())
}

/// The query names the contact.
#[tokio::test]
async fn the_query_is_not_in_a_span() -> Result {
    let server = server(Answer::json(200, "{}"))?;
    let seen = Seen::of(&server, message().as_contact().contact(ContactId(597_759))).await?;
    assert_eq!(seen.spans("acquire.attempt").len(), 1);
    assert!(!seen.text().contains("597759"), "{}", seen.text());
    Ok(())
}

/// As in "Semantic conventions for HTTP client spans", 1.23 and later. The snapshots show the values; this
/// names what must be there, so that no review of a snapshot lets it go.
#[tokio::test]
async fn the_names_are_those_of_opentelemetry() -> Result {
    let server = server(Answer::new(503))?;
    let port = server.address().port().to_string();
    let seen = Seen::of_call(&server, |client| {
        let again = Retry::at_least_once().attempts(2);
        let again = again.delays(Duration::ZERO, Duration::ZERO);
        client.send(message()).retry(again)
    })
    .await?;
    let attempts = seen.spans("acquire.attempt");
    assert_eq!(attempts.len(), 2);
    for (number, Fields(fields)) in attempts.iter().enumerate() {
        let value = |name: &str| fields.get(name).map(String::as_str);
        assert_eq!(value("otel.kind"), Some("\"client\""));
        assert_eq!(value("http.request.method"), Some("\"POST\""));
        assert_eq!(value("server.address"), Some("\"127.0.0.1\""));
        assert_eq!(value("server.port"), Some(port.as_str()));
        assert_eq!(
            value("url.path"),
            Some("\"/api/v1/crm/messenger/chat/add-message\"")
        );
        assert_eq!(value("http.response.status_code"), Some("503"));
        assert_eq!(value("error.type"), Some("\"503\""));
        let resent = (number > 0).then(|| number.to_string());
        assert_eq!(value("http.request.resend_count"), resent.as_deref());
    }
    Ok(())
}
