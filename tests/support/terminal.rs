//! A program on a pseudo terminal: what it asks, and what a person sees.

use std::time::Duration;

pub use pty_process::Command;
use pty_process::{Pty, Size, open};
use rustix::termios::{LocalModes, tcgetattr};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Child;
use tokio::time::{sleep, timeout};

use crate::Result;

/// Bounds a test that waits for what never comes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program whose terminal is read and typed on.
pub struct Terminal {
    pty: Pty,
    program: Child,
    seen: String,
    /// How much of what was seen was waited for.
    read: usize,
}

impl Terminal {
    /// Starts a program on a terminal of its own, of 24 lines and 100 columns: standard input, output and error are the
    /// terminal, unless the command says otherwise.
    ///
    /// # Errors
    /// When there is no terminal or no program.
    pub fn start(command: Command) -> Result<Self> {
        Self::with_columns(command, 100)
    }

    /// Starts a program on a terminal of this width.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn with_columns(command: Command, columns: u16) -> Result<Self> {
        let (pty, program_side) = open()?;
        pty.resize(Size::new(24, columns))?;
        let program = command.kill_on_drop(true).spawn(program_side)?;
        Ok(Self {
            pty,
            program,
            seen: String::new(),
            read: 0,
        })
    }

    /// Waits until a text is shown, after what was waited for before.
    ///
    /// # Errors
    /// When the program ends without it.
    pub async fn wait_for(&mut self, text: &str) -> Result {
        loop {
            if let Some(place) = self.seen[self.read..].find(text) {
                self.read += place + text.len();
                return Ok(());
            }
            if !self.more().await? {
                return Err(format!("no {text:?} in {:?}", self.seen).into());
            }
        }
    }

    /// Waits for a text, and then until the terminal doesn't show what is typed: a program asks first, and hides then.
    ///
    /// # Errors
    /// When the program ends without it.
    pub async fn wait_for_secret(&mut self, text: &str) -> Result {
        self.wait_for(text).await?;
        let hidden = async {
            while tcgetattr(&self.pty)?.local_modes.contains(LocalModes::ECHO) {
                sleep(Duration::from_millis(1)).await;
            }
            Ok(())
        };
        timeout(PATIENCE, hidden).await?
    }

    /// Types a text. `\u{3}` is Ctrl-C, `\u{4}` Ctrl-D.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub async fn type_text(&mut self, text: &str) -> Result {
        Ok(self.pty.write_all(text.as_bytes()).await?)
    }

    /// The program, for signals.
    pub fn program(&self) -> &Child {
        &self.program
    }

    /// Waits for the end. Returns the exit code, and all that the terminal showed, with line breaks as `\n`.
    ///
    /// # Errors
    /// When the program doesn't end.
    pub async fn finish(mut self) -> Result<(Option<i32>, String)> {
        while self.more().await? {}
        let status = timeout(PATIENCE, self.program.wait()).await??;
        Ok((status.code(), self.seen.replace("\r\n", "\n")))
    }

    /// Reads what is there, and returns whether there may be more.
    async fn more(&mut self) -> Result<bool> {
        let mut part = [0; 4096];
        let read = timeout(PATIENCE, self.pty.read(&mut part)).await;
        let read = read.map_err(|_| format!("nothing more than {:?}", self.seen))?;
        // Linux reports the end as an error, once the program and all that it started have closed the terminal.
        let length = read.unwrap_or_default();
        self.seen
            .push_str(&String::from_utf8_lossy(&part[..length]));
        Ok(length > 0)
    }
}
