//! Processes whose clocks are hours apart, and jump. By libfaketime, which changes the time that a process reads; the
//! monotonic clock stays as it is, as when somebody sets the time of a machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use acquire_io_outbox::{Rate, State};
use acquire_io_sandbox::FaultRule;
use acquire_io_tests::Result;
use tokio::time::sleep;

use crate::process::Program;
use crate::support::{LONG, Place, audit, failing, insert, until};
use crate::tools;

/// Where Debian's `libfaketime` puts the library for programs with several threads.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?;
    let mut files = folders
        .filter_map(std::result::Result::ok)
        .map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    files.find(|file| file.exists())
}

/// A process whose clock is the offset in a file, for example `+2h`, from now on.
fn with_clock(program: &Program, library: &Path, offset: &Path) -> Program {
    program
        .clone()
        .variable("LD_PRELOAD", library)
        .variable("FAKETIME_TIMESTAMP_FILE", offset)
        .variable("FAKETIME_NO_CACHE", "1")
        .variable("FAKETIME_DONT_FAKE_MONOTONIC", "1")
}

/// What sets the clocks.
struct Clocks {
    library: PathBuf,
    folder: tempfile::TempDir,
}

impl Clocks {
    /// None where the tool is missing.
    fn new() -> Result<Option<Self>> {
        let library = library();
        if !tools::has("libfaketime (Debian: faketime)", library.is_some()) {
            return Ok(None);
        }
        let folder = tempfile::tempdir()?;
        Ok(library.map(|library| Self { library, folder }))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Sets a clock. A process reads the old or the new time, and never a part.
    fn set(&self, name: &str, offset: &str) -> Result {
        let new = self.file("new");
        fs::write(&new, offset)?;
        Ok(fs::rename(new, self.file(name))?)
    }

    fn program(&self, program: &Program, name: &str) -> Program {
        with_clock(program, &self.library, &self.file(name))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clocks_that_are_hours_apart_and_jump_send_nothing_twice() -> Result {
    const MESSAGES: usize = 600;

    let Some(clocks) = Clocks::new()? else {
        return Ok(());
    };
    let sandbox = failing(FaultRule::delay(Duration::from_millis(30))).await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    insert(&outbox, MESSAGES).await?;
    let program = Program::new(&place.file(), &sandbox.base_url())
        .with("in_flight", 2)
        .with("lease", 1000)
        .with("timeout", 800);
    for (name, offset) in [("ahead", "+2h"), ("behind", "-2h"), ("jumps", "+0")] {
        clocks.set(name, offset)?;
    }
    let processes = [
        program.clone().spawn_quiet()?,
        clocks.program(&program, "ahead").spawn_quiet()?,
        clocks.program(&program, "behind").spawn_quiet()?,
        clocks.program(&program, "jumps").spawn_quiet()?,
    ];
    let mut offsets = ["+3h", "-3h", "+0", "+90", "-90", "+0"].into_iter().cycle();
    let all_arrived = async {
        while sandbox.received().len() < MESSAGES {
            clocks.set("jumps", offsets.next().unwrap_or("+0"))?;
            sleep(Duration::from_millis(70)).await;
        }
        Result::Ok(())
    };
    tokio::time::timeout(LONG, all_arrived).await??;
    // No process is killed, so each verdict is settled, also of rows that were unknown by another's clock. What was not begun
    // in time by its own is tried again by the one that is ahead.
    until(async || {
        let standing = outbox.standing("acme").await?;
        Ok(standing.count(State::Accepted) == MESSAGES as u64)
    })
    .await?;
    assert_eq!(outbox.standing("acme").await?.late_verdicts, 0);
    assert_eq!(sandbox.received().len(), MESSAGES);
    drop(processes);
    audit(&outbox, &sandbox).await
}

/// What was counted by a clock that was ahead must not stop an account until that time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_back_does_not_stop_an_account_with_a_rate() -> Result {
    const MESSAGES: usize = 40;

    let Some(clocks) = Clocks::new()? else {
        return Ok(());
    };
    let sandbox = failing(FaultRule::delay(Duration::from_millis(5))).await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    insert(&outbox, MESSAGES).await?;
    outbox
        .limit("acme", Rate::per_second(20.0).burst(5), "ann")
        .await?;
    clocks.set("jumps", "+3h")?;
    let program = Program::new(&place.file(), &sandbox.base_url()).with("in_flight", 4);
    let process = clocks.program(&program, "jumps").spawn_quiet()?;
    sandbox.wait_for(MESSAGES / 2, LONG).await?;
    clocks.set("jumps", "+0")?;
    sandbox.wait_for(MESSAGES, LONG).await?;
    until(async || {
        let standing = outbox.standing("acme").await?;
        Ok(standing.count(State::Accepted) == MESSAGES as u64)
    })
    .await?;
    drop(process);
    audit(&outbox, &sandbox).await
}
