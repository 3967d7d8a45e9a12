//! No content, and no key, in errors, events and `Debug`.

use super::support::{ACCOUNT, Fixture, LEASE, chat, on_each_store, settled, turn};
use crate::verdict::Kind;
use crate::{Cursor, Entry, Filter, Found};

on_each_store! {
    nothing_repeats_content,
}

const CANARY: &str = "canary-4711";

fn entry() -> Entry {
    chat(1, CANARY).key(CANARY).source(CANARY)
}

/// All that an error says, with what it was caused by.
fn said(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(|error| format!("{error} {error:?}; ")).collect()
}

/// Content, and a key, where something else is expected.
#[test]
fn json_that_is_no_entry_is_not_repeated() {
    for json in [
        r#"canary-4711"#,
        r#"{"channel":"canary-4711","case":1,"text":"a"}"#,
        r#"{"channel":"chat","case":"canary-4711","text":"a"}"#,
        r#"{"channel":"chat","case":1,"text":{"canary-4711":1}}"#,
        r#"{"channel":"chat","case":1,"text":"a","key":["canary-4711"]}"#,
        r#"{"channel":"chat","case":1,"text":"a","lane":{"a":"canary-4711"}}"#,
        r#"{"channel":"chat","case":1,"text":"a","priority":"canary-4711"}"#,
        r#"{"channel":"chat","case":1,"text":"a","not_before":"canary-4711"}"#,
        r#"{"channel":"chat","case":1,"text":"a","strict":"canary-4711"}"#,
        r#"{"channel":"chat","case":1,"text":"canary-4711" "a"}"#,
    ] {
        let invalid = Entry::from_json(json).unwrap_err();
        let by_serde = serde_json::from_str::<Entry>(json).unwrap_err();
        let text = said(&invalid) + &said(&by_serde);
        assert!(!text.contains(CANARY), "{json}: {text}");
    }
}

async fn nothing_repeats_content(fixture: Fixture) {
    let mut said = vec![format!("{:?}", entry()), format!("{:?}", fixture.outbox)];
    let parameter = fixture
        .outbox
        .parameter(ACCOUNT, &[chat(0, CANARY).key(CANARY)]);
    said.push(self::said(&parameter.unwrap_err()));
    let id = fixture.insert([entry()]).await[0];
    for error in [
        fixture
            .outbox
            .insert(ACCOUNT, [chat(2, CANARY).key(CANARY)])
            .await
            .unwrap_err(),
        fixture
            .outbox
            .insert(ACCOUNT, [chat(0, CANARY).key(CANARY.repeat(100))])
            .await
            .unwrap_err(),
        fixture
            .outbox
            .resolve(id, Found::NotSent, "ann")
            .await
            .unwrap_err(),
    ] {
        said.push(self::said(&error));
    }
    let hand_written =
        format!(r#"{{"channel":"chat","case":"{CANARY}","text":7,"note":"{CANARY}"}}"#);
    let sql =
        format!("INSERT INTO outbox_message (account, message) VALUES ('acme', '{hand_written}')");
    fixture.execute(&sql).await.unwrap();

    let old = fixture.claim(64).await;
    said.push(format!(
        "{old:?} {:?}",
        turn(1, vec![settled(&old[0], Kind::Accepted)])
    ));
    fixture.pass(LEASE);
    fixture.claim(64).await;
    fixture
        .outbox
        .resolve_now(id, Found::NotSent, "ann")
        .await
        .unwrap();
    fixture.claim(64).await;
    fixture.settle(&old[0], Kind::Accepted).await;
    said.push(format!(
        "{:?}",
        fixture.outbox.account_history(ACCOUNT).await.unwrap()
    ));
    let rows = fixture.outbox.list(Filter::all()).await.unwrap();
    assert_eq!(rows.len(), 2);
    for row in &rows {
        let mut row = row.clone();
        said.push(format!("{row:?} {:?} {:?}", row.cause, row.code));
        if let Some(Err(invalid)) = row.message() {
            said.push(self::said(&invalid));
        }
        // Whoever has the row asks for its key. Its content is not in its JSON.
        row.key = None;
        said.push(serde_json::to_string(&row).unwrap());
    }
    let (rows, _) = fixture
        .outbox
        .settled_after(Cursor::default())
        .await
        .unwrap();
    said.push(format!(
        "{rows:?} {:?}",
        fixture.outbox.standing(ACCOUNT).await.unwrap()
    ));
    for text in said {
        assert!(!text.contains(CANARY), "{text}");
    }
}
