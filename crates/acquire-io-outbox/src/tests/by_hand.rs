//! Rows that other programs write, however bad they are: none can forge a state, and none blocks the others.

use super::support::{ACCOUNT, Fixture, chat, ids, minutes, on_each_store};
use crate::store::Applied;
use crate::verdict::Kind;
use crate::{Filter, State};

on_each_store! {
    a_time_beyond_the_year_9999_is_written_as_its_end,
    a_field_whose_name_has_a_null_character_blocks_nothing,
    many_rows_that_are_no_message_end_in_several_turns,
    an_insert_can_not_forge_a_state,
    the_table_itself_refuses_rows_that_can_not_be,
    rows_by_hand_are_the_same_or_replace_or_are_refused,
}

#[tokio::test]
async fn texts_that_are_not_utf_8_end_before_the_wire_and_block_nothing() {
    let fixture = Fixture::file().await;
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

    let claimed = fixture.claim(5).await;

    let rows = fixture.outbox.list(Filter::all()).await.unwrap();
    assert_eq!(ids(&claimed), [rows[1].id, last]);
    for claimed in &claimed {
        let applied = fixture.settle(claimed, Kind::Refused).await;
        assert_eq!(applied, Applied::To(State::Refused));
    }
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
    let fixture = Fixture::file().await;
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

async fn a_time_beyond_the_year_9999_is_written_as_its_end(fixture: Fixture) {
    // Microseconds in place of milliseconds, and the last there is.
    for (key, time) in [("a", 1_800_000_000_000_000), ("b", i64::MAX)] {
        let time = fixture.at(crate::time::Time(time));
        let sql = format!(
            "INSERT INTO outbox_message (account, key, message, not_before) VALUES ('acme', '{key}', '{{}}', {time})"
        );
        fixture.execute(&sql).await.unwrap();
        let row = fixture.outbox.get(ACCOUNT, key).await.unwrap().unwrap();
        let json = serde_json::to_value(&row).unwrap();
        assert_eq!(json["not_before"], "9999-12-31T23:59:59.999Z");
    }
    assert!(fixture.claim(5).await.is_empty());
}

/// The row's cause names the field, and a database's text can't hold the character.
async fn a_field_whose_name_has_a_null_character_blocks_nothing(fixture: Fixture) {
    let sql = r#"INSERT INTO outbox_message (account, key, lane, message)
      VALUES ('acme', 'k', '', '{"channel":"chat","case":1,"text":"hi","\u0000x":1}')"#;
    fixture.execute(sql).await.unwrap();
    let id = fixture.insert([chat(2, "text")]).await[0];
    assert_eq!(ids(&fixture.claim(5).await), [id]);
    let row = fixture.outbox.get(ACCOUNT, "k").await.unwrap().unwrap();
    assert_eq!(row.code.as_deref(), Some("worker_too_old"));
    let cause = row.cause.unwrap();
    assert_eq!(cause, r"`\0x` is not a field of a chat message");
}

/// A turn that ended all of them could take longer than it may, and would be rolled back each time.
async fn many_rows_that_are_no_message_end_in_several_turns(fixture: Fixture) {
    let rows = vec!["('acme', '{}')"; 1200].join(", ");
    let sql = format!("INSERT INTO outbox_message (account, message) VALUES {rows}");
    fixture.execute(&sql).await.unwrap();
    let id = fixture.insert([chat(1, "text")]).await[0];
    let invalid = format!(
        "INSERT INTO outbox_message (account, message) VALUES {}",
        vec!["('acme', '{}')"; 100].join(", ")
    );
    fixture.execute(&invalid).await.unwrap();
    let first = fixture.turn(100, Vec::new()).await;
    assert_eq!((first.ended.len(), first.claimed.len()), (1000, 0));
    // There is more to do, although no row will become due.
    assert_eq!(first.next, Some(fixture.now()));
    let second = fixture.turn(100, Vec::new()).await;
    assert_eq!(ids(&second.claimed), [id]);
    assert_eq!(second.ended.len(), 300);
}

#[tokio::test]
async fn a_time_without_a_zone_is_in_utc() {
    let Some(fixture) = Fixture::database().await else {
        return;
    };
    let time =
        r#"[{"account": "acme", "key": "k", "message": {}, "not_before": "2027-01-15T08:00:00"}]"#;
    fixture
        .execute("SET timezone = 'Asia/Tokyo'")
        .await
        .unwrap();
    fixture.by_statement(time).await.unwrap();
    let row = fixture.outbox.get(ACCOUNT, "k").await.unwrap().unwrap();
    let json = serde_json::to_value(&row).unwrap();
    assert_eq!(json["not_before"], "2027-01-15T08:00:00Z");
}

async fn an_insert_can_not_forge_a_state(fixture: Fixture) {
    let id = fixture.insert([chat(1, "a").key("k")]).await[0];
    let own = [
        "state, settled_seq) VALUES ('acme', '{}', 'accepted', 1)",
        "state) VALUES ('acme', '{}', 'sending')",
        "attempt) VALUES ('acme', '{}', 1)",
        "failures) VALUES ('acme', '{}', 1)",
        "retry_at) VALUES ('acme', '{}', NOW)",
        "first_claimed_at) VALUES ('acme', '{}', NOW)",
        "claimed_at) VALUES ('acme', '{}', NOW)",
        "claim) VALUES ('acme', '{}', 1)",
        "worker) VALUES ('acme', '{}', 'w')",
        "lease_until) VALUES ('acme', '{}', NOW)",
        "status) VALUES ('acme', '{}', 200)",
        "code) VALUES ('acme', '{}', 'x')",
        "cause) VALUES ('acme', '{}', 'x')",
        "message_id) VALUES ('acme', '{}', 1)",
        "settled_at) VALUES ('acme', '{}', NOW)",
        "settled_seq) VALUES ('acme', '{}', 1)",
        "decided_by) VALUES ('acme', '{}', 'ann')",
        "replaced_at) VALUES ('acme', '{}', NOW)",
    ];
    for rest in own {
        let rest = rest.replace("NOW", &fixture.at(fixture.now()));
        let sql = format!("INSERT INTO outbox_message (account, message, {rest}");
        let error = fixture.execute(&sql).await.unwrap_err();
        assert!(
            error.starts_with("outbox: only account, key,"),
            "{rest}: {error}"
        );
    }
    let long = "x".repeat(201);
    let invalid = [
        "lane) VALUES ('acme', NULL, 'x')".to_owned(),
        format!("lane) VALUES ('acme', '{{}}', '{long}')"),
        "strict) VALUES ('acme', '{}', 2)".to_owned(),
        "priority) VALUES ('acme', '{}', -1)".to_owned(),
        "priority) VALUES ('acme', '{}', 3)".to_owned(),
        "key) VALUES ('acme', '{}', '')".to_owned(),
        format!("key) VALUES ('acme', '{{}}', '{long}')"),
        format!(
            "source) VALUES ('acme', '{{}}', '{}')",
            "x".repeat(16 * 1024 + 1)
        ),
        "source) VALUES ('', '{}', 'x')".to_owned(),
    ];
    for rest in invalid {
        let sql = format!("INSERT INTO outbox_message (account, message, {rest}");
        assert!(fixture.execute(&sql).await.is_err(), "{rest}");
    }
    if fixture.is_file() {
        let over = [
            format!("(id, account, message) VALUES ({id}, 'acme', '{{}}')"),
            "(account, key, message) VALUES ('acme', 'k', '{}')".to_owned(),
        ];
        for over in over {
            let sql = format!("INSERT OR REPLACE INTO outbox_message {over}");
            assert!(fixture.execute(&sql).await.is_err());
        }
    }
    assert_eq!(
        fixture.row(id).await.message_json(),
        Some(r#"{"channel":"chat","case":1,"text":"a"}"#)
    );
}

/// Whatever a fault of the library, or a person with a tool, writes.
async fn the_table_itself_refuses_rows_that_can_not_be(fixture: Fixture) {
    let ids = fixture.insert([chat(1, "a").key("k"), chat(2, "b")]).await;
    fixture.outbox.cancel(ids[0], "ann").await.unwrap();
    let replacing = fixture.outbox.insert(ACCOUNT, [chat(1, "b").key("k")]);
    assert_eq!(replacing.await.unwrap()[0].replaces, Some(ids[0]));
    for set in [
        "state = 'sent', settled_seq = 1",
        "state = 'sending', claim = 1",
        "state = 'sending', lease_until = NOW",
        "state = 'unknown', settled_seq = 1, claim = 1",
        "message = NULL",
        "state = 'refused', settled_seq = 1, decided_by = 'ann'",
        "state = 'refused'",
        "settled_seq = 1",
    ] {
        let set = set.replace("NOW", &fixture.at(fixture.now()));
        let sql = format!("UPDATE outbox_message SET {set} WHERE id = {}", ids[1]);
        let error = fixture.execute(&sql).await.unwrap_err();
        assert!(
            error.to_lowercase().contains("check constraint"),
            "{set}: {error}"
        );
    }
    let sql = format!(
        "UPDATE outbox_message SET replaced_at = NULL WHERE id = {}",
        ids[0]
    );
    let error = fixture.execute(&sql).await.unwrap_err();
    let says = ["UNIQUE", "message_key"][usize::from(!fixture.is_file())];
    assert!(error.contains(says), "{error}");
}

/// Rows by hand under the keys of others.
async fn rows_by_hand_are_the_same_or_replace_or_are_refused(fixture: Fixture) {
    let insert = async |account: &str, text: &str| {
        let message = format!(r#"{{"channel":"chat","case":1,"text":"{text}"}}"#);
        let sql = format!(
            "INSERT INTO outbox_message (account, key, message) VALUES ('{account}', 'k', '{message}')"
        );
        fixture.execute(&sql).await
    };
    // Keys are of one account.
    assert_eq!(insert("acme", "a").await, Ok(1));
    assert_eq!(insert("other", "b").await, Ok(1));
    assert_eq!(insert("acme", "a").await, Ok(0));
    assert!(insert("acme", "b").await.is_err());
    let others = fixture.outbox.get("other", "k").await.unwrap().unwrap();
    let first = fixture.outbox.get(ACCOUNT, "k").await.unwrap().unwrap();
    fixture.outbox.cancel(first.id, "ann").await.unwrap();

    assert_eq!(insert("acme", "b").await, Ok(1));
    let second = fixture.outbox.get(ACCOUNT, "k").await.unwrap().unwrap();
    assert_ne!(second.id, first.id);
    assert!(fixture.row(first.id).await.replaced);
    assert!(!fixture.row(others.id).await.replaced);
    // What was replaced doesn't count any more, for either.
    assert!(insert("acme", "a").await.is_err());
    fixture.outbox.cancel(second.id, "ann").await.unwrap();
    fixture.pass(minutes(1));
    let time = format!(
        "SELECT replaced_at FROM outbox_message WHERE id = {}",
        first.id
    );
    let before = fixture.query_one(&time).await;
    assert_eq!(insert("acme", "a").await, Ok(1));
    assert_eq!(fixture.query_one(&time).await, before);
    let history = async |id| fixture.outbox.history(id).await.unwrap();
    for id in [first.id, second.id] {
        let history = history(id).await;
        let what: Vec<_> = history.iter().map(|event| event.what.as_str()).collect();
        assert_eq!(what, ["cancelled", "replaced"]);
    }
    assert!(history(others.id).await.is_empty());
}
