//! The program of the README, for `client/readmes.rs`.
#![allow(clippy::print_stdout, reason = "as the README has it")]

include!(concat!(env!("OUT_DIR"), "/readme.rs"));
