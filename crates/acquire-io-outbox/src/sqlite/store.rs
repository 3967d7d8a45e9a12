//! The store's methods: each is work for the thread.

use std::time::Duration;

use super::engine::Queue;
use super::options::Options;
use super::{accounts, insert, people, prune, read, turn};
use crate::digest::Secret;
use crate::error::Error;
use crate::insertion::NewRow;
use crate::record::{Cursor, Filter, HistoryEvent, Inserted, Row, RowId, Standing};
use crate::store::{Answer, Control, Decision, History, Store, Token, Turn, Turned, Wake};
use crate::transition::State;

/// An outbox in a SQLite file.
pub(super) struct SqliteStore {
    queue: Queue,
    secret: Secret,
    wake: Wake,
}

impl SqliteStore {
    pub(super) async fn open(options: Options) -> Result<Self, Error> {
        let (queue, secret) = Queue::open(options).await?;
        Ok(Self {
            queue,
            secret,
            wake: Wake::new(),
        })
    }
}

impl Store for SqliteStore {
    fn turn(&self, turn: Turn) -> Answer<'_, Turned> {
        self.queue
            .run(move |engine| engine.write(|tx, now| turn::turn(tx, &turn, now)))
    }

    fn give_back(&self, account: String, token: Token) -> Answer<'_, u64> {
        let wake = self.wake.clone();
        self.queue.run(move |engine| {
            let given = engine.write(|tx, now| turn::give_back(tx, &account, token, now));
            wake.wake();
            given
        })
    }

    fn target(&self, account: String, target: String) -> Answer<'_, ()> {
        self.queue
            .run(move |engine| engine.write(|tx, _| accounts::target(tx, &account, &target)))
    }

    fn heartbeat(&self, worker: String, names: Vec<String>) -> Answer<'_, ()> {
        self.queue.run(move |engine| {
            engine.write(|tx, now| accounts::heartbeat(tx, &worker, &names, now))
        })
    }

    fn secret(&self) -> &Secret {
        &self.secret
    }

    fn insert(&self, rows: Vec<NewRow>) -> Answer<'_, Vec<Inserted>> {
        let wake = self.wake.clone();
        self.queue.run(move |engine| {
            let secret = engine.secret.clone();
            let inserted = engine.write(|tx, now| insert::insert(tx, &secret, &rows, now))?;
            wake.wake();
            Ok(inserted)
        })
    }

    fn by_key(&self, account: String, key: String) -> Answer<'_, Option<Row>> {
        self.queue
            .run(move |engine| engine.read(|tx, _| read::by_key(tx, &account, &key)))
    }

    fn by_id(&self, id: RowId) -> Answer<'_, Option<Row>> {
        self.queue
            .run(move |engine| engine.read(|tx, _| read::by_id(tx, id)))
    }

    fn settled_after(&self, cursor: Cursor, limit: u32) -> Answer<'_, (Vec<Row>, Cursor)> {
        self.queue
            .run(move |engine| engine.read(|tx, _| read::settled_after(tx, cursor, limit)))
    }

    fn list(&self, filter: Filter) -> Answer<'_, Vec<Row>> {
        self.queue.run(move |engine| {
            engine.write(turn::expire)?;
            engine.read(|tx, _| read::list(tx, &filter))
        })
    }

    fn standing(&self, account: String) -> Answer<'_, Standing> {
        self.queue.run(move |engine| {
            engine.write(turn::expire)?;
            engine.read(|tx, now| read::standing(tx, &account, now))
        })
    }

    fn accounts(&self) -> Answer<'_, Vec<String>> {
        self.queue
            .run(|engine| engine.read(|tx, _| read::accounts(tx)))
    }

    fn decide(&self, id: RowId, decision: Decision, author: String) -> Answer<'_, State> {
        let wake = self.wake.clone();
        self.queue.run(move |engine| {
            let state = engine.write(|tx, now| {
                turn::expire(tx, now)?;
                people::decide(tx, id, decision, &author, now)
            })?;
            wake.wake();
            Ok(state)
        })
    }

    fn correct(&self, id: RowId, row: NewRow, author: String) -> Answer<'_, State> {
        let wake = self.wake.clone();
        self.queue.run(move |engine| {
            let state = engine.write(|tx, now| {
                turn::expire(tx, now)?;
                people::correct(tx, id, &row, &author, now)
            })?;
            wake.wake();
            Ok(state)
        })
    }

    fn control(&self, control: Control, author: String) -> Answer<'_, ()> {
        let wake = self.wake.clone();
        self.queue.run(move |engine| {
            engine.write(|tx, now| accounts::control(tx, &control, &author, now))?;
            wake.wake();
            Ok(())
        })
    }

    fn history(&self, history: History) -> Answer<'_, Vec<HistoryEvent>> {
        self.queue
            .run(move |engine| engine.read(|tx, _| read::history(tx, &history)))
    }

    /// Lets other work pass between two batches.
    fn prune(&self, older_than: Duration) -> Answer<'_, u64> {
        Box::pin(async move {
            let erased = self
                .queue
                .run(move |engine| engine.write(|tx, now| prune::erase(tx, now.minus(older_than))));
            erased.await?;
            let (mut pruned, mut after) = (0, Some(0));
            while let Some(place) = after {
                let delete = self.queue.run(move |engine| {
                    engine.write(|tx, now| prune::delete(tx, now.minus(older_than), place))
                });
                let deleted = delete.await?;
                pruned += deleted.rows;
                after = deleted.next;
            }
            Ok(pruned)
        })
    }

    fn close(&self) -> Answer<'_, ()> {
        self.queue.stop()
    }

    fn wake(&self) -> &Wake {
        &self.wake
    }
}
