//! Connections: accepting them, serving them, and breaking them on purpose.

mod accept;
mod control;
mod tls;
mod wire;

pub(crate) use accept::{Service, serve};
pub(crate) use control::Connection;
pub use control::Ending;
pub(crate) use tls::acceptor;
