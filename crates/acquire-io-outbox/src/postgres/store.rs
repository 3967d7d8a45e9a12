//! The store's methods. Each transaction runs in a task of its own, so that it is done also when nobody waits for it.

use std::sync::Arc;
use std::time::Duration;

use super::options::Options;
use super::pool::Pool;
use super::tls::Tls;
use super::tx::Tx;
use super::watch::watch;
use super::{accounts, insert, people, prune, read, schema, turn};
use crate::digest::Secret;
use crate::error::Error;
use crate::insertion::NewRow;
use crate::record::{Cursor, Filter, HistoryEvent, Inserted, Row, RowId, Standing};
use crate::store::{Answer, Control, Decision, History, Store, Token, Turn, Turned, Wake};
use crate::time::Clock;
use crate::transition::State;

/// How long a transaction may take. When a network swallows an answer, nothing else ends the wait.
const LIMIT: Duration = Duration::from_secs(30);
/// The same, of one that inserts or deletes many rows.
const LONG_LIMIT: Duration = Duration::from_secs(300);

/// How often to try to insert when another transaction takes a key at the same time.
const TRIES: u32 = 5;

/// An outbox in a PostgreSQL database.
pub(super) struct PostgresStore {
    database: Database,
    secret: Secret,
    wake: Wake,
}

/// Where transactions come from.
#[derive(Clone)]
pub(super) struct Database {
    pool: Arc<Pool>,
    clock: Clock,
}

impl Database {
    pub(super) fn new(options: Options) -> Result<Self, Error> {
        let tls = Tls::new(options.address.root_certificates.as_deref())?;
        let pool = Pool::new(options.address.config, tls, options.connections);
        Ok(Self {
            pool,
            clock: options.clock,
        })
    }

    pub(super) async fn transaction(&self) -> Result<Tx, Error> {
        self.pool.transaction(self.clock.clone()).await
    }
}

/// Does work in a task of its own, within a time.
async fn done<T: Send + 'static>(
    limit: Duration,
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::spawn(tokio::time::timeout(limit, work)).await;
    let done =
        done.map_err(|error| Error::failed("the work on the database ended abnormally", error))?;
    done.map_err(|error| Error::failed("the database doesn't answer in time", error))?
}

impl PostgresStore {
    pub(super) async fn open(options: Options) -> Result<Self, Error> {
        let database = Database::new(options)?;
        let tx = database.transaction().await?;
        let secret = schema::check(&tx).await?;
        watch(&tx).await?;
        tx.commit().await?;
        Ok(Self {
            database,
            secret,
            wake: Wake::new(),
        })
    }

    /// A transaction that begins with the work.
    fn work<T: Send + 'static, F>(
        &self,
        limit: Duration,
        work: impl FnOnce(Tx) -> F + Send + 'static,
    ) -> Answer<'static, T>
    where
        F: Future<Output = Result<(Tx, T), Error>> + Send + 'static,
    {
        let database = self.database.clone();
        Box::pin(done(limit, async move {
            let worked = async {
                let (tx, value) = work(database.transaction().await?).await?;
                tx.commit().await?;
                Ok(value)
            };
            let worked = worked.await;
            if worked.is_err() {
                database.pool.rolled_back().await;
            }
            worked
        }))
    }

    /// Ends what is over, in a transaction of its own: turns would wait for one that reads much after it.
    fn expire(&self) -> Answer<'static, ()> {
        self.work(LIMIT, move |tx| async move {
            let (_, watch) = tokio::try_join!(biased; tx.begin(), watch(&tx))?;
            turn::expire(&tx, watch.now).await?;
            Ok((tx, ()))
        })
    }

    /// The same, after which there may be something to claim.
    fn work_that_wakes<T: Send + 'static, F>(
        &self,
        work: impl FnOnce(Tx) -> F + Send + 'static,
    ) -> Answer<'static, T>
    where
        F: Future<Output = Result<(Tx, T), Error>> + Send + 'static,
    {
        let (wake, work) = (self.wake.clone(), self.work(LIMIT, work));
        Box::pin(async move {
            let value = work.await?;
            wake.wake();
            Ok(value)
        })
    }
}

impl Store for PostgresStore {
    fn turn(&self, turn: Turn) -> Answer<'_, Turned> {
        let secret = self.secret.clone();
        self.work(LIMIT, move |tx| async move {
            let turned = turn::turn(&tx, &secret, &turn).await?;
            Ok((tx, turned))
        })
    }

    fn give_back(&self, account: String, token: Token) -> Answer<'_, u64> {
        self.work_that_wakes(move |tx| async move {
            let given = turn::give_back(&tx, &account, token).await?;
            Ok((tx, given))
        })
    }

    fn target(&self, account: String, target: String) -> Answer<'_, ()> {
        self.work(LIMIT, move |tx| async move {
            tx.begin().await?;
            accounts::target(&tx, &account, &target).await?;
            Ok((tx, ()))
        })
    }

    fn heartbeat(&self, worker: String, names: Vec<String>) -> Answer<'_, ()> {
        self.work(LIMIT, move |tx| async move {
            let (_, watch) = tokio::try_join!(biased; tx.begin(), watch(&tx))?;
            accounts::heartbeat(&tx, &worker, &names, watch.now).await?;
            Ok((tx, ()))
        })
    }

    fn secret(&self) -> &Secret {
        &self.secret
    }

    fn insert(&self, rows: Vec<NewRow>) -> Answer<'_, Vec<Inserted>> {
        let (database, secret, wake) = (
            self.database.clone(),
            self.secret.clone(),
            self.wake.clone(),
        );
        Box::pin(done(LONG_LIMIT, async move {
            for _ in 0..TRIES {
                let tx = database.transaction().await?;
                match insert::insert(&tx, &secret, &rows).await {
                    Ok(Some(inserted)) => {
                        tx.commit().await?;
                        wake.wake();
                        return Ok(inserted);
                    }
                    failed => {
                        drop(tx);
                        database.pool.rolled_back().await;
                        failed?;
                    }
                }
            }
            Err(Error::busy_database(
                "other transactions insert under the same keys",
            ))
        }))
    }

    fn by_key(&self, account: String, key: String) -> Answer<'_, Option<Row>> {
        self.work(LIMIT, move |tx| async move {
            let (_, row) = tokio::try_join!(biased; tx.begin(), read::by_key(&tx, &account, &key))?;
            Ok((tx, row))
        })
    }

    fn by_id(&self, id: RowId) -> Answer<'_, Option<Row>> {
        self.work(LIMIT, move |tx| async move {
            let (_, row) = tokio::try_join!(biased; tx.begin(), read::by_id(&tx, id))?;
            Ok((tx, row))
        })
    }

    fn settled_after(&self, cursor: Cursor, limit: u32) -> Answer<'_, (Vec<Row>, Cursor)> {
        self.work(LIMIT, move |tx| async move {
            let (_, rows) =
                tokio::try_join!(biased; tx.begin(), read::settled_after(&tx, cursor, limit))?;
            Ok((tx, rows))
        })
    }

    fn list(&self, filter: Filter) -> Answer<'_, Vec<Row>> {
        Box::pin(async move {
            self.expire().await?;
            let list = self.work(LIMIT, move |tx| async move {
                let (_, rows) = tokio::try_join!(biased; tx.begin(), read::list(&tx, &filter))?;
                Ok((tx, rows))
            });
            list.await
        })
    }

    fn standing(&self, account: String) -> Answer<'_, Standing> {
        Box::pin(async move {
            self.expire().await?;
            let standing = self.work(LIMIT, move |tx| async move {
                let (_, watch) = tokio::try_join!(biased; tx.begin(), watch(&tx))?;
                let standing = read::standing(&tx, &account, watch).await?;
                Ok((tx, standing))
            });
            standing.await
        })
    }

    fn accounts(&self) -> Answer<'_, Vec<String>> {
        self.work(LIMIT, move |tx| async move {
            let (_, accounts) = tokio::try_join!(biased; tx.begin(), read::accounts(&tx))?;
            Ok((tx, accounts))
        })
    }

    fn decide(&self, id: RowId, decision: Decision, author: String) -> Answer<'_, State> {
        self.work_that_wakes(move |tx| async move {
            let state = people::decide(&tx, id, decision, &author).await?;
            Ok((tx, state))
        })
    }

    fn correct(&self, id: RowId, row: NewRow, author: String) -> Answer<'_, State> {
        self.work_that_wakes(move |tx| async move {
            let state = people::correct(&tx, id, &row, &author).await?;
            Ok((tx, state))
        })
    }

    fn control(&self, control: Control, author: String) -> Answer<'_, ()> {
        self.work_that_wakes(move |tx| async move {
            let (_, watch) = tokio::try_join!(biased; tx.begin(), watch(&tx))?;
            accounts::control(&tx, &control, &author, watch.now).await?;
            Ok((tx, ()))
        })
    }

    fn history(&self, history: History) -> Answer<'_, Vec<HistoryEvent>> {
        self.work(LIMIT, move |tx| async move {
            let (_, events) = tokio::try_join!(biased; tx.begin(), read::history(&tx, &history))?;
            Ok((tx, events))
        })
    }

    /// Lets other work pass between two batches.
    fn prune(&self, older_than: Duration) -> Answer<'_, u64> {
        Box::pin(async move {
            let erase = self.work(LONG_LIMIT, move |tx| async move {
                let (_, watch) = tokio::try_join!(biased; tx.begin(), watch(&tx))?;
                prune::erase(&tx, watch.now.minus(older_than)).await?;
                Ok((tx, ()))
            });
            erase.await?;
            let (mut pruned, mut after) = (0, Some(0));
            while let Some(place) = after {
                let delete = self.work(LONG_LIMIT, move |tx| async move {
                    let (_, watch) = tokio::try_join!(biased; tx.begin(), watch(&tx))?;
                    let deleted = prune::delete(&tx, watch.now.minus(older_than), place).await?;
                    Ok((tx, deleted))
                });
                let deleted = delete.await?;
                pruned += deleted.rows;
                after = deleted.next;
            }
            Ok(pruned)
        })
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(async {
            self.database.pool.close();
            Ok(())
        })
    }

    fn wake(&self) -> &Wake {
        &self.wake
    }
}
