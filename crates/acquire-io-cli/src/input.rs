//! Reading the files that options and settings name.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::thread;
use std::time::Duration;

/// The largest file with content, in bytes. No message is as long.
const LONGEST: u64 = 64 << 20;

/// How long to wait for more from a pipe.
const PAUSE: Duration = Duration::from_millis(10);

/// The text of a file, `-` for standard input. One line break at the end and a byte order mark are left out: an
/// editor or `echo` put them there.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    if path == Path::new("-") {
        return plain(all(io::stdin(), LONGEST)?);
    }
    plain(all(File::open(path)?, LONGEST)?)
}

/// The text of a file that a setting names, read the same way.
pub(crate) fn read_setting_text(path: &Path, longest: u64) -> io::Result<String> {
    if path == Path::new("-") {
        return plain(all(io::stdin(), longest)?);
    }
    plain(read_setting(path, longest)?)
}

/// The content of a file that a setting names. A pipe without a writer is empty, and isn't waited for.
pub(crate) fn read_setting(path: &Path, longest: u64) -> io::Result<Vec<u8>> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    all(options.open(path)?, longest)
}

fn all(from: impl Read, longest: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let mut from = from.take(longest + 1);
    while let Err(error) = from.read_to_end(&mut content) {
        if error.kind() != ErrorKind::WouldBlock {
            return Err(error);
        }
        thread::sleep(PAUSE);
    }
    if content.len() as u64 > longest {
        let problem = format!("it is longer than {longest} bytes");
        return Err(io::Error::new(ErrorKind::FileTooLarge, problem));
    }
    Ok(content)
}

fn plain(content: Vec<u8>) -> io::Result<String> {
    let mut text = String::from_utf8(content)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8"))?;
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
