//! Files that are no journals, and journals that are damaged.

use crate::support::{Place, rows};

#[tokio::test]
async fn what_is_no_journal_is_refused_and_stays_as_it_was() {
    let place = Place::new().await;
    place.write("rows", rows(2));
    let others = [
        rows(2).into_bytes(),
        rows(1).trim_end().into(),
        b"\n".into(),
        b"\0".into(),
        b"{\"acquire_journal\":\n".into(),
        b"{\"acquire_journal\":2,\"input\":\"\",\"target\":\"\"}\n".into(),
        vec![0; 10_000],
    ];
    for other in others {
        place.write("other", &other);
        place
            .run("batch --journal other rows")
            .await
            .assert_refused("acquire: journal other: it is ");
        assert_eq!(place.read("other"), other);
    }
    place
        .run("batch --journal rows rows")
        .await
        .assert_refused("it is no journal");
    assert_eq!(place.read("rows"), rows(2).into_bytes());
    place
        .run("batch --journal no-such-folder/journal rows")
        .await
        .assert_refused("journal no-such-folder");
    assert!(place.texts().is_empty());
}

/// Also at the end: a line that ends with a line break was written whole, so its message may have been sent.
#[tokio::test]
async fn a_damaged_line_is_refused_with_its_number() {
    let place = Place::new().await;
    place.write("rows", rows(2));
    place
        .run("batch --journal journal rows")
        .await
        .assert_code(0);
    let journal = place.read("journal");
    let lines: Vec<_> = journal.split_inclusive(|byte| *byte == b'\n').collect();
    assert_eq!(lines.len(), 5);
    for damaged in 1..lines.len() {
        let mut bytes: Vec<_> = lines.iter().map(|line| line.to_vec()).collect();
        bytes[damaged][3] = 0;
        place.write("damaged", bytes.concat());
        let ended = place.run("batch --journal damaged rows").await;
        ended.assert_refused(&format!("its line {} is damaged", damaged + 1));
        assert_eq!(place.read("damaged"), bytes.concat());
        place.run("journal show damaged").await.assert_code(1);
    }
    assert_eq!(place.texts().len(), 2);
}

/// Someone has written there: a record of a line on which no row starts counts for nothing.
#[tokio::test]
async fn a_record_of_no_row_changes_nothing() {
    let place = Place::new().await;
    place.write("rows", ["\n", &rows(1)].concat());
    place
        .run("batch --journal journal rows")
        .await
        .assert_code(0);
    let mut journal = place.read("journal");
    for line in [0, 1, 3, u64::MAX] {
        let record = format!("{{\"line\":{line},\"state\":\"unknown\",\"time\":\"\"}}\n");
        journal.extend(record.as_bytes());
    }
    place.write("journal", journal);
    let ended = place.run("batch --journal journal rows").await;
    ended.assert_code(0);
    assert_eq!(
        ended.stderr,
        "1 rows: 1 accepted (1 in earlier runs, not sent again), 0 refused, 0 not sent, 0 unknown\n"
    );
}
