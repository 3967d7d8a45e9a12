#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod id;
mod list;
mod raw_json;
mod timestamp;

#[allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "generated"
)]
#[rustfmt::skip]
mod generated;

pub use generated::types::error::ConversionError;
pub use generated::{Client, OPENAPI_SHA256, builder, types};
pub use progenitor_client::{ClientInfo, Error, ResponseValue};
pub use raw_json::{Members, RawJson};
pub use timestamp::{InvalidTimestamp, Timestamp};

/// The OpenAPI 3.0.3 document that this crate is generated from, as JSON: the operations, their schemas, and
/// the documented bodies as `components.examples`.
///
/// ```
/// let document: serde_json::Value = serde_json::from_str(acquire_io_api::OPENAPI_JSON)?;
/// assert_eq!(document["openapi"], "3.0.3");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub const OPENAPI_JSON: &str = include_str!("acquire.json");
