//! The program `acquire`, as a process of its own.

mod arguments;
mod completions;
mod config;
mod config_file;
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
mod strict_settings;
mod support;
mod terminal;
mod verbosity;
