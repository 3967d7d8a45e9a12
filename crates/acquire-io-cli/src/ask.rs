//! Questions to a person on a terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use acquire_io_sandbox::cli::inert::inert;

use crate::exit::Failure;

/// Whether there is a person to ask. Questions go to standard error, since standard output may be a pipe.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Whether standard input is typed by a person: then it is read as a secret, or not at all.
pub(crate) fn is_typed() -> bool {
    io::stdin().is_terminal()
}

/// Asks for a line. None at the end of the input, as by Ctrl-D.
pub(crate) fn line(question: &str) -> io::Result<Option<String>> {
    let mut stderr = io::stderr().lock();
    write!(stderr, "{}", inert(question))?;
    stderr.flush()?;
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line)? {
        0 => {
            writeln!(stderr)?;
            Ok(None)
        }
        _ => Ok(Some(line.trim().to_owned())),
    }
}

/// Asks for `y` or `yes`. Anything else, and no answer, is a no.
pub(crate) fn yes(question: &str) -> io::Result<bool> {
    let answer = line(&format!("{question} [y/N] "))?.unwrap_or_default();
    Ok(["y", "yes"].contains(&answer.to_lowercase().as_str()))
}

/// Asks before something is done, unless `--yes` has answered.
///
/// # Errors
/// When there is nobody to ask.
pub(crate) fn confirm(question: &str, is_answered: bool) -> Result<bool, Failure> {
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

/// Asks for a secret, which isn't shown. It asks on the terminal itself, since standard error may be a file.
pub(crate) fn secret(question: &str) -> io::Result<String> {
    rpassword::prompt_password(question)
}
