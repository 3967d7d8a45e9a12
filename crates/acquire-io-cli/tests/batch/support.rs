//! A folder with inputs and outboxes, a sandbox, and the program between them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use acquire_io_sandbox::{FaultRule, Received, Sandbox, SandboxBuilder, Verdict};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::sleep;

/// Longer than anything takes here, also on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(60);

pub(crate) struct Place {
    folder: TempDir,
    pub(crate) sandbox: Sandbox,
}

/// A run of the program that has ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) async fn new() -> Self {
        Self::with(Sandbox::builder()).await
    }

    pub(crate) async fn with(sandbox: SandboxBuilder) -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            sandbox: sandbox.start().await.unwrap(),
        }
    }

    /// Starts a sandbox on the port of one that has stopped. Until it does, a connection of another test may have the
    /// port.
    pub(crate) async fn restart(&mut self, port: u16, sandbox: impl Fn() -> SandboxBuilder) {
        let started = Instant::now();
        self.sandbox = loop {
            match sandbox().port(port).start().await {
                Err(error) if error.kind() == ErrorKind::AddrInUse && started.elapsed() < LONG => {
                    sleep(Duration::from_millis(50)).await;
                }
                outcome => break outcome.unwrap(),
            }
        };
    }

    /// A sandbox that fails so.
    pub(crate) async fn failing<const N: usize>(rules: [Value; N]) -> Self {
        let place = Self::new().await;
        place.set_faults(rules);
        place
    }

    pub(crate) fn set_faults<const N: usize>(&self, rules: [Value; N]) {
        self.sandbox.set_faults(rules.map(rule).into()).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// The program with these arguments, which have no spaces in them, in the folder.
    pub(crate) fn acquire(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_acquire"));
        command.args(arguments.split_whitespace());
        self.settle(&mut command);
        command
    }

    /// Runs it in the folder, with the settings for the sandbox, and nothing else in the environment.
    pub(crate) fn settle(&self, command: &mut Command) {
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("ACQUIRE_BASE_URL", self.sandbox.base_url())
            .env("ACQUIRE_API_KEY", self.sandbox.api_key())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
    }

    pub(crate) async fn run(&self, arguments: &str) -> Ended {
        ended(&mut self.acquire(arguments)).await
    }

    pub(crate) async fn run_with_stdin(&self, arguments: &str, stdin: &str) -> Ended {
        let mut command = self.acquire(arguments);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        pipe.write_all(stdin.as_bytes()).await.unwrap();
        drop(pipe);
        Ended::from(child.wait_with_output().await.unwrap())
    }

    /// The state of each message of an outbox, by the key of its row.
    pub(crate) async fn outbox(&self, path: &str) -> BTreeMap<String, String> {
        let listed = self.run(&format!("outbox list {path} --output json")).await;
        assert_eq!(listed.code, Some(0), "{}", listed.stderr);
        let rows = listed.json().into_iter();
        rows.map(|row| {
            let text = |name: &str| row[name].as_str().unwrap().to_owned();
            (text("key"), text("delivery"))
        })
        .collect()
    }

    /// The texts of all chat messages that were received, in order of arrival.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.sandbox.received().iter().map(text).collect()
    }

    /// The texts of the chat messages that were accepted, and how often, whatever the program was told.
    pub(crate) fn accepted(&self) -> BTreeMap<String, u32> {
        let received = self.sandbox.received();
        let accepted = received
            .iter()
            .filter(|received| received.verdict == Verdict::Accepted);
        let mut texts = BTreeMap::new();
        for received in accepted {
            *texts.entry(text(received)).or_default() += 1;
        }
        texts
    }
}

pub(crate) fn text(received: &Received) -> String {
    let body: Value = serde_json::from_slice(&received.body).unwrap();
    body["message"]["message"].as_str().unwrap().to_owned()
}

pub(crate) async fn ended(command: &mut Command) -> Ended {
    Ended::from(command.output().await.unwrap())
}

impl From<std::process::Output> for Ended {
    fn from(output: std::process::Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// Standard output, each line as JSON.
    pub(crate) fn json(&self) -> Vec<Value> {
        let lines = self.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The lines of the results, sorted.
    pub(crate) fn lines(&self) -> Vec<u64> {
        let results = self.json();
        let lines = results.iter();
        let mut lines: Vec<_> = lines
            .map(|result| result["line"].as_u64().unwrap())
            .collect();
        lines.sort_unstable();
        lines
    }

    pub(crate) fn assert_code(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{}", self.stderr);
    }

    /// Asserts that the program refused to begin.
    pub(crate) fn assert_refused(&self, problem: &str) {
        self.assert_code(2);
        assert!(self.stderr.contains(problem), "{}", self.stderr);
        assert_eq!(self.stdout, "");
    }
}

pub(crate) fn rule(json: Value) -> FaultRule {
    FaultRule::from_json(&json.to_string()).unwrap()
}

/// A chat message whose text is its key. It waits for no other message of its case.
pub(crate) fn row(case: i64, key: &str) -> String {
    text_row(case, key, key)
}

/// A chat message with a key.
pub(crate) fn text_row(case: i64, key: &str, text: &str) -> String {
    let row = json!({"channel": "chat", "key": key, "case": case, "text": text, "lane": false});
    format!("{row}\n")
}

/// Chat messages without keys, of which each has its place in its case.
pub(crate) fn plain_rows(case: i64, texts: &[&str]) -> String {
    let row = |text: &&str| {
        format!(
            "{}\n",
            json!({"channel": "chat", "case": case, "text": text})
        )
    };
    texts.iter().map(row).collect()
}

/// The key of the row on a line of [`rows`].
pub(crate) fn key(line: u64) -> String {
    format!("k{line}")
}

/// Chat messages that are accepted where no fault acts.
pub(crate) fn rows(count: u64) -> String {
    let mut rows = String::new();
    for line in 1..=count {
        rows.write_str(&row(28, &key(line))).unwrap();
    }
    rows
}

/// Each of the first rows of [`rows`], accepted once.
pub(crate) fn once(count: u64) -> BTreeMap<String, u32> {
    (1..=count).map(|line| (key(line), 1)).collect()
}

/// A snapshot without what differs from run to run.
macro_rules! assert_snapshot {
    ($name:expr, $text:expr) => {
        insta::with_settings!({
            prepend_module_to_snapshot => false,
            filters => vec![
                (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "[time]"),
                (r"in 1[45] min", "in [time]"),
                (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
            ],
        }, {
            insta::assert_snapshot!($name, $text);
        });
    };
}
pub(crate) use assert_snapshot;
