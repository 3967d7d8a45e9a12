//! Random sequences of all that can be done to an outbox: the store does what a simple one in memory does.
//!
//! `OUTBOX_SEQUENCES` in the environment says how many, `OUTBOX_SEED` with which seed to begin.

mod due;
mod reference;
mod step;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::SystemTime;

use fastrand::Rng;
use reference::{New, Reference, Refusal, Turned};
use step::{Choice, Step};

use super::support::{Fixture, LEASE, chat, on_each_store, turn};
use crate::store::{Settled, Token, Turn};
use crate::time::Time;
use crate::verdict::Verdict;
use crate::{Cursor, Entry, Error, Filter, Outbox, Priority, RowId};

on_each_store! {
    the_store_does_what_a_simple_outbox_does,
}

/// How many sequences `cargo test` runs, and how long each is.
const SEQUENCES: u64 = 25;
const STEPS: usize = 80;

const ACCOUNTS: [&str; 2] = ["acme", "other"];

/// A sequence under way.
struct Sequence {
    random: Rng,
    fixture: Fixture,
    handles: [Outbox; 2],
    reference: Reference,
    /// All claims there were: account, row, token.
    claims: Vec<(usize, i64, i64)>,
    tokens: i64,
    /// What verdicts and decisions led to.
    seen: BTreeSet<String>,
}

impl Sequence {
    async fn new(fixture: Fixture, seed: u64) -> Self {
        let mut reference = Reference::default();
        reference.now = fixture.now().0;
        Self {
            random: Rng::with_seed(seed),
            handles: [fixture.outbox.clone(), fixture.open_again().await],
            fixture,
            reference,
            claims: Vec::new(),
            tokens: 0,
            seen: BTreeSet::new(),
        }
    }

    fn step(&mut self) -> Step {
        let random = &mut self.random;
        let claims = self.claims.len();
        let reference = &self.reference;
        Choice {
            random,
            reference,
            claims,
        }
        .step()
    }

    /// Does a step to both.
    ///
    /// # Errors
    /// When they differ.
    async fn apply(&mut self, step: Step) -> Result<(), String> {
        let outbox = self.handles[self.random.usize(..2)].clone();
        match step {
            Step::Pass(time) => {
                self.fixture.pass(time);
                self.reference.now = self.fixture.now().0;
                Ok(())
            }
            Step::Insert(account, new) => {
                let entries = new.iter().map(entry);
                let inserted = outbox.insert(ACCOUNTS[account], entries).await;
                let ids = inserted.map(|all| all.iter().map(|one| one.id.0).collect::<Vec<_>>());
                let expected = self.reference.insert(account, new);
                same("insert", &ids.map_err(refusal), &expected)
            }
            Step::Turn {
                account,
                slots,
                settled,
            } => self.turn(&outbox, account, slots, &settled).await,
            Step::GiveBack(place) => {
                let (account, _, token) = self.claims[place];
                let store = &outbox.store;
                let given = store.give_back(ACCOUNTS[account].to_owned(), Token(token));
                let expected = self.reference.give_back(account, token);
                same("give back", &given.await.map_err(refusal), &Ok(expected))
            }
            Step::Decide(id, decision) => {
                let decided = outbox.store.decide(RowId(id), decision, "ann".to_owned());
                let decided = decided.await.map_err(refusal);
                self.seen.insert(match &decided {
                    Err(Refusal::TooEarly(_)) => "decided: too early".to_owned(),
                    decided => format!("decided: {decided:?}"),
                });
                same("decide", &decided, &self.reference.decide(id, decision))
            }
            Step::Prune(older_than) => {
                let pruned = outbox.prune(older_than).await.map_err(refusal);
                same("prune", &pruned, &Ok(self.reference.prune(older_than)))
            }
            Step::Reopen(place) => {
                self.handles[place].clone().close().await.unwrap();
                self.handles[place] = self.fixture.open_again().await;
                Ok(())
            }
            Step::ReopenAll => {
                for handle in &self.handles {
                    handle.clone().close().await.unwrap();
                }
                for handle in &mut self.handles {
                    *handle = self.fixture.open_again().await;
                }
                if self.fixture.is_file() {
                    // Every worker is dead. Elsewhere they may be on other machines.
                    self.reference.end_leases(Time(i64::MAX));
                }
                Ok(())
            }
            control => {
                self.control(&outbox, control).await.unwrap();
                Ok(())
            }
        }
    }

    async fn control(&mut self, outbox: &Outbox, step: Step) -> Result<(), Error> {
        let accounts = &mut self.reference.accounts;
        match step {
            Step::Pause(account, until) => {
                accounts[account].paused = Some(until.unwrap_or(Time(i64::MAX)));
                let until = until.map(SystemTime::from);
                outbox.pause(ACCOUNTS[account], until, "why", "ann").await
            }
            Step::Resume(account) => {
                accounts[account].paused = None;
                accounts[account].condition.wait_until = None;
                outbox.resume(ACCOUNTS[account], "ann").await
            }
            Step::Limit(account, rate) => {
                accounts[account].rate = rate;
                accounts[account].bucket = Default::default();
                outbox.limit(ACCOUNTS[account], rate, "ann").await
            }
            Step::Hold(true) => {
                self.reference.is_held = true;
                outbox.hold("why", "ann").await
            }
            _ => {
                self.reference.is_held = false;
                outbox.release("ann").await
            }
        }
    }

    async fn turn(
        &mut self,
        outbox: &Outbox,
        account: usize,
        slots: u32,
        settled: &[(usize, Verdict)],
    ) -> Result<(), String> {
        self.tokens += 1;
        let token = self.tokens;
        // A worker reports in the account of the claim. What is of another is left out.
        let settled: Vec<_> = settled
            .iter()
            .map(|(place, verdict)| (self.claims[*place], verdict))
            .filter(|((of, _, _), _)| *of == account)
            .map(|((_, id, token), verdict)| (id, token, verdict.clone()))
            .collect();
        let reports = settled.iter().map(|(id, token, verdict)| Settled {
            id: *id,
            token: Token(*token),
            verdict: verdict.clone(),
        });
        let turn = Turn {
            account: ACCOUNTS[account].to_owned(),
            token: Token(token),
            ..turn(slots, reports.collect())
        };
        let turned = outbox
            .store
            .turn(turn)
            .await
            .map_err(|error| error.to_string())?;
        let turned = Turned {
            applied: turned.applied,
            claimed: turned.claimed.iter().map(|claimed| claimed.id).collect(),
            next: turned.next,
            is_paused: turned.paused.is_some(),
        };
        let expected = self.reference.turn(account, token, slots, LEASE, &settled);
        let applied = turned.applied.iter();
        self.seen
            .extend(applied.map(|applied| format!("{applied:?}")));
        let claimed = turned.claimed.iter();
        self.claims.extend(claimed.map(|id| (account, *id, token)));
        same("turn", &turned, &expected)
    }

    /// Compares every row.
    async fn compare(&self) -> Result<(), String> {
        let is = |column: &str| format!("CASE WHEN {column} IS NULL THEN 0 ELSE 1 END");
        let ms = |column: &str| self.fixture.ms(column);
        let columns = [
            "id".to_owned(),
            "state".to_owned(),
            is("decided_by"),
            is("replaced_at"),
            is("message"),
            "attempt".to_owned(),
            "failures".to_owned(),
            ms("retry_at"),
            ms("first_claimed_at"),
            "claim".to_owned(),
            ms("lease_until"),
            ms("settled_at"),
            "settled_seq".to_owned(),
        ];
        let sql = format!(
            "SELECT {} FROM outbox_message ORDER BY id",
            columns.join(", ")
        );
        let rows = self.fixture.query(&sql).await;
        let expected = self.reference.messages.iter().map(|(id, message)| {
            let is = |is: bool| Some(u8::from(is).to_string());
            let number = |number: Option<i64>| number.map(|number| number.to_string());
            let time = |time: Option<Time>| number(time.map(|time| time.0));
            vec![
                number(Some(*id)),
                Some(message.at.state.to_string()),
                is(message.at.decided),
                is(message.at.replaced),
                is(message.has_content),
                number(Some(message.attempt.into())),
                number(Some(message.failures.into())),
                time(message.retry_at),
                time(message.first_claimed),
                number(message.claim),
                time(message.lease_until),
                time(message.settled.map(|(at, _)| at)),
                number(message.settled.map(|(_, place)| place)),
            ]
        });
        same("rows", &rows, &expected.collect())
    }

    /// Compares what the readers say.
    async fn compare_readers(&mut self) -> Result<(), String> {
        let outbox = &self.handles[0];
        for (number, name) in ACCOUNTS.iter().enumerate() {
            let standing = outbox.standing(name).await.unwrap();
            self.reference.expire();
            let messages = self.reference.messages.values();
            let messages = messages.filter(|message| message.account == number);
            let mut counts = std::collections::BTreeMap::new();
            for message in messages {
                *counts.entry(message.at.state).or_insert(0) += 1;
            }
            let mut found = standing.counts.clone();
            found.retain(|_, count| *count > 0);
            same("counts", &found, &counts)?;
            let late = self.reference.accounts[number].late;
            same("late verdicts", &standing.late_verdicts, &late)?;
            let is_paused = standing.paused.is_some() || standing.held.is_some();
            same(
                "paused",
                &is_paused,
                &self.reference.pause(number).is_some(),
            )?;
        }
        let messages = &self.reference.messages;
        let ids = |rows: Vec<crate::Row>| rows.iter().map(|row| row.id.0).collect::<Vec<_>>();
        let (rows, _) = outbox.settled_after(Cursor::default()).await.unwrap();
        let settled = messages
            .iter()
            .filter_map(|(id, message)| Some((message.settled?.1, *id)));
        let mut settled: Vec<_> = settled.collect();
        settled.sort_unstable();
        let settled = settled.into_iter().map(|(_, id)| id).collect();
        same("follower", &ids(rows), &settled)?;
        let rows = outbox.list(Filter::all().limit(1000)).await.unwrap();
        same("list", &ids(rows), &messages.keys().copied().collect())
    }
}

fn entry(new: &New) -> Entry {
    let text = if new.text { "a" } else { "b" };
    let mut entry = chat(new.case, text).priority(Priority::from_number(new.priority));
    if let Some(key) = new.key {
        entry = entry.key(format!("key-{key}"));
    }
    if !new.has_lane {
        entry = entry.no_lane();
    }
    if new.strict {
        entry = entry.strict();
    }
    if let Some(time) = new.not_before {
        entry = entry.not_before(time);
    }
    if let Some(time) = new.not_after {
        entry = entry.not_after(time);
    }
    entry
}

fn refusal(error: Error) -> Refusal {
    match (error.key_taken_by(), error.possible_from()) {
        (Some(id), _) => Refusal::KeyTaken(id.0),
        (_, Some(time)) => Refusal::TooEarly(time.into()),
        _ if error.is_not_found() => Refusal::NotFound,
        _ if error.is_rejected() => Refusal::Rejected,
        _ if error.to_string().contains("have the same key") => Refusal::KeyTwice,
        _ => Refusal::Other(error.to_string()),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    match found == expected {
        true => Ok(()),
        false => Err(format!("{what}: found {found:?}\nexpected {expected:?}")),
    }
}

/// Returns what verdicts and decisions led to.
///
/// # Panics
/// When the store and the reference differ: with the steps that led there.
pub(super) async fn run(fixture: Fixture, seed: u64) -> BTreeSet<String> {
    let mut sequence = Sequence::new(fixture, seed).await;
    let mut done = String::new();
    for _ in 0..STEPS {
        let step = sequence.step();
        writeln!(done, "{} {step:?}", sequence.reference.now).unwrap();
        let mut same = sequence.apply(step).await;
        if same.is_ok() {
            same = sequence.compare().await;
        }
        if let Err(difference) = same {
            panic!("OUTBOX_SEED={seed}\n{done}{difference}");
        }
    }
    if let Err(difference) = sequence.compare_readers().await {
        panic!("OUTBOX_SEED={seed}\n{done}{difference}");
    }
    sequence.seen
}

async fn the_store_does_what_a_simple_outbox_does(fixture: Fixture) {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let seed = number("OUTBOX_SEED").unwrap_or_default();
    let sequences = number("OUTBOX_SEQUENCES").unwrap_or(SEQUENCES);
    let mut seen = BTreeSet::new();
    for seed in seed..seed + sequences {
        seen.extend(run(fixture.another().await, seed).await);
    }
    println!("{sequences} sequences: {seen:#?}");
    if sequences >= SEQUENCES {
        let all = [
            "Already",
            "Late",
            "To(Accepted)",
            "To(NotSent)",
            "To(Queued)",
            "To(Refused)",
            "To(Unknown)",
            "decided: Err(NotFound)",
            "decided: Err(Rejected)",
            "decided: Ok(Accepted)",
            "decided: Ok(Cancelled)",
            "decided: Ok(NotSent)",
            "decided: Ok(Queued)",
            "decided: Ok(Unknown)",
            "decided: too early",
        ];
        assert!(seen.iter().eq(all), "{seen:#?}");
    }
}
