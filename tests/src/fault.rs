//! Servers on real sockets that misbehave to order, a client against them, and a record of what they truly
//! received.
//!
//! A [`Server`] runs a script of [`Step`]s on each connection. The steps are the same for HTTP/1.1 and
//! HTTP/2, plain and TLS: what differs is how a message is read (`http1`, `http2`) and how an [`Answer`] is
//! spelled. Both protocols are raw bytes here, because a well-behaved library can't misbehave enough.

mod answer;
mod certificates;
mod connection;
#[cfg(feature = "gzip")]
pub mod gzip;
mod http1;
mod http2;
mod matrix;
mod record;
mod server;
mod step;
mod wire;

pub use answer::Answer;
pub use certificates::{Identity, root_certificate};
pub use http2::setting;
pub use matrix::{
    Expected, Line, Path, Row, Run, client_builder, message, own_client_builder, table,
};
pub use record::{Received, Request};
pub use server::{Server, reserved_port, socket_on};
pub use step::{Last, Part, Script, Step};

/// How requests travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// HTTP/1.1, not encrypted.
    Http1,
    /// HTTP/1.1 in TLS.
    Http1Tls,
    /// HTTP/2 by prior knowledge, not encrypted.
    Http2,
    /// HTTP/2 in TLS, by ALPN.
    Http2Tls,
}

impl Transport {
    /// All four.
    pub const ALL: &'static [Self] = &[Self::Http1, Self::Http1Tls, Self::Http2, Self::Http2Tls];
    /// Both with HTTP/1.1.
    pub const HTTP1: &'static [Self] = &[Self::Http1, Self::Http1Tls];
    /// Both with HTTP/2.
    pub const HTTP2: &'static [Self] = &[Self::Http2, Self::Http2Tls];
    /// Both with TLS.
    pub const TLS: &'static [Self] = &[Self::Http1Tls, Self::Http2Tls];

    /// Whether it is HTTP/2.
    pub fn is_http2(self) -> bool {
        matches!(self, Self::Http2 | Self::Http2Tls)
    }

    /// Whether it is encrypted.
    pub fn is_tls(self) -> bool {
        matches!(self, Self::Http1Tls | Self::Http2Tls)
    }

    /// A short name for a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http1 => "1.1",
            Self::Http1Tls => "1.1s",
            Self::Http2 => "2",
            Self::Http2Tls => "2s",
        }
    }
}
