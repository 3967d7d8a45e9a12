//! What people and programs read about a run.

pub(crate) mod info;
pub(crate) mod planned;
pub(crate) mod preview;
pub(crate) mod progress;
pub(crate) mod results;
mod segments;
mod statistics;
pub(crate) mod summary;
