//! What the tests share.

pub mod canary;
pub mod documents;
pub mod fault;
pub mod json;
pub mod json_schema;
pub mod process;
pub mod sandbox;
#[cfg(unix)]
pub mod terminal;
pub mod wire;

/// What a test returns.
pub type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
