//! Errors about arguments that don't repeat what was typed: it may be a message or a key.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Replaces a value.
const HIDDEN: &str = "…";

/// The longest unknown option that is printed, in characters.
const LONGEST_NAME: usize = 32;

/// Prints an error, or the help if that was asked for, and returns the exit code.
pub fn refuse(error: Error) -> ExitCode {
    let error = without_values(error, std::env::args_os());
    // If standard error is closed, there is nobody to tell.
    let _ = error.print();
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Replaces each value by `…`, and an unexpected argument by its number. The misspelt name of an option is kept.
fn without_values(mut error: Error, arguments: impl Iterator<Item = OsString>) -> Error {
    let unknown = match error.kind() {
        ErrorKind::UnknownArgument => Some(ContextKind::InvalidArg),
        ErrorKind::InvalidSubcommand => Some(ContextKind::InvalidSubcommand),
        _ => None,
    };
    if let Some(kind) = unknown
        && let Some(ContextValue::String(typed)) = error.get(kind)
        && !is_name(typed)
    {
        let number = arguments
            .enumerate()
            .find(|(_, argument)| argument.to_str() == Some(typed));
        let shown = match number {
            Some((number, _)) => format!("number {number}"),
            None => HIDDEN.to_owned(),
        };
        error.insert(kind, ContextValue::String(shown));
        // It would repeat the argument.
        error.remove(ContextKind::Suggested);
    }
    if let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidValue)
        && !value.is_empty()
    {
        error.insert(
            ContextKind::InvalidValue,
            ContextValue::String(HIDDEN.to_owned()),
        );
    }
    error
}

/// Whether it looks like an option rather than a text.
fn is_name(typed: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_lowercase() || c == '-';
    match typed.strip_prefix("--") {
        Some(name) => name.len() <= LONGEST_NAME && name.chars().all(is_letter),
        None => typed.len() == 2 && typed.starts_with('-'),
    }
}
