//! What a store does for workers: the seam between the shared logic and a database.
//!
//! A store applies [`transition`](crate::transition), with the delays and pauses that [`policy`](crate::policy) decides.

use std::pin::Pin;
use std::time::Duration;

use acquire_io::Message;

use crate::error::Error;
use crate::time::Time;
use crate::transition::State;
use crate::verdict::Verdict;

/// A future of a store's method, which can be called through `dyn Store`.
pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// 64 random bits that fence a claim: one for each turn of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Token(pub(crate) i64);

impl Token {
    /// # Errors
    /// When the system has no random numbers.
    pub(crate) fn random() -> Result<Self, Error> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).map_err(|error| Error::random(error.into()))?;
        Ok(Self(i64::from_le_bytes(bytes)))
    }
}

/// What a worker asks for in one transaction: settle what ended, expire what is over, claim what it can send now.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    pub(crate) account: String,
    /// The worker's name: unique among all processes and machines, and over time.
    pub(crate) worker: String,
    /// Of the claims of this turn. A worker whose turn failed asks [`Store::give_back`] with it.
    pub(crate) token: Token,
    /// How many messages the worker can begin to send now. Zero to claim nothing.
    pub(crate) slots: u32,
    /// How long the claims last.
    pub(crate) lease: Duration,
    pub(crate) settled: Vec<Settled>,
    /// In place of the store's own clock. For tests.
    pub(crate) now: Option<Time>,
}

/// What became of a message that a worker had claimed.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    pub(crate) id: i64,
    /// That of its claim.
    pub(crate) token: Token,
    pub(crate) verdict: Verdict,
}

/// What a turn did. It is committed.
#[derive(Debug, Default)]
pub(crate) struct Turned {
    /// For each [`Settled`], in its order.
    pub(crate) applied: Vec<Applied>,
    /// To be sent now, in this order.
    pub(crate) claimed: Vec<Claimed>,
    /// When there may be more to claim, if nothing is inserted and no slot is freed before. None: nothing is queued that
    /// will be due by itself. It is in the past when more is due than there were slots.
    pub(crate) next: Option<Time>,
    /// Why nothing was claimed, if that is the account's condition and not for want of messages.
    pub(crate) paused: Option<Paused>,
}

/// What a verdict did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    /// The message is in this state now.
    To(State),
    /// An earlier turn had applied it.
    Already,
    /// It came too late: recorded, and nothing else.
    Late,
}

/// A message to send now.
#[derive(Clone, Debug)]
pub(crate) struct Claimed {
    pub(crate) id: i64,
    pub(crate) token: Token,
    pub(crate) key: Option<String>,
    /// From 1.
    pub(crate) attempt: u32,
    pub(crate) message: Message,
    /// By the store's clock. A worker measures its lease from before the turn, by its own clocks.
    pub(crate) lease_until: Time,
}

/// Why an account sends nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Paused {
    /// None: until somebody resumes it.
    pub(crate) until: Option<Time>,
    pub(crate) why: String,
}

/// A database with an outbox in it.
pub(crate) trait Store: Send + Sync + 'static {
    /// One turn of a worker. When it fails, its verdicts may or may not be applied, so the worker repeats them in its
    /// next turn; nothing that it claimed may be sent, so the worker gives it back.
    fn turn(&self, turn: Turn) -> Answer<'_, Turned>;

    /// Queues what carries this token again: the worker never learned that it claimed it, so it sent nothing of it.
    /// Returns how many.
    fn give_back(&self, account: String, token: Token) -> Answer<'_, u64>;

    /// Records that a worker is alive, and which accounts it serves. When `accounts` is empty it has stopped.
    fn heartbeat(&self, worker: String, accounts: Vec<String>) -> Answer<'_, ()>;

    /// Ends when a message may have become due by what this process did: inserted, resumed, returned to the queue.
    /// What happens between two calls is not missed: `seen` is what the last call returned, 0 at first.
    fn woken(&self, seen: u64) -> Answer<'_, u64>;
}
