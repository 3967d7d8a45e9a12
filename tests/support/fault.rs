//! Servers on real sockets that misbehave to order, clients of them, and a record of what they received.
//!
//! A [`Server`] runs a script of [`Step`]s on each connection. The steps are the same for HTTP/1.1 and
//! HTTP/2, plain and TLS: only reading a request and writing an [`Answer`] differ (`http1`,
//! `http2`). Both protocols are raw bytes here, because a well-behaved library can't misbehave enough.

mod answer;
mod certificates;
mod client;
mod connection;
pub mod encoding;
mod http1;
mod http2;
mod promise;
mod record;
mod row;
mod server;
mod step;
mod table;
mod wire;

pub use answer::Answer;
pub use certificates::{Identity, root_certificate};
pub use client::{client_builder, message, no_names};
pub use http2::setting;
pub use promise::{Run, Verdict};
pub use record::{Received, Request};
pub use row::{Path, Row};
pub use server::{Server, reserved_port, socket_on};
pub use step::{Choice, Last, Part, Script, Scripts, Step};
pub use table::{Line, table};
pub use wire::Transport;
