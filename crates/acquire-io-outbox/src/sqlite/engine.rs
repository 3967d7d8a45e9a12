//! One thread with one connection: all that touches SQLite runs there, and never on the async executor.

use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::error::fail;
use super::lock::{Lock, Others};
use super::open::{self, Opened};
use super::options::Options;
use super::{mark, turn};
use crate::digest::Secret;
use crate::error::Error;
use crate::store::Answer;
use crate::time::{Clock, Time};

/// What runs on the thread.
pub(super) struct Engine {
    connection: Connection,
    lock: Lock,
    clock: Clock,
    pub(super) secret: Secret,
}

impl Engine {
    fn open(options: &Options) -> Result<Self, Error> {
        let Opened {
            connection,
            lock,
            secret,
            others,
        } = open::open(options)?;
        let mut engine = Self {
            connection,
            lock,
            clock: options.clock.clone(),
            secret,
        };
        if others == Others::None {
            engine.write(|tx, now| {
                turn::end_all_leases(tx, now)?;
                tx.execute("DELETE FROM outbox_worker", [])
                    .map(drop)
                    .map_err(fail("forget dead workers"))
            })?;
        }
        let shared = match others {
            Others::None => engine.lock.share(),
            Others::Some => Ok(()),
        };
        shared.map_err(|error| Error::failed("the outbox can't be locked", error))?;
        Ok(engine)
    }

    /// Does work in one transaction, which is committed when it succeeds. `now` is the time at its beginning, when the work
    /// has waited for other writers already.
    pub(super) fn write<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>, Time) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let tx = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate);
        let tx = tx.map_err(fail("begin a transaction"))?;
        let done = work(&tx, self.clock.now())?;
        tx.commit().map_err(fail("commit"))?;
        // What is committed stays so, whatever happens here: the next one tries again.
        let _ = mark::tidy(&self.connection);
        Ok(done)
    }

    /// Reads from one snapshot.
    pub(super) fn read<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>, Time) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let tx = self
            .connection
            .transaction()
            .map_err(fail("begin to read"))?;
        work(&tx, self.clock.now())
    }

    /// Leaves one complete file behind, if nobody else has it open.
    fn stop(self) -> Result<(), Error> {
        let is_last = self.lock.is_last();
        let cleared = match is_last {
            true => mark::clear(&self.connection).map_err(fail("close it")),
            false => Ok(()),
        };
        let closed = self
            .connection
            .close()
            .map_err(|(_, error)| fail("close it")(error));
        if is_last {
            self.lock.remove();
        }
        cleared.and(closed)
    }
}

type Work = Box<dyn FnOnce(&mut Engine) + Send>;

enum Message {
    Work(Work),
    Stop(oneshot::Sender<Result<(), Error>>),
}

/// The thread's queue. When it is dropped the thread ends after the work that is there.
pub(super) struct Queue(Mutex<mpsc::Sender<Message>>);

impl Queue {
    /// Starts a thread that opens a file.
    pub(super) async fn open(options: Options) -> Result<(Self, Secret), Error> {
        let (queue, messages) = mpsc::channel();
        let (opened, result) = oneshot::channel();
        let start = move || match Engine::open(&options) {
            Ok(engine) => {
                let _ = opened.send(Ok(engine.secret.clone()));
                run(engine, &messages);
            }
            Err(error) => drop(opened.send(Err(error))),
        };
        let thread = thread::Builder::new()
            .name("outbox".to_owned())
            .spawn(start);
        thread.map_err(|error| Error::failed("no thread can be started", error))?;
        let secret = result.await.map_err(|_| Error::closed())??;
        Ok((Self(Mutex::new(queue)), secret))
    }

    /// Does work on the thread.
    pub(super) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
    ) -> Answer<'static, T> {
        let (done, result) = oneshot::channel();
        self.send(Message::Work(Box::new(move |engine| {
            // Nobody may wait any more.
            let _ = done.send(work(engine));
        })));
        Box::pin(async { result.await.map_err(|_| Error::closed())? })
    }

    /// Ends the thread after the work that is there.
    pub(super) fn stop(&self) -> Answer<'static, ()> {
        let (done, result) = oneshot::channel();
        self.send(Message::Stop(done));
        Box::pin(async { result.await.map_err(|_| Error::closed())? })
    }

    /// What the thread doesn't take any more is dropped, which the waiting side learns.
    fn send(&self, message: Message) {
        let _ = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .send(message);
    }
}

fn run(mut engine: Engine, messages: &mpsc::Receiver<Message>) {
    loop {
        match messages.recv() {
            Ok(Message::Work(work)) => work(&mut engine),
            Ok(Message::Stop(done)) => {
                let _ = done.send(engine.stop());
                return;
            }
            Err(_) => {
                // Nobody waits for the result. What fails here is found by whoever opens the file next.
                let _ = engine.stop();
                return;
            }
        }
    }
}
