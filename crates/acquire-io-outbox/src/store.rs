//! What a store does for workers and for people: the interface between the shared logic and a database.
//!
//! A store applies [`transition`](crate::transition), with the delays and pauses that [`policy`](crate::policy) decides.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use acquire_io::Message;
use tokio::sync::watch;

use crate::digest::Secret;
use crate::error::Error;
use crate::insertion::NewRow;
use crate::record::{Cursor, Filter, Found, HistoryEvent, Inserted, Rate, Row, RowId, Standing};
use crate::time::Time;
use crate::transition::State;
use crate::verdict::Verdict;

/// The future of a store's method, boxed for `dyn Store`.
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
    /// Verdicts on messages of this account.
    pub(crate) settled: Vec<Settled>,
}

/// What became of a message that a worker had claimed.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    pub(crate) id: i64,
    /// The token of its claim.
    pub(crate) token: Token,
    pub(crate) verdict: Verdict,
}

/// What a turn did. It is committed.
#[derive(Debug)]
pub(crate) struct Turned {
    /// When, by the store's clock.
    pub(crate) now: Time,
    /// For each [`Settled`], in its order.
    pub(crate) applied: Vec<Applied>,
    /// Messages of the account that the turn itself ended: invalid ones, expired ones, and those whose lease was over.
    pub(crate) ended: Vec<Ended>,
    /// To be sent now, in this order.
    pub(crate) claimed: Vec<Claimed>,
    /// When the next turn may find something to do, by the store's clock, unless something is inserted or settled before. None:
    /// nothing becomes due on its own. Now or in the past: more may be due already.
    pub(crate) next: Option<Time>,
    /// Why the account sends nothing, if it is paused.
    pub(crate) paused: Option<Paused>,
}

impl Turned {
    /// A turn that did nothing.
    pub(crate) fn at(now: Time) -> Self {
        Self {
            now,
            applied: Vec::new(),
            ended: Vec::new(),
            claimed: Vec::new(),
            next: None,
            paused: None,
        }
    }

    /// How long after the turn the next one may find something to do.
    pub(crate) fn wait(&self) -> Option<Duration> {
        self.next.map(|next| next.since(self.now))
    }
}

/// What a verdict did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    /// The message is in this state now.
    To(State),
    /// An earlier turn had applied it.
    Already,
    /// It came too late: it is recorded, and changes nothing.
    Late,
}

/// A message that a turn ended without a verdict.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) id: i64,
    pub(crate) key: Option<String>,
    pub(crate) state: State,
    pub(crate) code: Option<String>,
    pub(crate) cause: Option<String>,
}

/// How many leases, expired messages and invalid ones a turn ends at most, of each, so that it stays short. The rest is for
/// the next turns.
pub(crate) const MOST_ENDED: u32 = 1000;

/// How long after its last heartbeat a worker counts as gone, and when its row is deleted.
pub(crate) const GONE_AFTER: Duration = Duration::from_secs(60);
pub(crate) const FORGOTTEN_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// What a turn claims.
#[derive(Debug)]
pub(crate) struct Claims {
    slots: u32,
    /// How many rows could not be read.
    unreadable: usize,
    pub(crate) claimed: Vec<Claimed>,
    /// Rows that are no valid message.
    pub(crate) ended: Vec<Ended>,
    /// Whether there may be more that is due now.
    pub(crate) is_full: bool,
}

impl Claims {
    pub(crate) fn of(slots: u32) -> Self {
        Self {
            slots,
            unreadable: 0,
            claimed: Vec::new(),
            ended: Vec::new(),
            is_full: false,
        }
    }

    pub(crate) fn count(&self) -> u32 {
        // Saturates: there are never more than the slots.
        u32::try_from(self.claimed.len()).unwrap_or(u32::MAX)
    }

    /// How many more may be claimed. None: the turn has done enough.
    pub(crate) fn free(&self) -> Option<u32> {
        let free = self.slots.saturating_sub(self.count());
        (free > 0 && self.unreadable < MOST_ENDED as usize).then_some(free)
    }

    pub(crate) fn unreadable(&mut self, rows: usize) {
        self.unreadable += rows;
    }

    pub(crate) fn done(mut self) -> Self {
        self.is_full = self.free().is_none();
        self
    }
}

/// A message to send now.
#[derive(Clone)]
pub(crate) struct Claimed {
    pub(crate) id: i64,
    pub(crate) token: Token,
    pub(crate) key: Option<String>,
    /// From 1.
    pub(crate) attempt: u32,
    pub(crate) message: Message,
    /// By the store's clock. A worker measures its lease from before the turn, by its own clocks.
    #[cfg_attr(not(test), expect(dead_code, reason = "for the tests of the stores"))]
    pub(crate) lease_until: Time,
}

/// Prints neither key nor content.
impl fmt::Debug for Claimed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claimed")
            .field("id", &self.id)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}

/// Why an account sends nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Paused {
    /// None: until somebody resumes it.
    pub(crate) until: Option<Time>,
    pub(crate) why: String,
}

/// What a person decides about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Found {
        found: Found,
        /// Although the message may still be delivered.
        now: bool,
    },
    Undo,
    Cancel,
    SendAgain,
}

/// What a person decides about an account, or about the whole outbox.
#[derive(Clone, Debug)]
pub(crate) enum Control {
    Pause {
        account: String,
        /// None: until somebody resumes it.
        until: Option<Time>,
        why: String,
    },
    Resume {
        account: String,
    },
    Limit {
        account: String,
        rate: Option<Rate>,
    },
    Hold {
        why: String,
    },
    Release,
}

impl Control {
    /// The event that is recorded: what, the account, and a note.
    pub(crate) fn record(&self) -> (&'static str, Option<&str>, Option<String>) {
        match self {
            Self::Pause { account, why, .. } => ("paused", Some(account), Some(why.clone())),
            Self::Resume { account } => ("resumed", Some(account), None),
            Self::Limit { account, rate } => {
                let note = match rate {
                    Some(rate) => format!("{} a second, burst {}", rate.per_second, rate.burst),
                    None => "no limit".to_owned(),
                };
                ("limited", Some(account), Some(note))
            }
            Self::Hold { why } => ("held", None, Some(why.clone())),
            Self::Release => ("released", None, None),
        }
    }
}

/// How many rows one transaction of a pruning looks at, so that workers don't wait.
pub(crate) const PRUNED_AT_ONCE: u32 = 500;

/// What one transaction of a pruning did.
pub(crate) struct Pruned {
    /// How many messages it deleted.
    pub(crate) rows: u64,
    /// The place to go on from, in the order of what was settled. None: what comes is not old.
    pub(crate) next: Option<i64>,
}

/// Which rows to delete, and the place to go on from. Of rows in the order of what was settled: the place, the number,
/// whether it is old, and whether its state allows it.
pub(crate) fn what_to_prune(rows: &[(i64, i64, bool, bool)]) -> (Vec<i64>, Option<i64>) {
    let old = rows.iter().filter(|(.., is_old, _)| *is_old);
    let next = rows.last().filter(|_| old.clone().next().is_some());
    let ids = old.filter(|(.., may_go)| *may_go).map(|(_, id, ..)| *id);
    (ids.collect(), next.map(|(place, ..)| *place))
}

/// Which events to list, in their order.
#[derive(Clone, Debug)]
pub(crate) enum History {
    OfMessage(RowId),
    OfAccount(String),
    #[cfg_attr(
        any(feature = "postgres", feature = "sqlite"),
        expect(dead_code, reason = "no method asks for it yet")
    )]
    All,
}

/// A database with an outbox in it.
pub(crate) trait Store: Send + Sync + 'static {
    /// One turn of a worker. When it fails, its verdicts may or may not be applied, so the worker repeats them in its
    /// next turn; nothing that it claimed may be sent, so the worker gives it back.
    fn turn(&self, turn: Turn) -> Answer<'_, Turned>;

    /// Queues what carries this token again: the worker never learned that it claimed it, so it sent nothing of it. What was
    /// erased meanwhile ends as not sent. Returns how many.
    fn give_back(&self, account: String, token: Token) -> Answer<'_, u64>;

    /// Remembers where the account's messages go. A worker calls it before its first turn.
    ///
    /// # Errors
    /// When they go elsewhere.
    fn target(&self, account: String, target: String) -> Answer<'_, ()>;

    /// Records that a worker is alive, and which accounts it serves. When `accounts` is empty it has stopped.
    fn heartbeat(&self, worker: String, accounts: Vec<String>) -> Answer<'_, ()>;

    /// The key of the digests.
    fn secret(&self) -> &Secret;

    /// Inserts all or none. For each row, in its order, what became of it.
    fn insert(&self, rows: Vec<NewRow>) -> Answer<'_, Vec<Inserted>>;

    fn by_key(&self, account: String, key: String) -> Answer<'_, Option<Row>>;

    fn by_id(&self, id: RowId) -> Answer<'_, Option<Row>>;

    /// What was settled after this place, in order, at most `limit` rows, and the place of the last.
    fn settled_after(&self, cursor: Cursor, limit: u32) -> Answer<'_, (Vec<Row>, Cursor)>;

    fn list(&self, filter: Filter) -> Answer<'_, Vec<Row>>;

    fn standing(&self, account: String) -> Answer<'_, Standing>;

    /// The accounts that have messages or settings.
    fn accounts(&self) -> Answer<'_, Vec<String>>;

    /// Returns the message's new state.
    fn decide(&self, id: RowId, decision: Decision, author: String) -> Answer<'_, State>;

    /// Replaces what a message says, in its place, and queues it. Returns its new state.
    fn correct(&self, id: RowId, row: NewRow, author: String) -> Answer<'_, State>;

    fn control(&self, control: Control, author: String) -> Answer<'_, ()>;

    fn history(&self, history: History) -> Answer<'_, Vec<HistoryEvent>>;

    /// Deletes what was settled longer ago than this, and erases the content of what is unknown since then. Returns how
    /// many rows were deleted.
    fn prune(&self, older_than: Duration) -> Answer<'_, u64>;

    /// Frees what the store holds. What comes later fails.
    fn close(&self) -> Answer<'_, ()>;

    /// What wakes the workers of this process.
    fn wake(&self) -> &Wake;
}

/// Wakes the workers of this process. It counts what may have made a message due: inserted, resumed, returned to the
/// queue. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Wake(watch::Sender<u64>);

impl Wake {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    pub(crate) fn wake(&self) {
        self.0.send_modify(|count| *count += 1);
    }

    /// For a worker: `changed` ends at the next wake. None is missed between two calls.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}
