//! Asking a person before something is done.

use acquire_io_sandbox::cli::inert::inert;

use crate::ask::{can_ask, yes};
use crate::exit::Failure;

/// Asks, unless `--yes` has answered. Anything but `y` or `yes` is no.
///
/// # Errors
/// When there is nobody to ask.
pub(crate) fn ask(question: &str, is_answered: bool) -> Result<bool, Failure> {
    if is_answered {
        return Ok(true);
    }
    if !can_ask() {
        let question = inert(question);
        return Err(Failure::usage(format_args!(
            "{question} Without a terminal --yes has to answer; nothing was changed"
        )));
    }
    Ok(yes(question)?)
}
