//! Connections: accepting them, serving them, and breaking them on purpose.

mod accept;
mod activity;
mod busy;
mod control;
mod limits;
mod tls;
mod wire;

pub(crate) use accept::{Service, serve};
pub(crate) use busy::Handling;
pub(crate) use control::Connection;
pub use control::Ending;
pub(crate) use limits::Limits;
pub(crate) use tls::acceptor;
