//! The hooks that the generated client calls around each request.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use progenitor_client::{ClientHooks, Error, OperationInfo};
use reqwest::{Body, Request, Response, ResponseBuilderExt as _};
use serde_json::Value;

use super::prepared::{execute, read};
use super::witness::{CutBody, WitnessBody};
use super::{Answer, AnswerEnd, Exchange, PreparedRequest, lock};
use crate::Client;

impl ClientHooks<Exchange> for Client {
    async fn pre<E>(&self, request: &mut Request, _: &OperationInfo) -> Result<(), Error<E>> {
        let exchange = &self.inner;
        // The generator sends it with every request; no page of the API knows it.
        request.headers_mut().remove("api-version");
        for (name, value) in exchange.headers.iter() {
            request.headers_mut().insert(name, value.clone());
        }
        if let Some(timeout) = exchange.timeout {
            *request.timeout_mut() = Some(timeout);
        }

        let body = request.body().and_then(Body::as_bytes).unwrap_or_default();
        let body = if exchange.additions.is_empty() {
            Bytes::copy_from_slice(body)
        } else {
            add(body, &exchange.additions)
                .map_err(Error::InvalidRequest)?
                .into()
        };
        if exchange.is_prepared_only {
            let prepared = PreparedRequest::new(request, body, exchange.response_limit);
            *lock(&exchange.record.prepared) = Some(prepared);
            return Err(Error::InvalidRequest(
                "prepared only: nothing is sent".to_owned(),
            ));
        }
        let body = WitnessBody::new(body, exchange.begin());
        *request.body_mut() = Some(Body::wrap(body));
        Ok(())
    }

    async fn exec(&self, request: Request, _: &OperationInfo) -> reqwest::Result<Response> {
        let exchange = &self.inner;
        let mut response = execute(&self.client, request, &exchange.witness()).await?;
        *lock(&exchange.record.answer) = Some(Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body: Bytes::new(),
            end: AnswerEnd::Head,
        });
        let (body, end) = read(&mut response, exchange.response_limit).await;
        if let Some(answer) = &mut *lock(&exchange.record.answer) {
            answer.body = body.clone();
            answer.end = end.clone();
        }

        let body = match end {
            AnswerEnd::Complete | AnswerEnd::Head => Body::from(body),
            AnswerEnd::TooLarge(limit) => Body::wrap(CutBody::new(body, Arc::new(TooLarge(limit)))),
            AnswerEnd::Failed(error) => Body::wrap(CutBody::new(body, error)),
        };
        // Without the URL reqwest would parse one of its own.
        let url = response.url().clone();
        let head = http::Response::builder().url(url).body(());
        let (mut head, ()) = head.unwrap_or_default().into_parts();
        head.status = response.status();
        head.version = response.version();
        head.headers = std::mem::take(response.headers_mut());
        Ok(http::Response::from_parts(head, body).into())
    }
}

fn add(body: &[u8], additions: &[(String, Value)]) -> Result<Vec<u8>, String> {
    let unreadable = |error| format!("can't add to a body that is not JSON: {error}");
    let mut document: Value = serde_json::from_slice(body).map_err(unreadable)?;
    for (number, (pointer, value)) in (1..).zip(additions) {
        let no_place = || {
            format!(
                "has no place for addition {number}: the last part of its pointer is a key, such as that of \
                 \"/message/priority\", and the object before it must be in the request's body"
            )
        };
        let (parent, name) = pointer.rsplit_once('/').ok_or_else(no_place)?;
        let object = document.pointer_mut(parent).and_then(Value::as_object_mut);
        let name = name.replace("~1", "/").replace("~0", "~");
        object.ok_or_else(no_place)?.insert(name, value.clone());
    }
    serde_json::to_vec(&document).map_err(unreadable)
}

#[derive(Debug)]
struct TooLarge(usize);

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the answer is larger than the limit of {} bytes", self.0)
    }
}

impl std::error::Error for TooLarge {}
