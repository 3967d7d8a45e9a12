//! Programs that insert at the same time, in transactions of their own, and in another language.

use std::io::{Write as _, stderr};
use std::process::Command;
use std::thread;

use super::support::{ACCOUNT, Fixture, chat, ids, seconds};
use crate::{Entry, State, sqlite};

/// What another program inserts in a transaction of its own. Returns how many rows it inserted.
fn insert(fixture: &Fixture, entry: &Entry) -> thread::JoinHandle<rusqlite::Result<usize>> {
    let parameter = fixture
        .outbox
        .parameter(ACCOUNT, std::slice::from_ref(entry));
    let (mut raw, parameter) = (fixture.raw(), parameter.unwrap());
    thread::spawn(move || {
        let tx = raw.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let inserted = tx.execute(sqlite::INSERT, [parameter])?;
        tx.commit().map(|()| inserted)
    })
}

#[tokio::test]
async fn the_same_message_at_once_is_inserted_once() {
    let fixture = Fixture::file().await;
    let other = fixture.open_again().await;
    for round in 0..10 {
        let entry = chat(1, "text").key(format!("key {round}"));
        let service = insert(&fixture, &entry);
        let (one, two) = tokio::join!(
            fixture.outbox.insert(ACCOUNT, [&entry]),
            other.insert(ACCOUNT, [&entry])
        );
        let (one, two) = (one.unwrap()[0], two.unwrap()[0]);
        let by_library = [one, two].iter().filter(|one| !one.existed).count();
        assert_eq!(service.join().unwrap().unwrap() + by_library, 1);
        assert_eq!(one.id, two.id);
    }
    let standing = fixture.outbox.standing(ACCOUNT).await.unwrap();
    assert_eq!(standing.count(State::Queued), 10);
}

#[tokio::test]
async fn of_different_messages_at_once_one_gets_the_key() {
    let fixture = Fixture::file().await;
    let other = fixture.open_again().await;
    for round in 0..10 {
        let entry = |text| chat(1, text).key(format!("key {round}"));
        let service = insert(&fixture, &entry("a"));
        let (one, two) = tokio::join!(
            fixture.outbox.insert(ACCOUNT, [entry("b")]),
            other.insert(ACCOUNT, [entry("c")])
        );
        let service = service.join().unwrap();
        if let Err(error) = &service {
            let text = error.to_string();
            assert!(text.contains("another message has this key"), "{text}");
        }
        for inserted in [&one, &two] {
            assert!(
                inserted
                    .as_ref()
                    .err()
                    .is_none_or(crate::Error::is_key_taken)
            );
        }
        let inserted = [service.is_ok(), one.is_ok(), two.is_ok()];
        let count = inserted.into_iter().filter(|is_ok| *is_ok).count();
        assert_eq!(count, 1);
    }
}

#[tokio::test]
async fn a_turn_sees_what_a_service_has_committed_and_nothing_before() {
    let fixture = Fixture::file().await;
    let mut service = fixture.raw();
    let parameter = fixture.outbox.parameter(ACCOUNT, &[chat(1, "a").key("a")]);
    let parameter = parameter.unwrap();
    // A transaction that has written locks the file, so a turn that begins meanwhile waits for it.
    for commit in [false, true] {
        let tx = service.transaction().unwrap();
        tx.execute(sqlite::INSERT, [&parameter]).unwrap();
        assert!(fixture.outbox.get(ACCOUNT, "a").await.unwrap().is_none());
        let turn = fixture.claim(1);
        let end = async {
            match commit {
                true => tx.commit().unwrap(),
                false => tx.rollback().unwrap(),
            }
        };
        let (claimed, ()) = tokio::join!(turn, end);
        assert_eq!(claimed.len(), usize::from(commit));
    }
}

/// Inserts as a service in Python does: a path, the library's statement, its parameter, and that of another message.
const PYTHON: &str = r#"
import json, os, sqlite3, sys

path, statement, same, other = sys.argv[1:]
db = sqlite3.connect(path, timeout=10)
plain = "INSERT INTO outbox_message (account, key, lane, message) VALUES ('acme', ?, ?, ?)"
message = json.dumps({"channel": "chat", "case": 28, "text": "Ready \u00e9 \U0001F600"})

db.execute(plain, ("rolled back", "", message))
db.rollback()
with db:
    assert db.execute(plain, ("plain", None, message)).rowcount == 1
    assert db.execute(statement, (same,)).rowcount == 1
with db:
    assert db.execute(plain, ("plain", None, message)).rowcount == 0
    assert db.execute(statement, (same,)).rowcount == 0

def refused(*statement):
    try:
        with db:
            db.execute(plain, ("undone", "", message))
            db.execute(*statement)
    except sqlite3.IntegrityError as error:
        return str(error)
    sys.exit(f"not refused: {statement}")

assert refused(statement, (other,)) == "outbox: another message has this key"
assert refused(plain, ("plain", None, "{}")) == "outbox: another message has this key"
for column, value in [("state", "'accepted'"), ("attempt", 1), ("claim", 1), ("decided_by", "'ann'")]:
    forged = f"INSERT INTO outbox_message (account, message, {column}) VALUES ('acme', '{{}}', {value})"
    assert refused(forged).startswith("outbox: only account, key,"), column

db.execute(plain, ("never committed", "", message))
os._exit(0)
"#;

#[tokio::test]
async fn a_service_in_python_inserts_with_its_own_sqlite() {
    let fixture = Fixture::file().await;
    let parameter = |text| {
        let entry = chat(3, text).key("library");
        fixture.outbox.parameter(ACCOUNT, &[entry]).unwrap()
    };
    let mut python = Command::new("python3");
    python.arg("-c").arg(PYTHON).arg(fixture.path());
    python.args([sqlite::INSERT, &parameter("text"), &parameter("other")]);
    let output = match python.output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let may_miss = std::env::var_os("OUTBOX_TEST_PROGRAMS").is_none();
            assert!(may_miss, "there is no python3");
            // Past the test's captured output. Nobody may listen.
            drop(writeln!(
                stderr(),
                "left out: a test with python3, which is not installed"
            ));
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");

    let plain = fixture.outbox.get(ACCOUNT, "plain").await.unwrap().unwrap();
    let library = fixture.outbox.get(ACCOUNT, "library").await.unwrap();
    assert_eq!(plain.lane.as_deref(), Some("case:28"));
    let claimed = fixture.claim(64).await;
    assert_eq!(ids(&claimed), [plain.id, library.unwrap().id]);
    let expected = chat(28, "Ready \u{e9} \u{1F600}");
    assert_eq!(claimed[0].message, *expected.message());
    let again = fixture.outbox.insert(ACCOUNT, [expected.key("plain")]);
    assert!(again.await.unwrap()[0].existed);
    fixture.pass(seconds(1));
    assert!(fixture.claim(64).await.is_empty());
}
