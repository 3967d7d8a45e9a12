//! The program `acquire`, as a process of its own.

mod completions;
mod config;
mod dry_run;
mod fields;
mod help;
mod man;
mod openapi;
#[cfg(unix)]
mod readme;
mod schema;
mod send;
mod settings;
mod settings_in_use;
mod support;
mod verbosity;
