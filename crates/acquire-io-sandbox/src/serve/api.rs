//! A request to the API: checked, recorded, then answered or failed on purpose.

use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use serde_json::Value;
use tokio::sync::SemaphorePermit;
use tokio::time::sleep;

use super::body::{End, Reader};
use crate::account::User;
use crate::answer::{compose, make_strange};
use crate::check::{self, Endpoint, Operation, Query};
use crate::fault::{Action, Facts, Fault, FaultRule, Phase, Stage};
use crate::ledger::{Received, Summary, Verdict, timestamp};
use crate::net::Connection;
use crate::refusal::{Refusal, json_answer};
use crate::server::Server;

/// The longest small body, in bytes.
const SMALL: usize = 256 << 10;

pub(super) async fn handle(State(server): State<Arc<Server>>, request: Request) -> Response {
    let (mut head, body) = request.into_parts();
    let connection: Connection = head.extensions.remove().unwrap_or_default();
    let endpoint = server.document.at(head.uri.path());
    let operation = endpoint.map(|endpoint| endpoint.operation);
    let own_rule = FaultRule::of_request(&head.headers);
    let rule = own_rule.as_ref().ok().and_then(Option::as_ref);
    let mut exchange = Exchange::new(&server, head, operation, body);

    let facts = Facts::new(operation, None);
    let early = server.rules.choose(Phase::Head, &facts, rule);
    exchange.fault(&early);
    sleep_for(early.delay).await;
    if let Some(stage) = early.stops_at() {
        let end = match stage {
            Stage::Head => End::Enough,
            _ => {
                let part = early.part();
                let _room = server.room_for(part).await;
                exchange.reader.read(part, server.body_limit).await
            }
        };
        exchange.record(end, Verdict::Unread, None);
        match early.stop(&connection).await {}
    }

    let mut room = server.room_for(SMALL).await;
    let mut end = exchange.reader.read(SMALL, server.body_limit).await;
    if end == End::Enough {
        room = server.room_for(usize::MAX).await;
        end = exchange.reader.read(usize::MAX, server.body_limit).await;
    }
    exchange.body = exchange.reader.take();
    let unread = match end {
        // A client that closed only its sending side can still read the answer.
        End::Broken => Some(Refusal::invalid("the body is incomplete")),
        End::Late => Some(Refusal::late(server.client_timeout)),
        _ => None,
    };
    if let Some(refusal) = unread {
        let answer = refusal.answer();
        exchange.reason = Some(refusal.message);
        exchange.record(end, Verdict::Unread, Some(&answer));
        return answer.map(Body::from);
    }
    let checked = match &own_rule {
        Ok(_) => server.check(endpoint, &exchange.head, &exchange.body, end),
        Err(refusal) => Err(refusal.clone()),
    };
    let request = checked.as_ref().ok().map(|checked| &checked.request);
    let facts = Facts::new(operation, request);
    let late = server.rules.choose(Phase::Received, &facts, rule);
    exchange.fault(&late);
    let (verdict, answer) = match late.answer() {
        Some((answer, false)) => (Verdict::Unread, answer),
        replaced => {
            let (verdict, answer) = match checked.and_then(|it| server.accept(&it, &late)) {
                Ok(answer) => (Verdict::Accepted, json_answer(StatusCode::OK, &answer)),
                Err(refusal) => {
                    let answer = refusal.answer();
                    exchange.reason = Some(refusal.message);
                    (Verdict::Refused, answer)
                }
            };
            (verdict, replaced.map_or(answer, |(answer, _)| answer))
        }
    };
    if late.stops_at() == Some(Stage::Received) {
        exchange.record(end, verdict, None);
        drop(room);
        sleep_for(late.delay).await;
        match late.stop(&connection).await {}
    }
    exchange.record(end, verdict, Some(&answer));
    drop(room);
    sleep_for(late.delay).await;
    late.cut(answer, &connection)
}

async fn sleep_for(delay: Duration) {
    if !delay.is_zero() {
        sleep(delay).await;
    }
}

/// A request until it is recorded, which happens even if the client disconnects.
struct Exchange<'a> {
    server: &'a Server,
    head: Parts,
    operation: Option<Operation>,
    reader: Reader,
    body: Bytes,
    fault: Option<String>,
    reason: Option<String>,
    time: SystemTime,
    begun: Instant,
    is_recorded: bool,
}

impl<'a> Exchange<'a> {
    fn new(server: &'a Server, head: Parts, operation: Option<Operation>, body: Body) -> Self {
        Self {
            server,
            head,
            operation,
            reader: Reader::new(body, server.client_timeout),
            body: Bytes::new(),
            fault: None,
            reason: None,
            time: SystemTime::now(),
            begun: Instant::now(),
            is_recorded: false,
        }
    }

    fn fault(&mut self, fault: &Fault) {
        self.fault = fault.label.clone().or(self.fault.take());
    }

    fn record(&mut self, end: End, verdict: Verdict, answer: Option<&Response<Bytes>>) {
        self.is_recorded = true;
        if self.body.is_empty() {
            self.body = self.reader.take();
        }
        let summary = Summary::new(self.operation, self.head.uri.query(), &self.body);
        self.server.ledger.record(Received {
            number: 0,
            time: self.time,
            took: self.begun.elapsed(),
            operation: self.operation,
            method: mem::take(&mut self.head.method),
            uri: mem::take(&mut self.head.uri),
            version: self.head.version,
            headers: mem::take(&mut self.head.headers),
            body: mem::take(&mut self.body),
            is_whole: end == End::Whole,
            verdict,
            reason: self.reason.take(),
            fault: self.fault.take(),
            summary,
            status: answer.map(Response::status),
            answer: answer
                .map(|answer| answer.body().clone())
                .unwrap_or_default(),
        });
    }
}

impl Drop for Exchange<'_> {
    fn drop(&mut self) {
        if !self.is_recorded {
            self.record(End::Broken, Verdict::Unread, None);
        }
    }
}

/// A request that the document allows, and whose key may send it.
struct Checked<'a> {
    endpoint: &'a Endpoint,
    user: &'a User,
    query: Query,
    request: Value,
}

impl Server {
    /// Waits until there is room for reading this many bytes of a body.
    async fn room_for(&self, bytes: usize) -> Option<SemaphorePermit<'_>> {
        let bodies = match bytes <= SMALL {
            true => &self.small_bodies,
            false => &self.large_bodies,
        };
        bodies.acquire().await.ok()
    }

    /// Checks a request against the document, and its key against the account.
    fn check<'a>(
        &'a self,
        endpoint: Option<&'a Endpoint>,
        head: &Parts,
        body: &[u8],
        end: End,
    ) -> Result<Checked<'a>, Refusal> {
        let endpoint = endpoint.ok_or_else(|| {
            Refusal::not_found(format!("there is no endpoint {}", head.uri.path()))
        })?;
        endpoint.check_method(&head.method)?;
        let key = check::api_key(&head.headers)?;
        let user = self.account.authorize(key, endpoint.operation)?;
        if end == End::TooLarge {
            return Err(Refusal::too_large(self.body_limit));
        }
        Ok(Checked {
            endpoint,
            user,
            query: Query::read(&self.document, endpoint, &head.uri)?,
            request: check::body(endpoint, &head.headers, body)?,
        })
    }

    /// Accepts the message, or refuses it.
    fn accept(&self, checked: &Checked<'_>, fault: &Fault) -> Result<Value, Refusal> {
        let Checked {
            endpoint,
            user,
            query,
            request,
        } = checked;
        let message = self
            .account
            .accept(endpoint.operation, user, query, request)?;
        let now = timestamp(self.time.unwrap_or_else(SystemTime::now));
        let mut answer = compose(endpoint.template(), &message, &now);
        match (&fault.action, &self.strange) {
            (Some(Action::Strange(strange)), _) => make_strange(&mut answer, strange, fault.turn),
            (_, Some(strange)) => make_strange(&mut answer, strange, message.id.unsigned_abs()),
            _ => {}
        }
        Ok(answer)
    }
}
