#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![allow(dead_code, reason = "a skeleton, so far")]

mod error;
mod policy;
mod store;
mod time;
mod transition;
mod verdict;

pub use error::Error;
pub use transition::{ParseStateError, State};
