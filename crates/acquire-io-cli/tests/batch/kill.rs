//! Batches that are killed again and again, against a sandbox that fails at random: the states in the outbox are compared
//! with what the sandbox accepted.

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;
use std::time::Duration;

use acquire_io_sandbox::{Sandbox, SandboxBuilder};
use fastrand::Rng;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::support::{LONG, Place, key, rows, rule};

const ROWS: u64 = 150;
/// How many batches are under way at a time.
const BATCHES: u64 = 6;

/// The least number of kills. Set `ACQUIRE_OUTBOX_KILLS` for more.
fn least_kills() -> u32 {
    match std::env::var("ACQUIRE_OUTBOX_KILLS") {
        Ok(kills) => kills.parse().unwrap(),
        Err(_) => 30,
    }
}

#[tokio::test]
async fn nothing_is_sent_twice_and_every_state_is_true() {
    let (mut kills, mut seed) = (0, 0);
    while kills < least_kills() {
        let batches = (seed..seed + BATCHES).map(|seed| async move {
            let mut batch = Batch::new(seed).await;
            batch.run().await;
            batch.kills
        });
        kills += join_all(batches).await.into_iter().sum::<u32>();
        seed += BATCHES;
    }
}

struct Batch {
    place: Place,
    /// How often each message was accepted by the sandboxes that have ended.
    before: BTreeMap<String, u32>,
    rng: Rng,
    seed: u64,
    kills: u32,
}

/// A sandbox that delays, breaks, refuses and lies about some requests.
fn failing(seed: u64) -> SandboxBuilder {
    let accepted_or_not = json!({"type": "answer", "status": 500, "accept": true});
    let actions = [
        (0.5, json!({"type": "delay", "ms": 2, "stage": "head"})),
        (0.5, json!({"type": "delay", "ms": 4, "stage": "received"})),
        (
            0.01,
            json!({"type": "break", "stage": "head", "how": "reset"}),
        ),
        (
            0.01,
            json!({"type": "break", "stage": "body", "how": "reset"}),
        ),
        (
            0.01,
            json!({"type": "break", "stage": "received", "how": "reset"}),
        ),
        (
            0.01,
            json!({"type": "break", "stage": "received", "how": "close"}),
        ),
        (
            0.01,
            json!({"type": "break", "stage": "answer-head", "how": "reset"}),
        ),
        (
            0.02,
            json!({"type": "break", "stage": "answer-body", "how": "close"}),
        ),
        (0.01, json!({"type": "answer", "status": 500})),
        (0.01, accepted_or_not),
        (0.02, json!({"type": "answer", "status": 400})),
        (
            0.005,
            json!({"type": "answer", "status": 429, "headers": {"retry-after": "1"}}),
        ),
    ];
    let rules = (0..).zip(actions).map(|(number, (probability, action))| {
        let seed = 100 * seed + number;
        rule(json!({"match": {"probability": probability, "seed": seed}, "action": action}))
    });
    let sandbox = Sandbox::builder().ledger_limits(1_000_000, 1 << 30);
    rules.fold(sandbox, SandboxBuilder::fault)
}

/// How often each message was accepted, by the file of a ledger.
fn accepted_by(ledger: &str) -> BTreeMap<String, u32> {
    let mut accepted = BTreeMap::new();
    for line in ledger.lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        if entry["verdict"] == "accepted" {
            let body: Value = serde_json::from_str(entry["body"].as_str().unwrap()).unwrap();
            let text = body["message"]["message"].as_str().unwrap().to_owned();
            *accepted.entry(text).or_default() += 1;
        }
    }
    accepted
}

impl Batch {
    async fn new(seed: u64) -> Self {
        let mut place = Place::with(Sandbox::builder()).await;
        place.write("rows", rows(ROWS));
        let with_file = failing(seed).ledger_file(place.path("ledger"));
        place.sandbox = with_file.start().await.unwrap();
        Self {
            place,
            before: BTreeMap::new(),
            rng: Rng::with_seed(seed),
            seed,
            kills: 0,
        }
    }

    async fn run(&mut self) {
        loop {
            while self.run_once().await || self.is_left(&self.outbox().await) {}
            self.quieten().await;
            let outbox = self.outbox().await;
            self.check(&outbox);
            let unknown: Vec<_> = outbox
                .iter()
                .filter(|(_, state)| *state == "unknown")
                .map(|(key, _)| key.clone())
                .collect();
            if unknown.is_empty() {
                break;
            }
            self.resolve(&unknown).await;
        }
        let accepted = self.accepted();
        let outbox = self.outbox().await;
        assert_eq!(outbox.len() as u64, ROWS);
        for (key, state) in outbox {
            let expected = u32::from(state != "refused");
            let count = accepted.get(&key).copied().unwrap_or_default();
            assert_eq!(count, expected, "{key} is {state}");
        }
    }

    /// Starts or resumes the batch, and kills it at a random moment. Returns whether that came before its end.
    async fn run_once(&mut self) -> bool {
        let mut command = self
            .place
            .acquire("batch --yes --concurrency 4 --max-unknown 0 rows");
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // A moment of the start, or one amid the messages.
        let (more, then) = match self.rng.u8(..4) {
            0 => (0, self.rng.u64(..150)),
            _ => (self.rng.usize(1..20), self.rng.u64(..15)),
        };
        let received = self.place.sandbox.received().len();
        let moment = async {
            self.place
                .sandbox
                .wait_for(received + more, LONG)
                .await
                .unwrap();
            sleep(Duration::from_millis(then)).await;
        };
        let ended = tokio::select! {
            status = child.wait() => Some(status.unwrap()),
            () = moment => None,
        };
        let is_killed = ended.is_none();
        match ended {
            Some(status) => assert!(matches!(status.code(), Some(0 | 4 | 6)), "{status}"),
            None => {
                child.kill().await.unwrap();
                self.kills += 1;
            }
        }
        if self.place.path("rows.outbox").exists() {
            self.check(&self.outbox().await);
        }
        is_killed
    }

    /// How each message stands, by its key. Nobody else has the outbox open, so nothing is being sent.
    async fn outbox(&self) -> BTreeMap<String, String> {
        self.place.outbox("rows").await
    }

    /// Whether a row would be sent in a further run.
    fn is_left(&self, outbox: &BTreeMap<String, String>) -> bool {
        let is_due = |state: &String| state == "queued" || state == "not_sent";
        (outbox.len() as u64) < ROWS || outbox.values().any(is_due)
    }

    /// How often each message was accepted so far.
    fn accepted(&self) -> BTreeMap<String, u32> {
        let mut accepted = self.before.clone();
        for (text, count) in self.place.accepted() {
            *accepted.entry(text).or_default() += count;
        }
        accepted
    }

    /// Holds the outbox against what was accepted. The outcome of a message that is still on its way is unknown, so this
    /// holds at any time.
    fn check(&self, outbox: &BTreeMap<String, String>) {
        let accepted = self.accepted();
        for key in (1..=ROWS).map(key) {
            let count = accepted.get(&key).copied().unwrap_or_default();
            let state = outbox.get(&key).map_or("not inserted", String::as_str);
            let holds = match state {
                "accepted" => count == 1,
                "unknown" => count <= 1,
                _ => count == 0,
            };
            assert!(
                holds,
                "seed {}, kill {}: {key} is {state}, and was accepted {count} times",
                self.seed, self.kills
            );
        }
    }

    /// Waits until everything that was on its way is in the ledger: stops the sandbox, and starts another one in its
    /// place. The ledger's file outlives it.
    async fn quieten(&mut self) {
        self.seed += 1_000;
        let port = self.place.sandbox.address().port();
        let other = Sandbox::start().await.unwrap();
        let sandbox = std::mem::replace(&mut self.place.sandbox, other);
        sandbox.stop().await.unwrap();
        self.before = accepted_by(&fs::read_to_string(self.place.path("ledger")).unwrap());
        let (seed, ledger) = (self.seed, self.place.path("ledger"));
        self.place
            .restart(port, || failing(seed).ledger_file(&ledger))
            .await;
    }

    /// Says what a person would find in the cases.
    async fn resolve(&self, unknown: &[String]) {
        let accepted = self.accepted();
        let (found, missing): (Vec<_>, Vec<_>) = unknown
            .iter()
            .cloned()
            .partition(|key| accepted.contains_key(key));
        for (keys, verdict) in [(found, "accepted"), (missing, "not_sent --now")] {
            if !keys.is_empty() {
                let keys = keys.join(" --key ");
                let resolve = format!("outbox resolve rows --key {keys} --as {verdict}");
                self.place.run(&resolve).await.assert_code(0);
            }
        }
    }
}
