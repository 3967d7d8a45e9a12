//! The program of the README, for `tests/readmes.rs`.
#![allow(clippy::print_stdout, reason = "as the README has it")]

include!(concat!(env!("OUT_DIR"), "/readme.rs"));
