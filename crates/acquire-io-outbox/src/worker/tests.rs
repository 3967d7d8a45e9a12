//! Workers whose store fails: what was committed, and what they learn of it, differ.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use acquire_io::{CaseId, Chat, Client};
use acquire_io_sandbox::Sandbox;
use tempfile::TempDir;

use super::{Event, StopReason, Worker};
use crate::digest::Secret;
use crate::error::Error;
use crate::insertion::NewRow;
use crate::outbox::Outbox;
use crate::record::{Cursor, Filter, HistoryEvent, Inserted, Row, RowId, Standing};
use crate::store::{Answer, Control, Decision, History, Store, Token, Turn, Turned, Wake};
use crate::transition::State;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What happens to a turn.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    /// It is not done.
    Refused,
    /// It is done, and the answer is lost.
    AnswerLost,
    /// The same, and those who give its claims back fail once, too.
    GivingBackFails,
}

/// A store whose turns fail in a given order, and never after that.
struct Flaky {
    inner: Arc<dyn Store>,
    faults: Mutex<VecDeque<Fault>>,
    fail_give_back: Mutex<bool>,
    given_back: Mutex<Vec<u64>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn broken() -> Error {
    Error::failed("the connection broke", "for the test")
}

impl Store for Flaky {
    fn turn(&self, turn: Turn) -> Answer<'_, Turned> {
        let fault = lock(&self.faults).pop_front().unwrap_or(Fault::None);
        Box::pin(async move {
            match fault {
                Fault::None => self.inner.turn(turn).await,
                Fault::Refused => Err(broken()),
                Fault::AnswerLost | Fault::GivingBackFails => {
                    *lock(&self.fail_give_back) = fault == Fault::GivingBackFails;
                    self.inner.turn(turn).await?;
                    Err(broken())
                }
            }
        })
    }

    fn give_back(&self, account: String, token: Token) -> Answer<'_, u64> {
        Box::pin(async move {
            if std::mem::take(&mut *lock(&self.fail_give_back)) {
                return Err(broken());
            }
            let given_back = self.inner.give_back(account, token).await?;
            lock(&self.given_back).push(given_back);
            Ok(given_back)
        })
    }

    fn target(&self, account: String, target: String) -> Answer<'_, ()> {
        self.inner.target(account, target)
    }

    fn heartbeat(&self, worker: String, accounts: Vec<String>) -> Answer<'_, ()> {
        self.inner.heartbeat(worker, accounts)
    }

    fn secret(&self) -> &Secret {
        self.inner.secret()
    }

    fn insert(&self, rows: Vec<NewRow>) -> Answer<'_, Vec<Inserted>> {
        self.inner.insert(rows)
    }

    fn by_key(&self, account: String, key: String) -> Answer<'_, Option<Row>> {
        self.inner.by_key(account, key)
    }

    fn by_id(&self, id: RowId) -> Answer<'_, Option<Row>> {
        self.inner.by_id(id)
    }

    fn settled_after(&self, cursor: Cursor, limit: u32) -> Answer<'_, (Vec<Row>, Cursor)> {
        self.inner.settled_after(cursor, limit)
    }

    fn list(&self, filter: Filter) -> Answer<'_, Vec<Row>> {
        self.inner.list(filter)
    }

    fn standing(&self, account: String) -> Answer<'_, Standing> {
        self.inner.standing(account)
    }

    fn accounts(&self) -> Answer<'_, Vec<String>> {
        self.inner.accounts()
    }

    fn decide(&self, id: RowId, decision: Decision, author: String) -> Answer<'_, State> {
        self.inner.decide(id, decision, author)
    }

    fn correct(&self, id: RowId, row: NewRow, author: String) -> Answer<'_, State> {
        self.inner.correct(id, row, author)
    }

    fn control(&self, control: Control, author: String) -> Answer<'_, ()> {
        self.inner.control(control, author)
    }

    fn history(&self, history: History) -> Answer<'_, Vec<HistoryEvent>> {
        self.inner.history(history)
    }

    fn prune(&self, older_than: Duration) -> Answer<'_, u64> {
        self.inner.prune(older_than)
    }

    fn close(&self) -> Answer<'_, ()> {
        self.inner.close()
    }

    fn wake(&self) -> &Wake {
        self.inner.wake()
    }
}

/// An outbox with one message, whose turns fail, and where its messages go.
struct Scene {
    _folder: TempDir,
    sandbox: Sandbox,
    store: Arc<Flaky>,
    outbox: Outbox,
    client: Client,
}

impl Scene {
    async fn new(faults: impl IntoIterator<Item = Fault>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let inner = Outbox::sqlite(folder.path().join("outbox")).await?;
        inner
            .insert("acme", [Chat::new(CaseId(28)).as_agent().text("hi")])
            .await?;
        let store = Arc::new(Flaky {
            inner: inner.store,
            faults: Mutex::new(faults.into_iter().collect()),
            fail_give_back: Mutex::default(),
            given_back: Mutex::default(),
        });
        let sandbox = Sandbox::start().await?;
        let client = Client::builder()
            .base_url(sandbox.base_url())
            .api_key(sandbox.api_key())
            .build()?;
        Ok(Self {
            _folder: folder,
            sandbox,
            outbox: Outbox::new(Arc::<Flaky>::clone(&store)),
            store,
            client,
        })
    }

    /// Sends all, and asserts that the message was accepted once.
    async fn run(&self) -> Result {
        let report = Worker::new(self.outbox.clone())
            .account("acme", self.client.clone())
            .stop_when_settled()
            .run()
            .await?;
        assert_eq!(report.accounts["acme"].stopped, StopReason::Settled);
        let counts = report.counts();
        assert_eq!((counts.accepted, counts.claimed, counts.late), (1, 1, 0));
        assert_eq!(self.sandbox.received().len(), 1);
        let row = self.outbox.get_by_id(RowId(1)).await?.ok_or("no row")?;
        assert_eq!((row.state, row.attempts), (State::Accepted, 1));
        assert!(lock(&self.store.faults).is_empty());
        Ok(())
    }
}

#[tokio::test]
async fn what_a_lost_turn_claimed_is_given_back_and_not_sent() -> Result {
    let scene = Scene::new([Fault::AnswerLost]).await?;
    scene.run().await?;
    assert_eq!(*lock(&scene.store.given_back), [1]);
    let scene = Scene::new([Fault::GivingBackFails, Fault::AnswerLost]).await?;
    scene.run().await?;
    assert_eq!(*lock(&scene.store.given_back), [1, 1]);
    let scene = Scene::new([Fault::Refused, Fault::Refused]).await?;
    scene.run().await?;
    assert_eq!(*lock(&scene.store.given_back), [0, 0]);
    Ok(())
}

#[tokio::test]
async fn a_verdict_is_repeated_until_a_turn_with_it_is_committed() -> Result {
    use Fault::{AnswerLost, None, Refused};

    for faults in [
        vec![None, AnswerLost],
        vec![None, Refused, Refused],
        vec![None, Refused, AnswerLost],
        vec![AnswerLost, None, AnswerLost],
    ] {
        Scene::new(faults).await?.run().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_store_that_fails_is_reported_without_content() -> Result {
    let scene = Scene::new([Fault::Refused]).await?;
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&events);
    Worker::new(scene.outbox.clone())
        .account("acme", scene.client.clone())
        .stop_when_settled()
        .on_event(move |account, event| lock(&seen).push(format!("{account}: {event:?}")))
        .run()
        .await?;
    let events = lock(&events);
    assert_eq!(
        events[..2],
        [
            r#"acme: StoreFailed { error: "the connection broke", retry_in: 100ms }"#,
            "acme: StoreRecovered"
        ]
    );
    assert_eq!(events[2], "acme: Claimed { id: 1, attempt: 1 }");
    Ok(())
}

#[tokio::test]
async fn a_store_that_is_closed_ends_the_run() -> Result {
    let scene = Scene::new([]).await?;
    let outbox = scene.outbox.clone();
    let closes = Arc::new(tokio::sync::Notify::new());
    let settled = Arc::clone(&closes);
    let run = Worker::new(scene.outbox.clone())
        .account("acme", scene.client.clone())
        .on_event(move |_, event| {
            if let Event::Settled { .. } = event {
                settled.notify_one();
            }
        })
        .run();
    let close = async {
        closes.notified().await;
        outbox.close().await
    };
    let (run, closed) = tokio::join!(run, close);
    closed?;
    assert!(run.is_err_and(|error| error.is_closed()));
    Ok(())
}

#[tokio::test]
async fn a_store_that_fails_for_too_long_ends_the_run() -> Result {
    let scene = Scene::new([Fault::Refused; 100]).await?;
    let run = Worker::new(scene.outbox.clone())
        .account("acme", scene.client.clone())
        .give_up_after(Duration::from_millis(200))
        .run()
        .await;
    assert!(run.is_err_and(|error| error.to_string() == "the connection broke"));
    assert!(scene.sandbox.received().is_empty());
    Ok(())
}
