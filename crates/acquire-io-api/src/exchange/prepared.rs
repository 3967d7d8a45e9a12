//! A request that is made but not sent, and sending it without the generated code.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method};
use reqwest::{Body, Request, Response, Url};

use super::witness::{Call, Witness, WitnessBody};
use super::{Answer, AnswerEnd};

/// A request that the generated client made, and that is not sent yet.
///
/// Made by a call with [`Exchange::with_prepare_only`](super::Exchange::with_prepare_only). [`send`](Self::send) does
/// what the call itself would do, and leaves the answer to the caller: it is not decoded, whatever its status.
///
/// `Debug` prints neither header values nor content.
pub struct PreparedRequest {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Bytes,
    timeout: Option<Duration>,
    response_limit: usize,
}

impl PreparedRequest {
    pub(super) fn new(request: &mut Request, body: Bytes, response_limit: usize) -> Self {
        Self {
            method: request.method().clone(),
            url: request.url().clone(),
            headers: std::mem::take(request.headers_mut()),
            body,
            timeout: request.timeout().copied(),
            response_limit,
        }
    }

    /// The request as it is. The HTTP stack would add `host` and `content-length`.
    ///
    /// # Errors
    /// When the URL is none that HTTP can carry.
    pub fn into_http(self) -> Result<http::Request<Bytes>, http::uri::InvalidUri> {
        let mut request = http::Request::new(self.body);
        *request.method_mut() = self.method;
        *request.uri_mut() = self.url.as_str().parse()?;
        *request.headers_mut() = self.headers;
        Ok(request)
    }

    /// Sends it once, and reads the answer as far as it comes.
    ///
    /// Dropping the future leaves the fate of the message unknown.
    ///
    /// # Errors
    /// When no answer came. [`SendError::body_was_polled`] tells whether anything of the body may have been sent.
    pub async fn send(self, client: &reqwest::Client) -> Result<Answer, SendError> {
        let witness = Arc::<Witness>::default();
        let mut request = Request::new(self.method, self.url);
        *request.headers_mut() = self.headers;
        *request.timeout_mut() = self.timeout;
        *request.body_mut() = Some(Body::wrap(WitnessBody::new(
            self.body,
            Arc::clone(&witness),
        )));
        let mut response = execute(client, request, &witness)
            .await
            .map_err(|error| SendError {
                // The URL names the contact.
                error: error.without_url(),
                body_was_polled: witness.is_taken(),
            })?;
        let (body, end) = read(&mut response, self.response_limit).await;
        Ok(Answer {
            status: response.status(),
            headers: std::mem::take(response.headers_mut()),
            body,
            end,
        })
    }
}

impl fmt::Debug for PreparedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedRequest")
            .field("method", &self.method)
            .field("path", &self.url.path())
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish_non_exhaustive()
    }
}

/// No answer came to a [`PreparedRequest`].
#[derive(Debug)]
#[non_exhaustive]
pub struct SendError {
    /// What went wrong.
    pub error: reqwest::Error,
    /// Whether the HTTP stack took anything of the body. When it is false, nothing of the message reached a server,
    /// or will: the body was withdrawn. When it is true, any part of it may have.
    pub body_was_polled: bool,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.body_was_polled {
            "no answer came, and the message may have been sent"
        } else {
            "no answer came, and nothing of the message was sent"
        })
    }
}

impl StdError for SendError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.error)
    }
}

pub(super) async fn execute(
    client: &reqwest::Client,
    request: Request,
    witness: &Witness,
) -> reqwest::Result<Response> {
    let call = Call(witness);
    let response = client.execute(request).await?;
    // Answered: what is left of the body may still go.
    std::mem::forget(call);
    Ok(response)
}

pub(super) async fn read(response: &mut Response, limit: usize) -> (Bytes, AnswerEnd) {
    // A copy: the parts as they come keep the whole buffer of the connection alive.
    let mut body = BytesMut::new();
    let end = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                let room = limit - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if chunk.len() > room {
                    break AnswerEnd::TooLarge(limit);
                }
            }
            Ok(None) => break AnswerEnd::Complete,
            // The URL names the contact.
            Err(error) => break AnswerEnd::Failed(Arc::new(error.without_url())),
        }
    };
    (body.freeze(), end)
}
