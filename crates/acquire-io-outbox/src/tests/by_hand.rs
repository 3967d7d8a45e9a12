//! Rows that other programs insert by hand, as bad as they can be: none of them stops the rest.

use super::support::{ACCOUNT, Fixture, chat, ids};
use crate::{Filter, State};

#[tokio::test]
async fn texts_that_are_not_utf_8_end_before_the_wire_and_block_nothing() {
    let fixture = Fixture::new().await;
    // As a program that writes Latin-1 does. SQLite doesn't check it.
    let sql = "INSERT INTO outbox_message (account, key, lane, source, message)
      VALUES (CAST(?1 AS TEXT), CAST(?2 AS TEXT), CAST(?3 AS TEXT), CAST(?4 AS TEXT), CAST(?5 AS TEXT))";
    let good = br#"{"channel":"chat","case":1,"text":"hi"}"#;
    let bad = b"{\"channel\":\"chat\",\"case\":1,\"text\":\"caf\xe9\"}";
    let raw = fixture.raw();
    for (account, name, message) in [
        (&b"acme"[..], &b"a"[..], &bad[..]),
        (b"acme", b"caf\xe9", good),
        (b"caf\xe9", b"c", good),
    ] {
        raw.execute(sql, [account, name, name, name, message])
            .unwrap();
    }
    let last = fixture.insert([chat(1, "text").key("key")]).await[0];

    let claimed = ids(&fixture.claim(5).await);

    let rows = fixture.outbox.list(Filter::all()).await.unwrap();
    assert_eq!(claimed, [rows[1].id, last]);
    assert_eq!(
        (rows[0].state, rows[0].code.as_deref()),
        (State::NotSent, Some("input"))
    );
    assert_eq!(
        rows[0].cause.as_deref(),
        Some("the message is not written in UTF-8")
    );
    let texts = [rows[1].key.as_deref(), rows[1].lane.as_deref()];
    assert_eq!(texts, [Some("caf\u{fffd}"); 2]);
    let accounts = fixture.outbox.accounts().await.unwrap();
    assert_eq!(accounts, [ACCOUNT, "caf\u{fffd}"]);
    fixture.outbox.cancel(rows[2].id, "ann").await.unwrap();
    let again = fixture
        .outbox
        .insert(ACCOUNT, [chat(1, "text").key("a")])
        .await;
    assert_eq!(again.unwrap()[0].replaces, Some(rows[0].id));
}

#[tokio::test]
async fn only_the_next_number_can_be_chosen() {
    let fixture = Fixture::new().await;
    let insert = |id: i64| {
        let sql = "INSERT INTO outbox_message (id, account, message) VALUES (?1, 'acme', '{}')";
        fixture.raw().execute(sql, [id]).is_ok()
    };
    assert!(insert(1));
    let id = fixture.insert([chat(1, "text")]).await[0];
    assert_eq!(id.0, 2);
    // One before the others, one that is taken, and those that would leave no number for the next.
    for forged in [i64::MIN, -1, 0, 1, 2, 4, i64::MAX] {
        assert!(!insert(forged), "{forged}");
    }
    fixture
        .raw()
        .execute("DELETE FROM outbox_message", [])
        .unwrap();
    assert!(!insert(1));
    assert_eq!(fixture.insert([chat(1, "text")]).await[0].0, 3);
}

#[tokio::test]
async fn a_time_beyond_the_year_9999_is_written_as_its_end() {
    let fixture = Fixture::new().await;
    // Microseconds in place of milliseconds, and the last there is.
    for (key, time) in [("a", 1_800_000_000_000_000), ("b", i64::MAX)] {
        let sql = "INSERT INTO outbox_message (account, key, message, not_before) VALUES ('acme', ?1, '{}', ?2)";
        fixture
            .raw()
            .execute(sql, rusqlite::params![key, time])
            .unwrap();
        let row = fixture.outbox.get(ACCOUNT, key).await.unwrap().unwrap();
        let json = serde_json::to_value(&row).unwrap();
        assert_eq!(json["not_before"], "9999-12-31T23:59:59.999Z");
    }
    assert!(fixture.claim(5).await.is_empty());
}
