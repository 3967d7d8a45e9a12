//! Files that are refused, and what an outbox leaves behind.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use tempfile::TempDir;

use super::support::{Fixture, chat};
use crate::{Error, Outbox};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Why a file is refused.
async fn refused(path: &Path) -> Error {
    let error = Outbox::sqlite(path).await.expect_err("the file is refused");
    assert!(error.is_file() || error.is_newer(), "{error}");
    error
}

async fn assert_refused(path: &Path, problem: &str) {
    let error = refused(path).await.to_string();
    assert!(error.contains(problem), "{error}");
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_closed_outbox_is_one_file_that_can_be_copied() {
    let fixture = Fixture::file().await;
    let folder = fixture.path().parent().unwrap().to_owned();
    let id = fixture.insert([chat(1, "text").key("k")]).await[0];
    let open = [
        "test.outbox",
        "test.outbox-lock",
        "test.outbox-shm",
        "test.outbox-wal",
    ];
    assert_eq!(names(&folder), open);
    fixture.outbox.clone().close().await.unwrap();
    assert!(
        fixture
            .outbox
            .get("acme", "k")
            .await
            .unwrap_err()
            .is_closed()
    );
    assert_eq!(names(&folder), ["test.outbox"]);

    let copy = folder.join("copy.outbox");
    fs::copy(fixture.path(), &copy).unwrap();
    let copy = Outbox::sqlite(copy).await.unwrap();
    assert_eq!(copy.get("acme", "k").await.unwrap().unwrap().id, id);
    copy.close().await.unwrap();
}

#[tokio::test]
async fn the_last_one_that_closes_leaves_one_file() {
    let fixture = Fixture::file().await;
    let other = fixture.open_again().await;
    fixture.outbox.clone().close().await.unwrap();
    other
        .insert("acme", [chat(1, "text").key("k")])
        .await
        .unwrap();
    other.close().await.unwrap();
    assert_eq!(names(fixture.path().parent().unwrap()), ["test.outbox"]);
    let again = fixture.open_again().await;
    assert!(again.get("acme", "k").await.unwrap().is_some());
}

#[cfg(unix)]
#[tokio::test]
async fn others_can_not_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;

    let fixture = Fixture::file().await;
    fixture.insert([chat(1, "text")]).await;
    for ending in ["", "-wal", "-shm", "-lock"] {
        let mut path = fixture.path().into_os_string();
        path.push(ending);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{path:?}");
    }
}

#[tokio::test]
async fn files_that_are_no_outbox() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);

    fs::write(at("text"), "Dear Ann,\n".repeat(1000)).unwrap();
    assert_refused(&at("text"), "is no outbox: name another file").await;

    fs::write(at("empty"), "").unwrap();
    assert_refused(
        &at("empty"),
        "is empty: delete it to make a new outbox there",
    )
    .await;

    fs::create_dir(at("folder")).unwrap();
    assert_refused(&at("folder"), "is no file").await;
    assert_refused(&at("missing/june.outbox"), "the folder of").await;

    let other = Connection::open(at("other.db")).unwrap();
    other
        .execute_batch("CREATE TABLE orders (id); INSERT INTO orders VALUES (1)")
        .unwrap();
    other.close().unwrap();
    let before = fs::read(at("other.db")).unwrap();
    assert_refused(&at("other.db"), "is a SQLite file, but no outbox").await;
    assert_eq!(fs::read(at("other.db")).unwrap(), before);
}

#[tokio::test]
async fn a_file_that_does_not_exist_is_made_if_wanted() {
    let folder = folder();
    let path = folder.path().join("june.outbox");
    let error = Outbox::sqlite_options(&path)
        .create(false)
        .open()
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("doesn't exist: check its name"),
        "{error}"
    );
    assert!(!path.exists());
    Outbox::sqlite(&path).await.unwrap().close().await.unwrap();
    assert_eq!(names(folder.path()), ["june.outbox"]);
}

/// A closed outbox with some messages in it.
async fn closed() -> Fixture {
    let fixture = Fixture::file().await;
    fixture
        .insert((1..=200).map(|case| chat(case, "some text that takes space")))
        .await;
    fixture.outbox.clone().close().await.unwrap();
    fixture
}

#[tokio::test]
async fn a_truncated_file() {
    for keep in [100, 5000, 20_000] {
        let fixture = closed().await;
        let bytes = fs::read(fixture.path()).unwrap();
        fs::write(fixture.path(), &bytes[..keep]).unwrap();
        refused(&fixture.path()).await;
    }
    let fixture = closed().await;
    let bytes = fs::read(fixture.path()).unwrap();
    fs::write(fixture.path(), &bytes[..bytes.len() - 4096]).unwrap();
    assert_refused(&fixture.path(), "is damaged: restore it from a backup").await;
}

#[tokio::test]
async fn a_damaged_file() {
    let fixture = closed().await;
    let mut bytes = fs::read(fixture.path()).unwrap();
    for page in bytes.chunks_mut(4096).skip(1) {
        page[..8].fill(0xff);
    }
    fs::write(fixture.path(), bytes).unwrap();
    assert_refused(&fixture.path(), "is damaged: restore it from a backup").await;
}

#[tokio::test]
async fn a_read_only_file() {
    let fixture = closed().await;
    let mut permissions = fs::metadata(fixture.path()).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(fixture.path(), permissions).unwrap();
    assert_refused(&fixture.path(), "is read-only").await;
}

#[tokio::test]
async fn a_file_of_a_newer_version() {
    let fixture = closed().await;
    let raw = fixture.raw();
    raw.pragma_update(None, "user_version", 2).unwrap();
    raw.close().unwrap();
    let error = refused(&fixture.path()).await;
    assert!(error.is_newer());
    assert!(
        error
            .to_string()
            .contains("its tables have version 2, this one knows 1): use the newer version"),
        "{error}"
    );
}

#[tokio::test]
async fn a_synchronised_folder() {
    let folder = folder();
    let dropbox = folder.path().join("Dropbox/orders");
    fs::create_dir_all(&dropbox).unwrap();
    let error = refused(&dropbox.join("june.outbox")).await.to_string();
    assert!(
        error.contains("is in a folder that Dropbox synchronises"),
        "{error}"
    );
    assert!(
        error.contains("use a local path, for example") && error.contains("june.outbox"),
        "{error}"
    );

    let marked = folder.path().join("work");
    fs::create_dir_all(marked.join(".stfolder")).unwrap();
    fs::create_dir(marked.join("orders")).unwrap();
    assert_refused(&marked.join("orders/june.outbox"), "Syncthing synchronises").await;
    assert_eq!(names(&dropbox), [""; 0]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_is_where_it_leads_to() {
    let folder = folder();
    let dropbox = folder.path().join("Dropbox");
    fs::create_dir(&dropbox).unwrap();
    std::os::unix::fs::symlink(&dropbox, folder.path().join("link")).unwrap();
    assert_refused(
        &folder.path().join("link/june.outbox"),
        "Dropbox synchronises",
    )
    .await;
}

#[tokio::test]
async fn a_copy_that_was_made_while_the_file_was_in_use() {
    let fixture = Fixture::file().await;
    fixture.insert([chat(1, "text").key("k")]).await;
    let copy = copied(&fixture);
    assert_refused(&copy, "was copied or moved while it was in use").await;

    let restored = Outbox::sqlite_options(&copy)
        .restored()
        .open()
        .await
        .unwrap();
    let held = restored.standing("acme").await.unwrap().held.unwrap();
    assert_eq!(held.why, "restored");
    let turned = restored
        .store
        .turn(super::support::turn(1, Vec::new()))
        .await
        .unwrap();
    assert!(turned.claimed.is_empty() && turned.paused.is_some());
    restored.release("ann").await.unwrap();
    restored.close().await.unwrap();
    Outbox::sqlite(&copy).await.unwrap();
}

/// Copies a file that is in use. By another process: closing the file here would free SQLite's locks.
fn copied(fixture: &Fixture) -> std::path::PathBuf {
    let copy = fixture.path().with_file_name("copy.outbox");
    let copied = std::process::Command::new("cp")
        .arg(fixture.path())
        .arg(&copy)
        .status()
        .unwrap();
    assert!(copied.success());
    copy
}

/// Of two programs that open it at once, the second one waits for the first, which is refused.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_copy_is_refused_for_a_program_that_waited_for_another_too() {
    use std::os::unix::fs::MetadataExt as _;

    let fixture = Fixture::file().await;
    fixture.insert([chat(1, "text").key("k")]).await;
    let copy = copied(&fixture);
    let first = fs::File::create(copy.with_file_name("copy.outbox-lock")).unwrap();
    first.lock().unwrap();
    let second = tokio::spawn(Outbox::sqlite(copy));
    let inode = format!(":{} ", first.metadata().unwrap().ino());
    let waits = |line: &str| line.contains("->") && line.contains(&inode);
    while !fs::read_to_string("/proc/locks")
        .unwrap()
        .lines()
        .any(waits)
    {
        tokio::task::yield_now().await;
    }
    first.unlock().unwrap();
    let refused = second.await.unwrap().unwrap_err().to_string();
    assert!(
        refused.contains("was copied or moved while it was in use"),
        "{refused}"
    );
}

/// What the file itself says when its -wal is lost.
fn mark_without_wal(fixture: &Fixture) -> i64 {
    let copy = copied(fixture);
    let copy = Connection::open(copy).unwrap();
    copy.query_row("SELECT mark FROM outbox_meta", [], |row| row.get(0))
        .unwrap()
}

#[tokio::test]
async fn a_reader_does_not_hide_a_lost_wal() {
    let fixture = Fixture::file().await;
    let raw = fixture.raw();
    // How many pages the -wal has, and how many of them were moved to the file.
    let pages = || {
        raw.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| {
            Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        })
        .unwrap()
    };
    let text = "x".repeat(4000);
    let insert = async || drop(fixture.insert([chat(1, &text)]).await);
    while pages().0 < 1950 {
        insert().await;
    }
    let reader = fixture.raw();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM outbox_message")
        .unwrap();
    while pages().1 == 0 {
        insert().await;
    }
    let (all, moved) = pages();
    assert!(moved < all, "the reader holds nothing back");
    reader.execute_batch("COMMIT").unwrap();
    insert().await;
    assert_eq!(mark_without_wal(&fixture), 1);
}

#[test]
fn an_old_sqlite_is_refused() {
    assert!(crate::sqlite::check_version(3_051_003).is_ok());
    let error = crate::sqlite::check_version(3_051_002).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("SQLite 3.51.2, which can corrupt an outbox"),
        "{error}"
    );
}

#[tokio::test]
async fn commits_reach_the_disk() {
    let fixture = Fixture::file().await;
    let (journal, synchronous, secure) = crate::sqlite::pragmas(&fixture.path()).unwrap();
    assert_eq!((journal.as_str(), synchronous, secure), ("wal", 2, 1));
}

#[tokio::test]
async fn a_long_wal_is_moved_to_the_file() {
    let fixture = Fixture::file().await;
    let text = "x".repeat(4000);
    for case in 1..=40 {
        fixture.insert((0..100).map(|_| chat(case, &text))).await;
    }
    let wal = fs::metadata(fixture.path().with_file_name("test.outbox-wal"))
        .unwrap()
        .len();
    assert!(wal < 10 << 20, "{wal}");
    let mark = "SELECT mark FROM outbox_meta";
    assert_eq!(
        fixture
            .raw()
            .query_row(mark, [], |row| row.get::<_, i64>(0))
            .unwrap(),
        2
    );
}
