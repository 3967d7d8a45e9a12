//! How to do what most programs need, a page for each subject.

#[doc = include_str!("../docs/channels.md")]
pub mod channels {}

#[doc = include_str!("../docs/retry.md")]
pub mod retry {}

#[doc = include_str!("../docs/testing.md")]
pub mod testing {}

#[doc = include_str!("../docs/logging.md")]
pub mod logging {}

#[doc = include_str!("../docs/connection.md")]
pub mod connection {}

#[doc = include_str!("../docs/json.md")]
pub mod json {}
