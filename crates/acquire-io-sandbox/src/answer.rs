//! Answers: composed from the documented ones, or strange on purpose.

mod compose;
mod strange;

pub(crate) use compose::compose;
pub(crate) use strange::make_strange;
pub use strange::{Oddity, Strange};
