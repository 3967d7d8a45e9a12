//! Answers from a function of a test, in place of a server.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use reqwest::{Request, Response};

pub(crate) type Answering = Pin<Box<dyn Future<Output = reqwest::Result<Response>> + Send>>;

type Handling = Pin<Box<dyn Future<Output = http::Response<Bytes>> + Send>>;

/// The test's function.
#[derive(Clone)]
pub(crate) struct Answers(Arc<dyn Fn(http::Request<Bytes>) -> Handling + Send + Sync>);

impl Answers {
    pub(crate) fn new<F, R, B>(answer: F) -> Self
    where
        F: Fn(http::Request<Bytes>) -> R + Send + Sync + 'static,
        R: Future<Output = http::Response<B>> + Send + 'static,
        B: Into<Bytes>,
    {
        Self(Arc::new(move |request| {
            let answer = answer(request);
            Box::pin(async move { answer.await.map(Into::into) })
        }))
    }

    /// Reads the request's body, as the HTTP stack does, then calls the test's function.
    pub(crate) fn answer(&self, request: Request) -> Answering {
        let answers = self.clone();
        Box::pin(async move {
            let request = http::Request::<reqwest::Body>::try_from(request)?;
            let (head, mut body) = request.into_parts();
            let mut whole = BytesMut::new();
            while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
                if let Ok(data) = frame?.into_data() {
                    whole.extend_from_slice(&data);
                }
            }
            let request = http::Request::from_parts(head, whole.freeze());
            Ok((answers.0)(request).await.into())
        })
    }
}
