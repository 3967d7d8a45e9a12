//! One row while an event is applied to it, by the table of transitions. A store loads the row, keeps it locked, and saves what
//! has changed. Two events are statements of the stores instead: the claim, and the replacement of a row under its key.

use crate::account::Account;
use crate::error::Error;
use crate::insertion::NewRow;
use crate::policy::{self, Facts, WAIT_FOR_NEWER};
use crate::record::{Found, RowId};
use crate::store::{Applied, Decision, Ended, Settled, Token};
use crate::stored::Unreadable;
use crate::time::{Time, WIRE_TIME};
use crate::transition::{Event, Outcome, Position, State, apply};
use crate::verdict::{Kind, Verdict};

/// What the outbox keeps of a row, without its content.
#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) id: i64,
    pub(crate) account: String,
    pub(crate) key: Option<String>,
    pub(crate) state: State,
    pub(crate) decided_by: Option<String>,
    pub(crate) replaced: bool,
    pub(crate) attempt: u32,
    pub(crate) failures: u32,
    pub(crate) retry_at: Option<Time>,
    pub(crate) not_after: Option<Time>,
    pub(crate) first_claimed_at: Option<Time>,
    pub(crate) claim: Option<Token>,
    pub(crate) lease_until: Option<Time>,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<String>,
    pub(crate) cause: Option<String>,
    pub(crate) message_id: Option<i64>,
    pub(crate) has_message: bool,
}

/// The event that a person's decision is recorded as.
pub(crate) struct Decided {
    pub(crate) what: &'static str,
    pub(crate) note: Option<&'static str>,
}

impl Live {
    pub(crate) fn row_id(&self) -> RowId {
        RowId(self.id)
    }

    fn position(&self) -> Position {
        Position {
            state: self.state,
            decided: self.decided_by.is_some(),
            replaced: self.replaced,
        }
    }

    /// Applies an event. When it leads to a new position, the caller says what else changes, and the store saves it.
    /// `author` is who decided, where a person did.
    fn apply(&mut self, event: Event, author: Option<&str>) -> Outcome {
        let outcome = apply(self.position(), event);
        if let Outcome::To(to) = outcome {
            self.state = to.state;
            self.decided_by = match (to.decided, self.decided_by.take()) {
                (true, Some(earlier)) => Some(earlier),
                (true, None) => Some(author.unwrap_or_default().to_owned()),
                (false, _) => None,
            };
        }
        outcome
    }

    fn applies(&mut self, event: Event) -> bool {
        matches!(self.apply(event, None), Outcome::To(_))
    }

    /// Whether its content is erased when it is saved. A person's decision that it was accepted erases nothing, so that it can
    /// be taken back.
    pub(crate) fn is_erased(&self) -> bool {
        self.state == State::Accepted && self.decided_by.is_none()
    }

    /// What a turn reports about a message that it ended itself.
    pub(crate) fn ended(self) -> Ended {
        Ended {
            id: self.id,
            key: self.key,
            state: self.state,
            code: self.code,
            cause: self.cause,
        }
    }

    /// Keeps what a worker reports.
    fn note(&mut self, verdict: &Verdict) {
        self.status = verdict.status;
        self.code.clone_from(&verdict.code);
        self.cause.clone_from(&verdict.cause);
        self.message_id = verdict.message_id;
    }

    /// Keeps why the outbox itself has changed it.
    fn say(&mut self, code: &str, cause: impl Into<String>) {
        self.status = None;
        self.code = Some(code.to_owned());
        self.cause = Some(cause.into());
    }

    /// Applies a verdict to the row and to the account. The row has to be saved if this returns a state.
    pub(crate) fn settle(
        &mut self,
        settled: &Settled,
        account: &mut Account,
        now: Time,
    ) -> Applied {
        if self.claim != Some(settled.token) {
            return Applied::Late;
        }
        let verdict = &settled.verdict;
        let facts = Facts {
            failures: self.failures,
            first_claimed: self.first_claimed_at.unwrap_or(now),
            not_after: self.not_after,
            now,
        };
        let (event, retry_at) = match policy::event(verdict, facts) {
            // What was erased can't be sent again.
            (event, _) if !self.has_message && event.verdict() == Some(State::Queued) => {
                (Event::NotSent, None)
            }
            decided => decided,
        };
        match self.apply(event, None) {
            Outcome::To(to) => {
                self.note(verdict);
                self.retry_at = retry_at;
                if verdict.kind == Kind::NotSent {
                    self.failures = self.failures.saturating_add(1);
                }
                if to.state == State::Unknown {
                    // Its worker is done with it. What is left is the time on the wire.
                    self.lease_until = self.lease_until.map(|end| end.min(now));
                }
                account.condition.learn(verdict, now);
                Applied::To(to.state)
            }
            Outcome::Already => Applied::Already,
            Outcome::Late | Outcome::Rejected | Outcome::Gone => Applied::Late,
        }
    }

    /// Ends its lease. Returns whether that changes the row, as the methods below do.
    pub(crate) fn end_lease(&mut self, now: Time) -> bool {
        let ends = self.applies(Event::LeaseOver);
        if ends {
            let cause =
                "the program that was sending it ended without a result: it may have been sent";
            self.say("lease_over", cause);
            self.lease_until = self.lease_until.map(|end| end.min(now));
        }
        ends
    }

    /// Ends a message that may not be sent any more.
    pub(crate) fn expire(&mut self) -> bool {
        let ends = self.applies(Event::Expire);
        if ends {
            self.say("expired", "it could not be sent before `not_after`");
        }
        ends
    }

    /// Queues it again for a worker that never learned of its claim. If it was erased meanwhile it ends as not sent.
    pub(crate) fn give_back(&mut self) -> bool {
        let event = match self.has_message {
            true => Event::GiveBack,
            false => Event::NotSent,
        };
        let given = self.applies(event);
        if given {
            self.attempt = self.attempt.saturating_sub(1);
            if !self.has_message {
                self.say("erased", "it was not sent, and its content was erased");
            }
        }
        given
    }

    /// Ends a message that can't be read. If only this version can't read it, it waits for a newer worker.
    pub(crate) fn refuse(&mut self, unreadable: Unreadable, now: Time) -> bool {
        match unreadable {
            Unreadable::Invalid(cause) => {
                let ends = self.applies(Event::Invalid);
                if ends {
                    self.say("input", cause);
                }
                ends
            }
            Unreadable::Newer(cause) => {
                self.say("worker_too_old", cause);
                self.retry_at = Some(now.plus(WAIT_FOR_NEWER));
                true
            }
        }
    }

    /// Applies a person's decision.
    ///
    /// # Errors
    /// When its state doesn't allow it, or the message may still be delivered.
    pub(crate) fn decide(
        &mut self,
        decision: Decision,
        author: &str,
        now: Time,
    ) -> Result<Decided, Error> {
        let before = self.state;
        let (event, what, note) = match decision {
            Decision::Found {
                found: Found::Accepted,
                ..
            } => (Event::FoundAccepted, "resolved", Some("accepted")),
            Decision::Found {
                found: Found::NotSent,
                now: at_once,
            } => {
                let note = if at_once {
                    "not sent, decided without waiting"
                } else {
                    "not sent"
                };
                let event = match self.has_message {
                    true => Event::FoundNotSent,
                    false => Event::FoundNotSentErased,
                };
                if !at_once && self.state == State::Unknown {
                    self.wait_for_the_wire(now)?;
                }
                (event, "resolved", Some(note))
            }
            Decision::Undo => (Event::Undo, "undone", None),
            Decision::Cancel => (Event::Cancel, "cancelled", None),
            Decision::SendAgain if !self.has_message => {
                return Err(Error::rejected(
                    self.row_id(),
                    before,
                    "its content was erased, so it can't be queued again",
                ));
            }
            Decision::SendAgain => (Event::SendAgain, "retried", None),
        };
        let Outcome::To(to) = self.apply(event, Some(author)) else {
            let why = why_not(decision, self.replaced);
            return Err(Error::rejected(self.row_id(), before, why));
        };
        if to.state == State::Queued {
            self.begin_again();
        }
        Ok(Decided { what, note })
    }

    /// # Errors
    /// When the message may still be delivered.
    fn wait_for_the_wire(&self, now: Time) -> Result<(), Error> {
        let arrived = self.lease_until.unwrap_or(now).plus(WIRE_TIME);
        match now < arrived {
            true => Err(Error::too_early(self.row_id(), arrived)),
            false => Ok(()),
        }
    }

    /// Gives it all its tries again.
    fn begin_again(&mut self) {
        self.retry_at = None;
        self.failures = 0;
        self.first_claimed_at = None;
    }

    /// Queues it for another content, which the store writes.
    ///
    /// # Errors
    /// When it was or may have been sent, or isn't the row's to replace.
    pub(crate) fn correct(&mut self, row: &NewRow, author: &str) -> Result<(), Error> {
        let before = self.state;
        let rejected = |why| Err(Error::rejected(RowId(self.id), before, why));
        if self.account != row.account {
            return rejected("it is another account's");
        }
        if self.replaced {
            return rejected("another message has taken its key");
        }
        if before != State::Queued
            && !matches!(self.apply(Event::SendAgain, Some(author)), Outcome::To(_))
        {
            let why = "only one that is queued, refused, cancelled or not sent can be corrected";
            return Err(Error::rejected(self.row_id(), before, why));
        }
        self.begin_again();
        self.status = None;
        self.code = None;
        self.cause = None;
        Ok(())
    }
}

fn why_not(decision: Decision, replaced: bool) -> &'static str {
    match decision {
        Decision::Undo | Decision::SendAgain if replaced => "another message has taken its key",
        Decision::Found { .. } => "only one whose outcome is unknown can be resolved",
        Decision::Undo => "nobody has resolved it, or it was claimed since",
        Decision::Cancel => "only one that is queued can be cancelled",
        Decision::SendAgain => {
            "only one that was refused, cancelled or not sent can be queued again"
        }
    }
}
