//! Any bytes as the file of a journal that a batch goes on with: what was there stays there.

use std::fs;

use acquire_io_cli::probe;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

const LINE: u64 = 17;

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().build().expect("a runtime starts");
}

/// Writes a record to a journal of these bytes.
pub fn run(data: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal");
    fs::write(&path, data).expect("a file");
    let read = probe::recover(data);
    let opened = RUNTIME.with(|runtime| runtime.block_on(probe::append(&path, LINE)));
    let left = fs::read(&path).expect("the file");
    match (read, opened) {
        (Ok((records, length)), Ok(opened)) => {
            assert_eq!(records, opened);
            let length = usize::try_from(length).expect("a length");
            assert_eq!(left[..length], data[..length]);
            let (after, _) = probe::recover(&left).expect("it stays a journal");
            let (new, old) = after.split_last().expect("the record is there");
            assert_eq!(old, records);
            assert_eq!(
                (&new["line"], &new["state"]),
                (&Value::from(LINE), &Value::from("sending"))
            );
        }
        // One whose header was torn has no record yet, and only a batch begins it anew.
        (Ok((_, 0)), Err(_)) | (Err(_), Err(_)) => assert_eq!(left, data),
        (read, opened) => unreachable!("{read:?} {opened:?}"),
    }
}
