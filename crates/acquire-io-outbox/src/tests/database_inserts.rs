//! Inserting into a database: roles, other programs, programs that insert at the same time.

use std::io::{Write as _, stderr};
use std::process::Command;

use super::support::{ACCOUNT, Fixture, chat, connect, ids, turn};
use crate::verdict::Kind;
use crate::{Entry, Error, Outbox, State, postgres};

#[tokio::test]
async fn a_services_role_can_insert_and_nothing_else() {
    let Some(fixture) = Fixture::database().await else {
        return;
    };
    let database = fixture.its_database();
    let name = database.name();
    let (shop, sender) = (format!("shop_{name}"), format!("sender_{name}"));
    let roles = format!(
        "DROP ROLE IF EXISTS {shop}; DROP ROLE IF EXISTS {sender}; CREATE ROLE {shop} LOGIN; CREATE ROLE {sender} LOGIN;
        GRANT USAGE ON SCHEMA acquire_outbox TO {shop};
        GRANT EXECUTE ON FUNCTION acquire_outbox.insert(text) TO {shop};
        GRANT USAGE ON SCHEMA acquire_outbox TO {sender};
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA acquire_outbox TO {sender}"
    );
    database.psql(&roles).unwrap();
    let as_shop = |sql: &str| database.server().psql_as(&shop, name, sql);
    let entry = r#"[{"account": "acme", "key": "order-17", "message": {"channel": "chat", "case": 28, "text": "Ready"}}]"#;
    let insert = format!("SELECT acquire_outbox.insert('{entry}')");
    assert_eq!(as_shop(&insert).unwrap(), "1");
    assert_eq!(as_shop(&insert).unwrap(), "0");
    for forbidden in [
        "SELECT * FROM acquire_outbox.message",
        "SELECT secret FROM acquire_outbox.meta",
        "UPDATE acquire_outbox.message SET state = 'accepted'",
        "DELETE FROM acquire_outbox.message",
        "INSERT INTO acquire_outbox.message (account, message) VALUES ('acme', '{}')",
        "SELECT acquire_outbox.time_of('1')",
    ] {
        let error = as_shop(forbidden).unwrap_err();
        assert!(error.contains("permission denied"), "{forbidden}: {error}");
    }
    // Names of its own don't change what the function does.
    let shadow = "CREATE TEMP TABLE message (id int); SET search_path = pg_temp, public;";
    let other = insert.replace("order-17", "order-18");
    assert_eq!(as_shop(&format!("{shadow} {other}")).unwrap(), "1");
    let forged = insert
        .replace(
            "\"key\"",
            "\"state\": \"accepted\", \"attempt\": 7, \"key\"",
        )
        .replace("order-17", "order-19");
    assert_eq!(as_shop(&forged).unwrap(), "1");

    // A worker's role can all that a worker does.
    let worker = Outbox::postgres(&database.server().address_of(&sender, name))
        .await
        .unwrap();
    worker
        .target(ACCOUNT, "https://acme.acquire.io")
        .await
        .unwrap();
    worker
        .store
        .heartbeat("w".to_owned(), vec![ACCOUNT.to_owned()])
        .await
        .unwrap();
    let turned = worker.store.turn(turn(8, Vec::new())).await.unwrap();
    assert_eq!(turned.claimed.len(), 1, "they have one lane");
    let verdict = super::support::settled(&turned.claimed[0], Kind::Refused);
    worker.store.turn(turn(0, vec![verdict])).await.unwrap();
    worker
        .insert(ACCOUNT, [chat(3, "text").key("order-17")])
        .await
        .unwrap();
    worker.pause(ACCOUNT, None, "why", "ann").await.unwrap();
    assert_eq!(
        worker.standing(ACCOUNT).await.unwrap().count(State::Queued),
        3
    );
    worker.hold("why", "ann").await.unwrap();
    assert_eq!(worker.prune(super::support::minutes(0)).await.unwrap(), 1);
}

#[tokio::test]
async fn what_a_service_rolls_back_is_not_there_and_what_it_commits_is() {
    let Some(fixture) = Fixture::database().await else {
        return;
    };
    let service = connect(&fixture.its_database().address()).await;
    service
        .batch_execute("CREATE TABLE orders (id serial)")
        .await
        .unwrap();
    let entries = [
        chat(1, "a \u{1F600} \"quoted\"")
            .key("order-1")
            .source(["row", "1"]),
        chat(2, "b").no_lane(),
    ];
    let parameter = fixture.outbox.parameter(ACCOUNT, &entries).unwrap();
    for end in ["ROLLBACK", "COMMIT"] {
        service
            .batch_execute("BEGIN; INSERT INTO orders DEFAULT VALUES")
            .await
            .unwrap();
        let inserted = service
            .query_one(postgres::INSERT, &[&parameter])
            .await
            .unwrap();
        assert_eq!(inserted.get::<_, i64>(0), 2);
        // Nobody sees it yet.
        assert!(fixture.claim(64).await.is_empty());
        service.batch_execute(end).await.unwrap();
    }
    let claimed = fixture.claim(64).await;
    assert_eq!(claimed.len(), 2);
    assert_eq!(claimed[0].message, *entries[0].message());
    let row = fixture.row(crate::RowId(claimed[0].id)).await;
    assert_eq!(
        (row.lane.as_deref(), row.source().unwrap().get()),
        (Some("case:1"), r#"["row","1"]"#)
    );
}

/// What another program inserts in a transaction of its own.
async fn insert(fixture: &Fixture, entry: &Entry) -> Result<u64, String> {
    let parameter = fixture
        .outbox
        .parameter(ACCOUNT, std::slice::from_ref(entry))
        .unwrap();
    let service = connect(&fixture.its_database().address()).await;
    service.batch_execute("BEGIN").await.unwrap();
    let inserted = service.query_one(postgres::INSERT, &[&parameter]).await;
    let inserted = inserted.map_err(|error| error.as_db_error().unwrap().message().to_owned())?;
    service.batch_execute("COMMIT").await.unwrap();
    Ok(u64::try_from(inserted.get::<_, i64>(0)).unwrap())
}

#[tokio::test]
async fn the_same_message_at_once_is_inserted_once() {
    let Some(fixture) = Fixture::database().await else {
        return;
    };
    let other = fixture.open_again().await;
    for round in 0..10 {
        let entry = chat(1, "text").key(format!("key {round}"));
        let (service, one, two) = tokio::join!(
            insert(&fixture, &entry),
            fixture.outbox.insert(ACCOUNT, [&entry]),
            other.insert(ACCOUNT, [&entry])
        );
        let (one, two) = (one.unwrap()[0], two.unwrap()[0]);
        let by_library = [one, two].iter().filter(|one| !one.existed).count() as u64;
        assert_eq!(service.unwrap() + by_library, 1);
        assert_eq!(one.id, two.id);
    }
    let standing = fixture.outbox.standing(ACCOUNT).await.unwrap();
    assert_eq!(standing.count(State::Queued), 10);
}

#[tokio::test]
async fn of_different_messages_at_once_one_gets_the_key() {
    let Some(fixture) = Fixture::database().await else {
        return;
    };
    let other = fixture.open_again().await;
    for round in 0..10 {
        let entry = |text| chat(1, text).key(format!("key {round}"));
        let a = entry("a");
        let (service, one, two) = tokio::join!(
            insert(&fixture, &a),
            fixture.outbox.insert(ACCOUNT, [entry("b")]),
            other.insert(ACCOUNT, [entry("c")])
        );
        if let Err(error) = &service {
            assert_eq!(error, "outbox: another message has this key");
        }
        for inserted in [&one, &two] {
            assert!(
                inserted.as_ref().err().is_none_or(Error::is_key_taken),
                "{inserted:?}"
            );
        }
        let inserted = [service.is_ok(), one.is_ok(), two.is_ok()];
        assert_eq!(inserted.iter().filter(|is_ok| **is_ok).count(), 1);
    }
}

/// The second one waits for the first, which commits after the second one has looked.
#[tokio::test]
async fn a_key_that_is_taken_while_a_statement_waits_is_found() {
    let Some(fixture) = Fixture::database().await else {
        return;
    };
    let first = connect(&fixture.its_database().address()).await;
    for (text, expected) in [
        ("a", Ok(0)),
        ("b", Err("outbox: another message has this key".to_owned())),
    ] {
        let parameter = |text| {
            let entries = [
                chat(1, "x").key(format!("before {text}")),
                chat(1, text).key("k"),
            ];
            fixture.outbox.parameter(ACCOUNT, &entries).unwrap()
        };
        fixture.execute("DELETE FROM outbox_message").await.unwrap();
        first.batch_execute("BEGIN").await.unwrap();
        first
            .execute(postgres::INSERT, &[&parameter("a")])
            .await
            .unwrap();
        let entry = chat(1, text).key("k");
        let (second, ()) = tokio::join!(insert(&fixture, &entry), async {
            let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN
              (SELECT pid FROM pg_stat_activity WHERE datname = current_database())";
            while fixture.query_one(waits).await.as_deref() == Some("0") {
                tokio::task::yield_now().await;
            }
            first.batch_execute("COMMIT").await.unwrap();
        });
        assert_eq!(second, expected);
    }
}

/// Inserts as a service in Python does: the address, the library's statement, its parameter, and that of another message.
const PYTHON: &str = r#"
import json, sys
import psycopg

address, statement, same, other = sys.argv[1:]
statement = statement.replace("$1", "%s")
message = {"channel": "chat", "case": 28, "text": "Ready \u00e9 \U0001F600"}
plain = json.dumps([{"account": "acme", "key": "plain", "message": message}])

with psycopg.connect(address) as db:
    try:
        with db.transaction():
            db.execute("SELECT acquire_outbox.insert(%s)", (plain.replace('"plain"', '"rolled back"'),))
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    with db.transaction():
        assert db.execute("SELECT acquire_outbox.insert(%s)", (plain,)).fetchone() == (1,)
        assert db.execute(statement, (same,)).fetchone() == (1,)
    with db.transaction():
        assert db.execute("SELECT acquire_outbox.insert(%s)", (plain,)).fetchone() == (0,)
        assert db.execute(statement, (same,)).fetchone() == (0,)
    try:
        with db.transaction():
            db.execute(statement, (other,))
        sys.exit("not refused")
    except psycopg.errors.UniqueViolation as error:
        assert error.diag.message_primary == "outbox: another message has this key"
"#;

#[tokio::test]
async fn a_service_in_python_inserts_with_psycopg() {
    let Some(fixture) = Fixture::database().await else {
        return;
    };
    let parameter = |text| {
        let entry = chat(3, text).key("library");
        fixture.outbox.parameter(ACCOUNT, &[entry]).unwrap()
    };
    // The system's Python has the packages of the system, another one on the path may not.
    let has_psycopg = |python: &&str| {
        let output = Command::new(python).args(["-c", "import psycopg"]).output();
        output.is_ok_and(|output| output.status.success())
    };
    let Some(python) = ["python3", "/usr/bin/python3"]
        .into_iter()
        .find(has_psycopg)
    else {
        let may_miss = std::env::var_os("OUTBOX_TEST_PROGRAMS").is_none();
        assert!(may_miss, "there is no psycopg for python3");
        // Past the test's captured output. Nobody may listen.
        drop(writeln!(
            stderr(),
            "left out: a test with psycopg for python3, which is not installed"
        ));
        return;
    };
    let mut python = Command::new(python);
    python
        .arg("-c")
        .arg(PYTHON)
        .arg(fixture.its_database().address());
    python.args([postgres::INSERT, &parameter("text"), &parameter("other")]);
    let output = python.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let plain = fixture.outbox.get(ACCOUNT, "plain").await.unwrap().unwrap();
    let library = fixture
        .outbox
        .get(ACCOUNT, "library")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(ids(&fixture.claim(64).await), [plain.id, library.id]);
    assert_eq!(
        plain.message().unwrap().unwrap(),
        *chat(28, "Ready \u{e9} \u{1F600}").message()
    );
    assert!(
        fixture
            .outbox
            .get(ACCOUNT, "rolled back")
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn the_functions_take_what_the_documentation_says() {
    let Some(fixture) = Fixture::database().await else {
        return;
    };
    let entries = r#"[
      {"account": "acme", "key": "a", "message": {"channel": "chat", "case": 28, "text": "Ready"}, "lane": "", "priority": 0,
       "not_before": "2027-01-15T08:00:00.250Z", "not_after": 1900000000000, "source": "row 3"},
      {"account": "acme", "message": {"case": 28.5}},
      {"account": "acme", "message": {"case": "28"}, "strict": false},
      {"account": "acme", "message": []}
    ]"#;
    assert_eq!(fixture.by_statement(entries).await, Ok(4));
    let row = fixture.outbox.get(ACCOUNT, "a").await.unwrap().unwrap();
    let json = serde_json::to_value(&row).unwrap();
    assert_eq!(json["not_before"], "2027-01-15T08:00:00.250Z");
    assert_eq!(json["not_after"], "2030-03-17T17:46:40Z");
    assert_eq!((row.lane, row.priority), (None, crate::Priority::Urgent));
    let lanes = fixture.query("SELECT lane FROM outbox_message").await;
    assert!(
        lanes.iter().all(|row| row[0].as_deref() == Some("")),
        "{lanes:?}"
    );
    for wrong in [
        "{}",
        "no JSON",
        r#"[{"message": {}}]"#,
        r#"[{"account": "acme"}]"#,
    ] {
        assert!(fixture.by_statement(wrong).await.is_err(), "{wrong}");
    }
}
