//! Answers, well-formed or not.

/// An answer to one request. Nothing checks that it makes sense.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) status: String,
    headers: Vec<(String, Vec<u8>)>,
    /// The whole body, of which a server may send a part only.
    pub body: Vec<u8>,
    length: Option<usize>,
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
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref().to_owned();
        self.headers.push((name.to_owned(), value));
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

    pub(super) fn all_headers(&self) -> impl Iterator<Item = (String, Vec<u8>)> {
        let length = self
            .length
            .map(|length| ("content-length".to_owned(), length.to_string().into_bytes()));
        self.headers.iter().cloned().chain(length)
    }

    pub(super) fn halves(&self) -> (&[u8], &[u8]) {
        self.body.split_at(self.body.len() / 2)
    }

    /// The status as a number, where it is one and not a 1xx.
    pub fn final_status(&self) -> Option<u16> {
        self.status.parse().ok().filter(|status| *status >= 200)
    }
}
