//! Transactions of several workers and services that overlap in a database.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use tokio::task::JoinHandle;

use super::support::{ACCOUNT, Fixture, chat, connect, ids, settled, turn};
use crate::store::{Claimed, Turn};
use crate::verdict::Kind;
use crate::{Priority, Rate, RowId, postgres};

/// A transaction that commits late brings a message before one of its lane that is being sent.
#[tokio::test]
async fn a_commit_that_comes_late_lets_no_two_of_a_lane_out() {
    let Some(fixture) = Fixture::database().await else {
        return;
    };
    let late = connect(&fixture.its_database().address()).await;
    let parameter = |text| {
        fixture
            .outbox
            .parameter(ACCOUNT, &[chat(1, text).key(text)])
            .unwrap()
    };
    late.batch_execute("BEGIN").await.unwrap();
    late.execute(postgres::INSERT, &[&parameter("late")])
        .await
        .unwrap();
    fixture.by_statement(&parameter("early")).await.unwrap();
    let early = fixture.claim_one().await;
    assert_eq!(early.key.as_deref(), Some("early"));
    late.batch_execute("COMMIT").await.unwrap();
    let row = fixture.outbox.get(ACCOUNT, "late").await.unwrap().unwrap();
    assert!(
        row.id.0 < early.id,
        "the one that is late is the earlier one"
    );
    assert!(fixture.claim(8).await.is_empty());
    fixture.settle(&early, Kind::Accepted).await;
    assert_eq!(ids(&fixture.claim(8).await), [row.id]);
}

/// 6 workers and services whose transactions overlap.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_two_of_a_lane_are_out_at_once_and_each_is_claimed_once() {
    const LANES: i64 = 20;
    const EACH: usize = 15;
    let Some(fixture) = Fixture::database().await else {
        return;
    };
    let fixture = Arc::new(fixture);
    let mut tasks = tokio::task::JoinSet::new();
    for service in 0..3 {
        let fixture = Arc::clone(&fixture);
        tasks.spawn(async move {
            let connection = connect(&fixture.its_database().address()).await;
            let mut random = fastrand::Rng::with_seed(service);
            for number in 0..EACH / 3 {
                let mut lanes: Vec<_> = (1..=LANES).collect();
                random.shuffle(&mut lanes);
                connection.batch_execute("BEGIN").await.unwrap();
                for lane in lanes {
                    let entry = chat(lane, &format!("{service} {number}"));
                    let parameter = fixture.outbox.parameter(ACCOUNT, &[entry]).unwrap();
                    connection
                        .execute(postgres::INSERT, &[&parameter])
                        .await
                        .unwrap();
                }
                connection.batch_execute("COMMIT").await.unwrap();
            }
        });
    }
    let out = Arc::new(Mutex::new((BTreeSet::new(), BTreeSet::new())));
    for worker in 0..6 {
        let (fixture, out) = (Arc::clone(&fixture), Arc::clone(&out));
        tasks.spawn(async move {
            let outbox = fixture.open_again().await;
            let mut verdicts = Vec::new();
            let lane = |claimed: &Claimed| match &claimed.message {
                acquire_io::Message::Chat(chat) => chat.get_case().0,
                _ => 0,
            };
            while out.lock().unwrap().1.len() < LANES as usize * EACH {
                let turn = Turn {
                    worker: format!("w{worker}"),
                    ..turn(4, std::mem::take(&mut verdicts))
                };
                // Before the verdict is committed, so that the next claim of the lane is later than this.
                for settled in &turn.settled {
                    out.lock().unwrap().0.retain(|(_, id)| *id != settled.id);
                }
                let turned = outbox.store.turn(turn).await.unwrap();
                for claimed in turned.claimed {
                    let (sending, all) = &mut *out.lock().unwrap();
                    let lane = lane(&claimed);
                    assert!(
                        !sending.iter().any(|(other, _)| *other == lane),
                        "two of lane {lane}"
                    );
                    sending.insert((lane, claimed.id));
                    assert!(all.insert(claimed.id), "{} was claimed twice", claimed.id);
                    verdicts.push(settled(&claimed, Kind::Accepted));
                }
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

/// Two turns, of which the first one is held up when it has chosen what to claim.
struct Overlap {
    fixture: Fixture,
    holder: tokio_postgres::Client,
    first: JoinHandle<Vec<Claimed>>,
}

impl Overlap {
    async fn begin(fixture: Fixture, chosen: RowId) -> Self {
        let holder = connect(&fixture.its_database().address()).await;
        let hold =
            format!("BEGIN; SELECT FROM acquire_outbox.message WHERE id = {chosen} FOR UPDATE");
        holder.batch_execute(&hold).await.unwrap();
        let first = claim_in_a_task(&fixture);
        while waiting(&fixture).await < 1 {}
        Self {
            fixture,
            holder,
            first,
        }
    }

    /// Begins the second turn, and lets the first one go on when the second one waits, or has ended. Returns what both claimed.
    async fn go_on(self) -> [Vec<RowId>; 2] {
        let second = claim_in_a_task(&self.fixture);
        while waiting(&self.fixture).await < 2 && !second.is_finished() {}
        self.holder.batch_execute("COMMIT").await.unwrap();
        [ids(&self.first.await.unwrap()), ids(&second.await.unwrap())]
    }
}

fn claim_in_a_task(fixture: &Fixture) -> JoinHandle<Vec<Claimed>> {
    let store = Arc::clone(&fixture.outbox.store);
    tokio::spawn(async move { store.turn(turn(1, Vec::new())).await.unwrap().claimed })
}

/// How many transactions wait for a lock.
async fn waiting(fixture: &Fixture) -> u32 {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let count = fixture.query_one(sql).await;
    count.and_then(|count| count.parse().ok()).unwrap()
}

/// The account's row is locked before its rate is read. Nothing else would notice that two turns use up the same part of it.
#[tokio::test]
async fn a_turn_counts_what_the_one_before_it_has_claimed() {
    let Some(fixture) = Fixture::database().await else {
        return;
    };
    let rate = Rate::per_second(0.001).burst(1);
    fixture.outbox.limit(ACCOUNT, rate, "ann").await.unwrap();
    let first = fixture.insert([chat(1, "first").no_lane()]).await[0];
    let overlap = Overlap::begin(fixture, first).await;
    // Without the lock it would be claimed at once.
    let urgent = chat(2, "urgent").no_lane().priority(Priority::Urgent);
    overlap.fixture.insert([urgent]).await;
    assert_eq!(overlap.go_on().await, [vec![first], vec![]]);
}

/// The same before lanes are looked at: a message that is committed between two turns is not sent beside a later one.
#[tokio::test]
async fn a_commit_between_two_turns_lets_no_two_of_a_lane_out() {
    let Some(fixture) = Fixture::database().await else {
        return;
    };
    // The first one of a database writes down which one it is, which others wait for, too.
    fixture.turn(0, Vec::new()).await;
    let late = connect(&fixture.its_database().address()).await;
    let parameter = fixture
        .outbox
        .parameter(ACCOUNT, &[chat(1, "late")])
        .unwrap();
    late.batch_execute("BEGIN").await.unwrap();
    late.execute(postgres::INSERT, &[&parameter]).await.unwrap();
    let early = fixture.insert([chat(1, "early")]).await[0];
    let overlap = Overlap::begin(fixture, early).await;
    late.batch_execute("COMMIT").await.unwrap();
    assert_eq!(overlap.go_on().await, [vec![early], vec![]]);
}
