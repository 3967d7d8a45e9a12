//! What people and programs read about a run: the preview before it, its progress and results, and the summary after it.

pub(crate) mod info;
pub(crate) mod planned;
pub(crate) mod preview;
pub(crate) mod progress;
pub(crate) mod results;
mod segments;
mod statistics;
pub(crate) mod summary;
