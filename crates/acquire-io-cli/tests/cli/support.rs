//! The program in a home folder of its own.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
#[cfg(unix)]
use std::time::Duration;

use acquire_io_sandbox::{FaultRule, Sandbox};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

pub(crate) use acquire_io_tests::Result;

/// A word that no output may repeat.
pub(crate) const CANARY: &str = "canary";

/// Bounds the wait for a request.
#[cfg(unix)]
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A home folder, with nothing else in the environment.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self(TempDir::new()?))
    }

    /// With a config file.
    pub(crate) fn with_config(text: &str) -> Result<Self> {
        let home = Self::new()?;
        home.write(".config/acquire/config.toml", text)?;
        Ok(home)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.path().join(".config/acquire/config.toml")
    }

    /// A file that only its owner can read.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(self.path()))?;
        fs::write(&path, text)?;
        set_mode(&path, 0o600)?;
        Ok(path)
    }

    /// The program, to be run in this folder.
    pub(crate) fn acquire(&self, arguments: &str) -> Acquire {
        self.acquire_with(arguments.split_whitespace())
    }

    /// The program, to be run on a terminal that has colours.
    #[cfg(unix)]
    pub(crate) fn acquire_on_a_terminal(
        &self,
        arguments: &str,
    ) -> acquire_io_tests::terminal::Command {
        acquire_io_tests::terminal::Command::new(env!("CARGO_BIN_EXE_acquire"))
            .env_clear()
            .env("HOME", self.path())
            .env("XDG_CONFIG_HOME", self.path().join(".config"))
            .env("TERM", "xterm-256color")
            .current_dir(self.path())
            .args(arguments.split_whitespace())
    }

    pub(crate) fn acquire_with<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Acquire {
        let mut command = Command::new(env!("CARGO_BIN_EXE_acquire"));
        command
            .env_clear()
            .env("HOME", self.path())
            .env("XDG_CONFIG_HOME", self.path().join(".config"))
            .current_dir(self.path())
            .args(arguments);
        Acquire {
            command,
            input: String::new(),
        }
    }
}

#[cfg(unix)]
pub(crate) fn set_mode(path: &Path, mode: u32) -> Result {
    use std::os::unix::fs::PermissionsExt as _;

    Ok(fs::set_permissions(path, fs::Permissions::from_mode(mode))?)
}

#[cfg(not(unix))]
pub(crate) fn set_mode(_: &Path, _: u32) -> Result {
    Ok(())
}

pub(crate) struct Acquire {
    command: Command,
    input: String,
}

impl Acquire {
    pub(crate) fn args<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// The address and the key of a sandbox.
    pub(crate) fn to(self, sandbox: &Sandbox) -> Self {
        self.env("ACQUIRE_BASE_URL", sandbox.base_url())
            .env("ACQUIRE_API_KEY", sandbox.api_key())
    }

    /// An account and a key, and a proxy that doesn't exist.
    pub(crate) fn with_account(self) -> Self {
        self.env("ACQUIRE_ACCOUNT_ID", "acme")
            .env("ACQUIRE_API_KEY", "k")
            .env("ACQUIRE_PROXY", "http://127.0.0.1:9")
    }

    pub(crate) fn input(mut self, text: &str) -> Self {
        text.clone_into(&mut self.input);
        self
    }

    pub(crate) async fn run(self) -> Result<Run> {
        self.run_to(Stdio::piped()).await
    }

    /// Starts it, with this as its standard output.
    pub(crate) fn start(mut self, stdout: impl Into<Stdio>) -> Result<Child> {
        self.command.stdin(Stdio::piped()).kill_on_drop(true);
        Ok(self.command.stdout(stdout).stderr(Stdio::piped()).spawn()?)
    }

    /// With this as its standard output.
    pub(crate) async fn run_to(mut self, stdout: impl Into<Stdio>) -> Result<Run> {
        let input = std::mem::take(&mut self.input);
        let mut child = self.start(stdout)?;
        if let Some(mut stdin) = child.stdin.take() {
            // Who doesn't read it closes it.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        child.wait_with_output().await?.try_into()
    }
}

/// How the program ended, and what it said.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl TryFrom<Output> for Run {
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn try_from(output: Output) -> Result<Self> {
        Ok(Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout)?,
            stderr: String::from_utf8(output.stderr)?,
        })
    }
}

impl Run {
    /// The standard output of a run that succeeded and printed no error.
    pub(crate) fn ok(self) -> Result<String> {
        match (self.code, self.stderr.as_str()) {
            (Some(0), "") => Ok(self.stdout),
            _ => Err(self.to_string().into()),
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => writeln!(f, "exit {code}")?,
            None => writeln!(f, "no exit code")?,
        }
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            for line in text.lines() {
                writeln!(f, "{name}: {line}")?;
            }
        }
        Ok(())
    }
}

/// A sandbox whose answers are the same in every run.
pub(crate) async fn sandbox(fault: Option<serde_json::Value>) -> Result<Sandbox> {
    let mut builder = Sandbox::builder().fixed_time(std::time::UNIX_EPOCH);
    if let Some(fault) = fault {
        builder = builder.fault(FaultRule::from_json(&fault.to_string())?);
    }
    Ok(builder.start().await?)
}

/// What `config check` and a dry run print about the same settings. Asserts that both accept them, or neither.
pub(crate) async fn check_and_send(
    home: &Home,
    with: impl Fn(Acquire) -> Acquire,
) -> Result<[Run; 2]> {
    let check = with(home.acquire("config check")).run().await?;
    let send = with(home.acquire("chat send --case 28 --text hi --dry-run"));
    let send = send.run().await?;
    for run in [&check, &send] {
        assert!(!run.to_string().contains(CANARY), "{run}");
    }
    assert_eq!(check.code, send.code, "{check}{send}");
    Ok([check, send])
}

/// Compares with a snapshot, but for what differs from run to run.
macro_rules! assert_text {
    ($home:expr, $name:expr, $text:expr) => {{
        let home = regex::escape(&$home.path().display().to_string());
        let filters = [
            (home.as_str(), "<home>"),
            (r"127\.0\.0\.1:\d+", "127.0.0.1:<port>"),
        ];
        insta::with_settings!({ filters => filters }, {
            insta::assert_snapshot!($name, $text);
        });
    }};
}
pub(crate) use assert_text;
