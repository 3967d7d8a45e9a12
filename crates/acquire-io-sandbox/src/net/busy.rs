//! What keeps a connection from being idle.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::control::Connection;

/// A request that is being handled, or an answer that is kept back on purpose, until this is dropped.
pub(crate) struct Handling(Connection);

impl Handling {
    pub(crate) fn new(connection: &Connection) -> Self {
        connection.activity().handle();
        Self(connection.clone())
    }
}

impl Drop for Handling {
    fn drop(&mut self) {
        self.0.activity().handled();
    }
}

/// The body of an answer, while it is being written.
pub(super) struct Answering {
    body: Body,
    connection: Connection,
}

impl Answering {
    pub(super) fn new(body: Body, connection: Connection) -> Self {
        connection.activity().answer();
        Self { body, connection }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.connection.activity().answered();
    }
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
