//! The handle of an outbox.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use acquire_io::Message;

use crate::digest::Digest;
use crate::entry::Entry;
use crate::error::Error;
use crate::insertion::prepare;
use crate::record::{Cursor, Filter, Found, HistoryEvent, Inserted, Rate, Row, RowId, Standing};
use crate::store::{Control, Decision, History, Store};
use crate::time::Time;
use crate::transition::State;

/// How long [`Outbox::prune`] keeps settled messages when nothing else is known: 90 days.
pub const DEFAULT_RETENTION: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// An outbox: messages that are stored durably, and sent by workers.
///
/// Cheap to clone; clones share their store. Dropping the future of a method doesn't cancel what it has begun.
///
/// What a person decides is kept with the person's name (`author`).
#[derive(Clone)]
pub struct Outbox {
    pub(crate) store: Arc<dyn Store>,
}

impl Outbox {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Inserts entries for an account, all or none. Returns what became of each, in their order.
    ///
    /// When the same message is there under the same key, nothing is inserted for that entry, whatever became of it. A
    /// message that was refused, cancelled or not sent is replaced by another one under its key.
    ///
    /// # Errors
    /// When an entry is invalid, or its key belongs to another message that was or may be sent. Then nothing is inserted.
    ///
    /// When the store fails, the entries may have been inserted nevertheless: the answer to the commit may be lost. To insert
    /// those that have keys again is safe.
    pub async fn insert<E: Into<Entry>>(
        &self,
        account: &str,
        entries: impl IntoIterator<Item = E>,
    ) -> Result<Vec<Inserted>, Error> {
        let entries: Vec<Entry> = entries.into_iter().map(Into::into).collect();
        let rows = prepare(self.store.secret(), account, &entries)?;
        self.store.insert(rows).await
    }

    /// Entries as the text that the store's `INSERT` takes, such as [`sqlite::INSERT`](crate::sqlite::INSERT): for
    /// inserting them in a transaction of your own.
    ///
    /// # Errors
    /// When an entry is invalid.
    pub fn parameter(&self, account: &str, entries: &[Entry]) -> Result<String, Error> {
        let rows = prepare(self.store.secret(), account, entries)?;
        serde_json::to_string(&rows)
            .map_err(|error| Error::failed("the entries can't be written as JSON", error))
    }

    /// Wakes the workers of this process: call it after a transaction of your own that inserted messages. Without it, they
    /// find them within moments.
    pub fn wake(&self) {
        self.store.wake().wake();
    }

    /// The message with a key.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn get(&self, account: &str, key: &str) -> Result<Option<Row>, Error> {
        self.store.by_key(account.to_owned(), key.to_owned()).await
    }

    /// The message with a number.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn get_by_id(&self, id: RowId) -> Result<Option<Row>, Error> {
        self.store.by_id(id).await
    }

    /// The messages that were settled after a place, in order, at most 1000, and the place to go on from.
    ///
    /// For a follower that learns what became of every message. One that is settled again is there again: unknown first,
    /// then what was decided.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn settled_after(&self, cursor: Cursor) -> Result<(Vec<Row>, Cursor), Error> {
        const PAGE: u32 = 1000;
        self.store.settled_after(cursor, PAGE).await
    }

    /// Messages, in the order of their numbers.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(&self, filter: Filter) -> Result<Vec<Row>, Error> {
        self.store.list(filter).await
    }

    /// How an account is doing. It counts all of the account's messages: of a million it takes a tenth of a second, in which
    /// a SQLite outbox does nothing else for this process.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn standing(&self, account: &str) -> Result<Standing, Error> {
        self.store.standing(account.to_owned()).await
    }

    /// The accounts that have messages or settings in this outbox.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn accounts(&self) -> Result<Vec<String>, Error> {
        self.store.accounts().await
    }

    /// Resolves a message whose outcome is unknown: a person found out that it was accepted, or not sent. One that was not
    /// sent is queued again. Returns its new state.
    ///
    /// # Errors
    /// When the outcome is not unknown, or the message may still be delivered: [`Error::possible_from`] is when it no longer may.
    pub async fn resolve(&self, id: RowId, found: Found, author: &str) -> Result<State, Error> {
        let decision = Decision::Found { found, now: false };
        self.store.decide(id, decision, author.to_owned()).await
    }

    /// As [`resolve`](Self::resolve), even while the message may still be delivered. **The contact may get it twice**, unless
    /// the worker and its connections to Acquire are known to be dead.
    ///
    /// # Errors
    /// When the outcome is not unknown.
    pub async fn resolve_now(&self, id: RowId, found: Found, author: &str) -> Result<State, Error> {
        let decision = Decision::Found { found, now: true };
        self.store.decide(id, decision, author.to_owned()).await
    }

    /// Takes [`resolve`](Self::resolve) back: the outcome is unknown again.
    ///
    /// # Errors
    /// When nobody has resolved it, or a worker has claimed it since.
    pub async fn undo(&self, id: RowId, author: &str) -> Result<State, Error> {
        self.store
            .decide(id, Decision::Undo, author.to_owned())
            .await
    }

    /// Cancels a message that is queued.
    ///
    /// # Errors
    /// When it isn't queued: a worker may be sending it.
    pub async fn cancel(&self, id: RowId, author: &str) -> Result<State, Error> {
        self.store
            .decide(id, Decision::Cancel, author.to_owned())
            .await
    }

    /// Queues a message again that was refused, cancelled or not sent.
    ///
    /// # Errors
    /// When it is in another state, another message has taken its key, or its content was erased.
    pub async fn retry(&self, id: RowId, author: &str) -> Result<State, Error> {
        self.store
            .decide(id, Decision::SendAgain, author.to_owned())
            .await
    }

    /// Replaces the content of a message that is queued, refused, cancelled or not sent, and queues it. It keeps its number, and so its place in its lane. Returns its new state.
    ///
    /// ```
    /// # use acquire_io::{CaseId, Chat};
    /// # use acquire_io_outbox::{Entry, Outbox, State};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let outbox = Outbox::sqlite(folder.path().join("orders.outbox")).await?;
    /// let chat = Chat::new(CaseId(28));
    /// let wrong = Entry::new(chat.clone().text("Your oder is ready")).key("order-17");
    /// let right = Entry::new(chat.text("Your order is ready")).key("order-17");
    /// let id = outbox.insert("acme", [wrong]).await?[0].id;
    /// assert_eq!(outbox.correct(id, "acme", right, "ann").await?, State::Queued);
    /// # outbox.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the entry is invalid, its key belongs to another message, or the message was or may have been sent.
    pub async fn correct(
        &self,
        id: RowId,
        account: &str,
        entry: impl Into<Entry>,
        author: &str,
    ) -> Result<State, Error> {
        let rows = prepare(self.store.secret(), account, [&entry.into()])?;
        let row = rows.into_iter().next();
        let row = row.ok_or_else(|| Error::setting("there is no entry"))?;
        self.store.correct(id, row, author.to_owned()).await
    }

    /// Recognises a message of this outbox, also one whose content was erased: compare it with [`Row::digest`].
    pub fn digest(&self, message: &Message) -> Digest {
        Digest(self.store.secret().digest(message))
    }

    /// Pauses an account, until a time or until somebody resumes it. What is under way goes on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn pause(
        &self,
        account: &str,
        until: impl Into<Option<SystemTime>>,
        why: &str,
        author: &str,
    ) -> Result<(), Error> {
        let control = Control::Pause {
            account: account.to_owned(),
            until: until.into().map(Time::from),
            why: why.to_owned(),
        };
        self.store.control(control, author.to_owned()).await
    }

    /// Ends an account's pause, also one that the outbox made because of the server's answers.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn resume(&self, account: &str, author: &str) -> Result<(), Error> {
        let account = account.to_owned();
        self.store
            .control(Control::Resume { account }, author.to_owned())
            .await
    }

    /// Limits how fast an account's messages are sent, over all workers. None: no limit, the default.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn limit(
        &self,
        account: &str,
        rate: impl Into<Option<Rate>>,
        author: &str,
    ) -> Result<(), Error> {
        let control = Control::Limit {
            account: account.to_owned(),
            rate: rate.into(),
        };
        self.store.control(control, author.to_owned()).await
    }

    /// Pauses all accounts until somebody [releases](Self::release) them. For example after the store was restored from a
    /// backup: compare first what it has with what was sent.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn hold(&self, why: &str, author: &str) -> Result<(), Error> {
        let why = why.to_owned();
        self.store
            .control(Control::Hold { why }, author.to_owned())
            .await
    }

    /// Ends [`hold`](Self::hold).
    ///
    /// # Errors
    /// When the store fails.
    pub async fn release(&self, author: &str) -> Result<(), Error> {
        self.store
            .control(Control::Release, author.to_owned())
            .await
    }

    /// Remembers where an account's messages go, for example [`Client::base_url`](acquire_io::Client::base_url). Workers do
    /// so when they start.
    ///
    /// # Errors
    /// When the account's messages go elsewhere.
    pub async fn target(&self, account: &str, base_url: &str) -> Result<(), Error> {
        self.store
            .target(account.to_owned(), base_url.to_owned())
            .await
    }

    /// Deletes messages that were settled longer ago than this, with their keys and events, for example
    /// [`DEFAULT_RETENTION`]. Returns how many.
    ///
    /// A message whose outcome is unknown stays until somebody resolves it. Its content is erased.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn prune(&self, older_than: Duration) -> Result<u64, Error> {
        self.store.prune(older_than).await
    }

    /// The events of a message, in order: what people decided, and late verdicts.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn history(&self, id: RowId) -> Result<Vec<HistoryEvent>, Error> {
        self.store.history(History::OfMessage(id)).await
    }

    /// The events of an account and of its messages, in order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn account_history(&self, account: &str) -> Result<Vec<HistoryEvent>, Error> {
        self.store
            .history(History::OfAccount(account.to_owned()))
            .await
    }

    /// Closes the outbox for all clones of this handle, and waits until its file can be moved or copied. Without it, an
    /// outbox is closed when its last clone is dropped, without waiting.
    ///
    /// # Errors
    /// When the store fails. It is closed then, too.
    pub async fn close(self) -> Result<(), Error> {
        self.store.close().await
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").finish_non_exhaustive()
    }
}
