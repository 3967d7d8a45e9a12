// The examples of the README need the feature.
#![cfg_attr(feature = "client", doc = include_str!("../README.md"))]
#![cfg_attr(
    not(feature = "client"),
    doc = "Typed mocks of the Acquire messaging API for tests."
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod documented;
#[cfg(feature = "client")]
mod message;

#[allow(
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::unwrap_used,
    reason = "generated"
)]
#[rustfmt::skip]
mod generated;

pub use acquire_io_api::types;
pub use answer::api_error;
pub use documented::{Documented, UnknownName, documented, documented_answers, documented_errors};
pub use generated::{MockServerExt, operations};
pub use httpmock::{self, MockServer};

/// A client that sends to the mock server. Add your program's settings, then `build`.
///
/// ```
/// use acquire_io_mock::{MockServer, client};
///
/// let server = MockServer::start();
/// let acquire = client(&server).build()?;
/// assert_eq!(acquire.base_url(), server.base_url());
/// # Ok::<(), acquire_io::ConfigError>(())
/// ```
#[cfg(feature = "client")]
pub fn client(server: &MockServer) -> acquire_io::ClientBuilder {
    acquire_io::Client::builder()
        .base_url(server.base_url())
        .api_key("mock-key")
}
