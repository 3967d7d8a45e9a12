//! Texts from files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The text of a file, `-` for standard input. One line break at the end and a byte order mark are left out: an
/// editor or `echo` put them there.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    if path == Path::new("-") {
        io::stdin().read_to_string(&mut text)?;
    } else {
        File::open(path)?.read_to_string(&mut text)?;
    }
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}
