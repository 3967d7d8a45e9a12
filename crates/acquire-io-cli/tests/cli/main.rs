//! The program `acquire`, as a process of its own.

mod arguments;
mod causes;
mod completions;
mod config;
mod config_file;
mod config_list;
mod dry_run;
mod fields;
mod help;
#[cfg(unix)]
mod init;
mod man;
#[cfg(unix)]
mod on_a_terminal;
mod openapi;
#[cfg(unix)]
mod readme;
#[cfg(unix)]
mod sandbox;
mod schema;
mod send;
mod setting_files;
mod settings;
mod settings_in_use;
mod strict_settings;
mod support;
mod terminal;
mod verbosity;
