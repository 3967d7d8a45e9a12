//! Asking a person.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use acquire_io_sandbox::cli::inert::inert;

use crate::exit::Failure;

/// Whether a person can be asked.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

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
    let mut stderr = io::stderr();
    write!(stderr, "{} [y/N] ", inert(question))?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(
        answer.trim().to_ascii_lowercase().as_str(),
        "y" | "yes"
    ))
}
