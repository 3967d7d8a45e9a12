//! A journal that ends anywhere.
//!
//! A process that is killed leaves a prefix of its journal: lines are appended in order, and a message goes out only
//! after its line `sending` is on the disk to the line break. So of a prefix it holds for each row:
//!
//! - `sending` is missing or torn: the message was not sent. A resume sends it.
//! - `sending` is whole, and the verdict is missing or torn: it may have been sent. Its outcome is unknown, and a resume
//!   leaves it alone.
//! - The verdict is whole: it counts.
//!
//! A cut within the first line was made before anything was sent. The test cuts the journal of a batch that ended, and
//! counts what a resume sends: rows whose `sending` was cut off are as good as never sent.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Place, key, rows};

const ROWS: u64 = 3;

/// The start of each line, the byte after it, its middle, the place before its line break, and the end of the file.
fn cuts(journal: &[u8]) -> BTreeSet<usize> {
    let mut cuts = BTreeSet::new();
    let mut start = 0;
    for line in journal.split_inclusive(|byte| *byte == b'\n') {
        let end = start + line.len();
        cuts.extend([start, start + 1, (start + end) / 2, end - 1, end]);
        start = end;
    }
    cuts
}

#[tokio::test]
async fn a_resume_sends_nothing_that_may_have_been_sent() {
    let place = Place::new().await;
    place.write("rows", rows(ROWS));
    place
        .run("batch --concurrency 1 --journal journal rows")
        .await
        .assert_code(0);
    let journal = place.read("journal");
    let cuts = cuts(&journal);
    assert_eq!(cuts.len(), 4 * (1 + 2 * ROWS as usize) + 1);

    for cut in cuts {
        let prefix = &journal[..cut];
        place.write("cut", prefix);
        // Line breaks: that of the header, then two for each row.
        let whole = prefix.iter().filter(|byte| **byte == b'\n').count() as u64;
        let (begun, ended) = (whole / 2, whole.saturating_sub(1) / 2);

        place.sandbox.reset();
        let resumed = place.run("batch --journal cut rows").await;
        let due: Vec<_> = (begun + 1..=ROWS).map(key).collect();
        let mut sent = place.texts();
        sent.sort_unstable();
        assert_eq!(sent, due, "cut at {cut}");
        resumed.assert_code(if begun > ended { 6 } else { 0 });

        let states = place.journal("cut").await;
        for line in 1..=ROWS {
            let expected = if line == begun && begun > ended {
                "unknown"
            } else {
                "accepted"
            };
            assert_eq!(states[&line], expected, "cut at {cut}, line {line}");
        }
        // What was torn has left no trace.
        for line in place
            .read("cut")
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            serde_json::from_slice::<Value>(line).unwrap();
        }
    }
}
