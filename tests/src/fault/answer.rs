//! Answers, well-formed or not.

use super::{http1, http2};

/// An answer to one request. Nothing checks that it makes sense.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) status: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    length: Option<usize>,
}

/// The bytes of an answer on the wire, in the pieces that a fault may stop after.
pub(super) struct Encoded {
    pub(super) head: Vec<u8>,
    pub(super) first_half: Vec<u8>,
    pub(super) second_half: Vec<u8>,
}

impl Answer {
    /// An answer with an empty body.
    pub fn new(status: u16) -> Self {
        Self {
            status: status.to_string(),
            headers: Vec::new(),
            body: Vec::new(),
            length: Some(0),
        }
    }

    /// With a JSON body.
    pub fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status)
            .header("content-type", "application/json")
            .body(body)
    }

    /// With an HTML body.
    pub fn html(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status)
            .header("content-type", "text/html")
            .body(body)
    }

    /// A 1xx: a head alone, before the answer.
    pub fn interim(status: u16) -> Self {
        Self::new(status).without_length()
    }

    /// With a status that need not be a number.
    #[must_use]
    pub fn status(mut self, status: &str) -> Self {
        status.clone_into(&mut self.status);
        self
    }

    /// With a header. The name is in lower case, as HTTP/2 wants it.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a body, and the `Content-Length` that it has.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.length = Some(self.body.len());
        self
    }

    /// With a `Content-Length` that differs from the body's by `difference`.
    #[must_use]
    pub fn wrong_length(mut self, difference: isize) -> Self {
        self.length = self.body.len().checked_add_signed(difference);
        self
    }

    /// Without a `Content-Length`.
    #[must_use]
    pub fn without_length(mut self) -> Self {
        self.length = None;
        self
    }

    pub(super) fn all_headers(&self) -> impl Iterator<Item = (String, String)> {
        let length = self
            .length
            .map(|length| ("content-length".to_owned(), length.to_string()));
        self.headers.iter().cloned().chain(length)
    }

    /// `stream` is that of HTTP/2; without one it is HTTP/1.1.
    pub(super) fn encode(&self, stream: Option<u32>) -> Encoded {
        let (first, second) = self.body.split_at(self.body.len() / 2);
        match stream {
            None => Encoded {
                head: http1::head(self),
                first_half: first.to_vec(),
                second_half: second.to_vec(),
            },
            Some(stream) => {
                let interim = self.status.starts_with('1');
                let ends_with_head = self.body.is_empty() && !interim;
                Encoded {
                    head: http2::headers(stream, self, ends_with_head),
                    first_half: http2::data(stream, first, false),
                    second_half: http2::data(stream, second, true),
                }
            }
        }
    }

    /// The status as a number, where it is one and not a 1xx.
    pub(super) fn final_status(&self) -> Option<u16> {
        self.status.parse().ok().filter(|status| *status >= 200)
    }
}
