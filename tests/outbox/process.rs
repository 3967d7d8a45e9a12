//! Workers that are processes of their own: the program `outbox_worker`.

use std::ffi::OsString;
use std::fmt::Display;
use std::path::Path;
use std::process::Stdio;

use acquire_io_tests::{Result, process};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::support::LONG;

/// How to start one.
#[derive(Clone)]
pub(crate) struct Program {
    words: Vec<OsString>,
    variables: Vec<(&'static str, OsString)>,
}

impl Program {
    pub(crate) fn new(file: &Path, url: &str) -> Self {
        let program = env!("CARGO_BIN_EXE_outbox_worker");
        Self {
            words: vec![program.into(), file.into(), url.into()],
            variables: Vec::new(),
        }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Display) -> Self {
        self.words.push(format!("{name}={value}").into());
        self
    }

    pub(crate) fn variable(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Runs it by another program, such as a tracer.
    pub(crate) fn by<W: Into<OsString>>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        self.words.splice(..0, words.into_iter().map(Into::into));
        self
    }

    fn command(self) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).envs(self.variables);
        command.kill_on_drop(true);
        command
    }

    /// Starts one whose words nobody hears.
    pub(crate) fn spawn_quiet(self) -> Result<Child> {
        Ok(self.command().stdout(Stdio::null()).spawn()?)
    }

    pub(crate) fn spawn(self) -> Result<Process> {
        let mut command = self.command();
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let lines = child.stdout.take().ok_or("no output")?;
        Ok(Process {
            lines: BufReader::new(lines).lines(),
            input: child.stdin.take(),
            child,
        })
    }
}

/// One that runs. It is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    input: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Reads what it prints up to a line that begins so.
    pub(crate) async fn until(&mut self, expected: &str) -> Result {
        let read = async {
            while let Some(line) = self.lines.next_line().await? {
                if line.starts_with(expected) {
                    return Ok(());
                }
            }
            Err(format!("it has ended, without {expected:?}").into())
        };
        let read = tokio::time::timeout(LONG, read).await;
        read.unwrap_or_else(|_| Err(format!("it doesn't print {expected:?}").into()))
    }

    pub(crate) async fn stop(&self) -> Result {
        process::stop(&self.child).await
    }

    /// Ends [`stop`](Self::stop), and what it waits for.
    pub(crate) async fn go_on(&mut self) -> Result {
        self.input = None;
        process::signal(&self.child, "CONT").await
    }

    /// Waits until it has ended well.
    pub(crate) async fn ended(mut self) -> Result {
        let read = async {
            // What it prints must go somewhere.
            while self.lines.next_line().await?.is_some() {}
            let status = self.child.wait().await?;
            status
                .success()
                .then_some(())
                .ok_or_else(|| status.to_string().into())
        };
        tokio::time::timeout(LONG, read).await?
    }

    pub(crate) async fn kill(mut self) -> Result {
        Ok(self.child.kill().await?)
    }
}
