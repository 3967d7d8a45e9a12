//! A request to the API: checked, recorded, answered or failed on purpose.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use serde_json::Value;
use tokio::time::sleep;

use super::Server;
use super::body::{End, Reader};
use crate::answer::{compose, make_strange};
use crate::check::{self, Endpoint, Operation, Query, Refusal};
use crate::fault::{Action, Facts, Fault, FaultRule, Phase, Stage};
use crate::ledger::{Received, Verdict, timestamp};
use crate::net::Connection;
use crate::state::Key;

pub(super) async fn handle(State(server): State<Arc<Server>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let connection = head
        .extensions
        .get::<Connection>()
        .cloned()
        .unwrap_or_default();
    let endpoint = server.document.at(head.uri.path());
    let operation = endpoint.map(|endpoint| endpoint.operation);
    let own_rule = FaultRule::of_request(&head.headers);
    let mut exchange = Exchange::new(&server, head, operation, body);

    let facts = Facts {
        operation,
        ..Facts::default()
    };
    let rule = own_rule.as_ref().ok().and_then(Option::as_ref);
    let early = server.rules.choose(Phase::Head, &facts, rule);
    exchange.fault(&early);
    sleep_for(early.delay).await;
    match early.stops_at() {
        Some(Stage::Head) => {
            exchange.record(End::Enough, Verdict::Unread, None);
            early.stop(&connection).await;
        }
        Some(_) => {
            let end = exchange.reader.read(early.part(), server.body_limit).await;
            exchange.record(end, Verdict::Unread, None);
            early.stop(&connection).await;
        }
        None => {}
    }

    let end = exchange.reader.read(usize::MAX, server.body_limit).await;
    exchange.body = exchange.reader.take();
    if end == End::Broken {
        // A client that has closed its side only still listens.
        let refusal = Refusal::invalid("the body breaks off");
        let answer = refused(&refusal);
        exchange.record(end, Verdict::Unread, Some(&answer));
        return answer.map(Body::from);
    }
    let (checked, facts) = server.check(&exchange, endpoint, end, own_rule.as_ref().err());
    let late = server.rules.choose(Phase::Received, &facts, rule);
    exchange.fault(&late);
    let (verdict, answer) = match late.answer() {
        Some(answer) if !matches!(late.action, Some(Action::Answer { accept: true, .. })) => {
            (Verdict::Unread, answer)
        }
        replaced => {
            let (verdict, answer) = server.answer(checked, &late);
            (verdict, replaced.unwrap_or(answer))
        }
    };
    if late.stops_at() == Some(Stage::Received) {
        exchange.record(end, verdict, None);
        sleep_for(late.delay).await;
        late.stop(&connection).await;
    }
    exchange.record(end, verdict, Some(&answer));
    sleep_for(late.delay).await;
    late.cut(answer, &connection)
}

async fn sleep_for(delay: Duration) {
    if !delay.is_zero() {
        sleep(delay).await;
    }
}

/// A request until it is in the ledger, where it comes also if the client breaks off.
struct Exchange<'a> {
    server: &'a Server,
    head: Parts,
    operation: Option<Operation>,
    reader: Reader,
    body: Bytes,
    fault: Option<String>,
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
            reader: Reader::new(body),
            body: Bytes::new(),
            fault: None,
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
        let rest = self.reader.take();
        self.server.ledger.record(Received {
            number: 0,
            time: self.time,
            took: self.begun.elapsed(),
            operation: self.operation,
            method: self.head.method.clone(),
            uri: self.head.uri.clone(),
            version: self.head.version,
            headers: self.head.headers.clone(),
            body: if self.body.is_empty() {
                rest
            } else {
                self.body.clone()
            },
            is_whole: end == End::Whole,
            verdict,
            fault: self.fault.take(),
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

/// A request that the document allows, with what else there is to look at.
struct Checked<'a> {
    endpoint: &'a Endpoint,
    key: &'a Key,
    query: Query,
    request: Value,
}

impl Server {
    /// Holds a request against the document. The facts are told also of a request that is refused.
    fn check<'a>(
        &'a self,
        exchange: &Exchange<'_>,
        endpoint: Option<&'a Endpoint>,
        end: End,
        broken_rule: Option<&String>,
    ) -> (Result<Checked<'a>, Refusal>, Facts) {
        let mut facts = Facts {
            operation: exchange.operation,
            ..Facts::default()
        };
        let checked = (|| {
            if let Some(error) = broken_rule {
                return Err(Refusal::invalid(error.as_str()));
            }
            let head = &exchange.head;
            let endpoint = endpoint.ok_or_else(|| {
                Refusal::not_found(format!("there is no endpoint {}", head.uri.path()))
            })?;
            endpoint.check_method(&head.method)?;
            let key = check::api_key(&head.headers)?;
            let key = self.account.authorize(key, endpoint.operation)?;
            if end == End::TooLarge {
                return Err(Refusal::too_large(self.body_limit));
            }
            let query = Query::read(&self.document, endpoint, &head.uri)?;
            let request = check::body(endpoint, &head.headers, &exchange.body)?;
            Ok(Checked {
                endpoint,
                key,
                query,
                request,
            })
        })();
        if let Ok(Checked { request, .. }) = &checked {
            let fields = request.get("data").unwrap_or(request);
            facts.case = fields
                .get("caseId")
                .or(fields.get("threadId"))
                .and_then(Value::as_i64);
            let recipients = match fields.get("To").or(fields.get("to")) {
                Some(Value::Array(list)) => list.as_slice(),
                Some(one) => std::slice::from_ref(one),
                None => &[],
            };
            let recipients = recipients.iter().filter_map(Value::as_str);
            facts.recipients = recipients.map(str::to_owned).collect();
        }
        (checked, facts)
    }

    /// Takes the message, or refuses it.
    fn answer(
        &self,
        checked: Result<Checked<'_>, Refusal>,
        fault: &Fault,
    ) -> (Verdict, Response<Bytes>) {
        let answer = checked.and_then(
            |Checked {
                 endpoint,
                 key,
                 query,
                 request,
             }| {
                let operation = endpoint.operation;
                let message = self.account.take(operation, key, &query, &request)?;
                let now = timestamp(self.time.unwrap_or_else(SystemTime::now));
                let template = self.template(operation);
                let mut answer = compose(template, &message, &now);
                match (&fault.action, &self.strange) {
                    (Some(Action::Strange(strange)), _) => {
                        make_strange(&mut answer, strange, fault.turn);
                    }
                    (_, Some(strange)) => {
                        make_strange(&mut answer, strange, message.id.unsigned_abs())
                    }
                    _ => {}
                }
                Ok(answer)
            },
        );
        match answer {
            Ok(answer) => (Verdict::Accepted, json(StatusCode::OK, &answer)),
            Err(refusal) => (Verdict::Refused, refused(&refusal)),
        }
    }

    fn template(&self, operation: Operation) -> &Value {
        let mut templates = self.document.endpoints().iter().zip(&self.templates);
        let template = templates.find(|(endpoint, _)| endpoint.operation == operation);
        template.map_or(&Value::Null, |(_, (_, template))| template)
    }
}

fn refused(refusal: &Refusal) -> Response<Bytes> {
    let mut answer = json(refusal.status, &refusal.envelope());
    let allow = refusal.allow.as_ref().and_then(|it| it.parse().ok());
    if let Some(allow) = allow {
        answer.headers_mut().insert(ALLOW, allow);
    }
    answer
}

fn json(status: StatusCode, value: &Value) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from(value.to_string()));
    *answer.status_mut() = status;
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, json);
    answer
}
