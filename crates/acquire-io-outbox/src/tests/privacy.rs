//! No content, and no key, in errors, events and `Debug`.

use super::support::{ACCOUNT, Fixture, LEASE, chat, settled, turn};
use crate::verdict::Kind;
use crate::{Cursor, Filter, Found};

const CANARY: &str = "canary-4711";

fn entry() -> crate::Entry {
    chat(1, CANARY).key(CANARY).source(CANARY)
}

#[tokio::test]
async fn nothing_repeats_content() {
    let fixture = Fixture::new().await;
    let mut said = vec![format!("{:?}", entry()), format!("{:?}", fixture.outbox)];
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
        said.push(format!("{error} {error:?}"));
    }
    let raw = fixture.raw();
    let sql = "INSERT INTO outbox_message (account, message) VALUES ('acme', ?1)";
    let hand_written =
        format!(r#"{{"channel":"chat","case":"{CANARY}","text":7,"note":"{CANARY}"}}"#);
    raw.execute(sql, [hand_written]).unwrap();

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
        said.push(format!("{row:?} {:?} {:?}", row.cause, row.code));
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
