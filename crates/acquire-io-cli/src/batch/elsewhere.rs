//! Outboxes beside a new one that have rows of the same file: it may have been renamed since it was sent.

use std::fs;
use std::path::Path;

use acquire_io_outbox::{Filter, Outbox};
use acquire_io_sandbox::cli::inert;

use super::check::file_rows::FileRows;
use super::check::identity::Parsed;

/// How many outboxes are looked into, and how many messages of each.
const MOST_OUTBOXES: usize = 20;
const MOST_MESSAGES: u32 = 1000;

/// A warning for each. What can't be opened is passed over: this is a hint.
pub(super) async fn warnings(new: &Path, rows: &FileRows) -> Vec<String> {
    let folder = new.parent().filter(|folder| *folder != Path::new(""));
    let entries = fs::read_dir(folder.unwrap_or(Path::new(".")));
    let names = entries.into_iter().flatten().flatten();
    let names = names.map(|entry| entry.file_name());
    let mut paths: Vec<_> = names
        .map(|name| new.with_file_name(name))
        .filter(|path| path != new && path.extension().is_some_and(|it| it == "outbox"))
        .collect();
    paths.sort_unstable();
    let mut warnings = Vec::new();
    for path in paths.iter().take(MOST_OUTBOXES) {
        let opened = Outbox::sqlite_options(path).create(false).open().await;
        let Ok(outbox) = opened else {
            continue;
        };
        let messages = outbox.list(Filter::all().limit(MOST_MESSAGES)).await;
        let keys = messages
            .iter()
            .flatten()
            .filter_map(|row| row.key.as_deref());
        let known = keys.filter_map(Parsed::new);
        let same = known.filter(|known| rows.place(&known.id()).is_some());
        let count = same.count();
        // The warning is about another one, which may be broken.
        let _ = outbox.close().await;
        if count > 0 {
            let path = inert::path(path);
            warnings.push(format!(
                "warning: {path} has rows of this file too, by their keys or cells. If this is the same list under another name, \
                 go on with --outbox {path}: with a new outbox all rows are new"
            ));
        }
    }
    warnings
}
