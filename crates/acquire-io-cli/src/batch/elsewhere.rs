//! Outboxes beside a new one that have rows of the same file: it may have been renamed since it was sent.

use std::fs;
use std::path::Path;

use acquire_io_outbox::{Filter, Outbox};
use acquire_io_sandbox::cli::inert;

use super::check::file_rows::FileRows;
use super::check::identity::Parsed;

/// How many outboxes are looked into, those that were changed last, and how many messages of each.
const MOST_OUTBOXES: usize = 5;
const MOST_MESSAGES: u32 = 1000;

/// A warning for each. What can't be opened is passed over: this is a hint.
pub(super) async fn warnings(new: &Path, rows: &FileRows) -> Vec<String> {
    let folder = new.parent().filter(|folder| *folder != Path::new(""));
    let entries = fs::read_dir(folder.unwrap_or(Path::new(".")));
    let entries = entries.into_iter().flatten().flatten();
    let places = entries.filter_map(|entry| {
        let changed = entry.metadata().and_then(|file| file.modified()).ok()?;
        Some((changed, new.with_file_name(entry.file_name())))
    });
    let is_other = |path: &Path| path != new && path.extension().is_some_and(|it| it == "outbox");
    let mut places: Vec<_> = places.filter(|(_, path)| is_other(path)).collect();
    places.sort_unstable_by(|one, other| other.cmp(one));
    let mut warnings = Vec::new();
    for (_, path) in places.iter().take(MOST_OUTBOXES) {
        let opened = Outbox::sqlite_options(path).create(false).open().await;
        let Ok(outbox) = opened else {
            continue;
        };
        let messages = outbox.list(Filter::all().limit(MOST_MESSAGES)).await;
        let keys = messages.iter().flatten();
        let mut keys = keys.filter_map(|row| Parsed::new(row.key.as_deref()?));
        let is_known = keys.any(|key| rows.place(&key.id()).is_some());
        // A failure would be that of another list.
        let _ = outbox.close().await;
        if is_known {
            let path = inert::path(path);
            warnings.push(format!(
                "warning: {path} has rows of this file too, by their keys or cells. If this is the same list under another name, \
                 go on with --outbox {path}: with a new outbox all rows are new"
            ));
        }
    }
    warnings
}
