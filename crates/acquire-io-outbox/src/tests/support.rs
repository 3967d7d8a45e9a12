//! An outbox in a temporary folder, with a clock that a test sets.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use acquire_io::{CaseId, Chat};
use tempfile::TempDir;

use crate::clock::Clock;
use crate::store::{Applied, Claimed, Settled, Token, Turn, Turned};
use crate::time::Time;
use crate::verdict::{Kind, Verdict};
use crate::{Entry, Outbox, Row, RowId, State};

pub(super) const ACCOUNT: &str = "acme";
pub(super) const LEASE: Duration = Duration::from_secs(60);

pub(super) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

/// A chat message for a case.
pub(super) fn chat(case: i64, text: &str) -> Entry {
    Entry::new(Chat::new(CaseId(case)).text(text))
}

pub(super) struct Fixture {
    folder: TempDir,
    clock: Arc<AtomicI64>,
    pub(super) outbox: Outbox,
}

impl Fixture {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(1_800_000_000_000));
        let outbox = open(folder.path().join("test.outbox"), &clock).await;
        Self {
            folder,
            clock,
            outbox,
        }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("test.outbox")
    }

    /// As another process would.
    pub(super) async fn open_again(&self) -> Outbox {
        open(self.path(), &self.clock).await
    }

    /// A connection of another program to the same file.
    pub(super) fn raw(&self) -> rusqlite::Connection {
        let raw = rusqlite::Connection::open(self.path()).unwrap();
        raw.busy_timeout(seconds(10)).unwrap();
        raw
    }

    pub(super) fn now(&self) -> Time {
        Time(self.clock.load(Ordering::SeqCst))
    }

    pub(super) fn pass(&self, time: Duration) {
        self.clock.store(self.now().plus(time).0, Ordering::SeqCst);
    }

    pub(super) fn go_back(&self, time: Duration) {
        self.clock.store(self.now().minus(time).0, Ordering::SeqCst);
    }

    /// Inserts entries, and returns their numbers.
    pub(super) async fn insert(&self, entries: impl IntoIterator<Item = Entry>) -> Vec<RowId> {
        let inserted = self.outbox.insert(ACCOUNT, entries).await.unwrap();
        inserted.into_iter().map(|inserted| inserted.id).collect()
    }

    pub(super) async fn turn(&self, slots: u32, settled: Vec<Settled>) -> Turned {
        let turn = turn(slots, settled);
        self.outbox.store.turn(turn).await.unwrap()
    }

    pub(super) async fn claim(&self, slots: u32) -> Vec<Claimed> {
        self.turn(slots, Vec::new()).await.claimed
    }

    pub(super) async fn claim_one(&self) -> Claimed {
        let mut claimed = self.claim(1).await;
        assert_eq!(claimed.len(), 1);
        claimed.remove(0)
    }

    pub(super) async fn settle(&self, claimed: &Claimed, kind: Kind) -> Applied {
        let turned = self.turn(0, vec![settled(claimed, kind)]).await;
        turned.applied[0]
    }

    pub(super) async fn row(&self, id: RowId) -> Row {
        self.outbox.get_by_id(id).await.unwrap().unwrap()
    }

    pub(super) async fn state(&self, id: RowId) -> State {
        self.row(id).await.state
    }
}

async fn open(path: PathBuf, clock: &Arc<AtomicI64>) -> Outbox {
    let clock = Clock {
        set: Some(Arc::clone(clock)),
    };
    Outbox::sqlite_options(path)
        .clock(clock)
        .open()
        .await
        .unwrap()
}

pub(super) fn turn(slots: u32, settled: Vec<Settled>) -> Turn {
    Turn {
        account: ACCOUNT.to_owned(),
        worker: "test".to_owned(),
        token: Token::random().unwrap(),
        slots,
        lease: LEASE,
        settled,
        now: None,
    }
}

pub(super) fn settled(claimed: &Claimed, kind: Kind) -> Settled {
    Settled {
        id: claimed.id,
        token: claimed.token,
        verdict: Verdict::new(kind),
    }
}

/// The numbers of what was claimed.
pub(super) fn ids(claimed: &[Claimed]) -> Vec<RowId> {
    claimed.iter().map(|claimed| RowId(claimed.id)).collect()
}
