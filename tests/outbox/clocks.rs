//! Processes whose clocks are hours apart, and jump. By libfaketime, which changes the time that a process reads; the
//! monotonic clock stays as it is, as when somebody sets the time of a machine.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use acquire_io_outbox::{Filter, Rate};
use acquire_io_sandbox::FaultRule;
use acquire_io_test_postgres::Server;
use acquire_io_tests::Result;
use tokio::time::sleep;

use crate::process::Program;
use crate::support::{LONG, Place, all_accepted, audit, failing, insert, on_each_store};
use crate::tools;

on_each_store! {
    clocks_that_are_hours_apart_and_jump_send_nothing_twice,
}

/// Where Debian's `libfaketime` puts the library for programs with several threads.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?;
    let mut files = folders
        .filter_map(std::result::Result::ok)
        .map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    files.find(|file| file.exists())
}

/// The name of a server's clock.
const SERVER: &str = "server";

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

    /// What makes a process's clock that of a file, from now on: an offset such as `+2h`.
    fn variables(&self, name: &str) -> [(&'static str, OsString); 4] {
        [
            ("LD_PRELOAD", self.library.clone().into()),
            ("FAKETIME_TIMESTAMP_FILE", self.file(name).into()),
            ("FAKETIME_NO_CACHE", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
        ]
    }

    fn program(&self, program: &Program, name: &str) -> Program {
        let variables = self.variables(name).into_iter();
        variables.fold(program.clone(), |program, (name, value)| {
            program.variable(name, value)
        })
    }

    /// Starts a server again with a clock that can be set.
    fn start(&self, server: &Server) -> Result {
        // The server's user reads it.
        fs::set_permissions(self.folder.path(), Permissions::from_mode(0o755))?;
        self.set(SERVER, "+0")?;
        server.stop();
        server.start_again_with(&[], &self.variables(SERVER));
        Ok(())
    }
}

async fn clocks_that_are_hours_apart_and_jump_send_nothing_twice(place: Place) -> Result {
    const MESSAGES: usize = 600;

    let Some(clocks) = Clocks::new()? else {
        return Ok(());
    };
    let sandbox = failing(FaultRule::delay(Duration::from_millis(30))).await?;
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
    all_accepted(&outbox, MESSAGES).await?;
    assert_eq!(outbox.standing("acme").await?.late_verdicts, 0);
    assert_eq!(sandbox.received().len(), MESSAGES);
    drop(processes);
    audit(&outbox, &sandbox).await
}

/// The store's clock is that of the server here, which jumps while leases run. The workers' clocks don't.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_whose_clock_jumps_sends_nothing_twice() -> Result {
    const MESSAGES: usize = 300;

    let (Some(clocks), Some(server)) = (Clocks::new()?, Server::start()) else {
        return Ok(());
    };
    clocks.start(&server)?;
    let sandbox = failing(FaultRule::delay(Duration::from_millis(30))).await?;
    let place = Place::in_database(&server).await?;
    let outbox = place.open().await?;
    insert(&outbox, MESSAGES).await?;
    let program = Program::new(&place.file(), &sandbox.base_url())
        .with("in_flight", 2)
        .with("lease", 1000)
        .with("timeout", 800);
    let processes = (0..4).map(|_| program.clone().spawn_quiet());
    let processes: Vec<_> = processes.collect::<Result<_>>()?;
    let jumps = ["+3h", "-3h", "+0", "+90", "-90", "+0"].into_iter().cycle();
    let mut ended = 0;
    for offset in jumps {
        if sandbox.received().len() >= MESSAGES {
            break;
        }
        clocks.set(SERVER, offset)?;
        // A message is unknown only until its own answer settles it, some 30 ms later.
        for _ in 0..14 {
            sleep(Duration::from_millis(5)).await;
            ended += outbox.list(Filter::unknown()).await?.len();
        }
    }
    // What is to be tried again at a time by a clock that was ahead is due then.
    clocks.set(SERVER, "+4h")?;
    all_accepted(&outbox, MESSAGES).await?;
    // Otherwise it proves nothing.
    assert!(ended > 0, "no jump has ended a lease");
    assert_eq!(outbox.standing("acme").await?.late_verdicts, 0);
    assert_eq!(sandbox.received().len(), MESSAGES);
    drop(processes);
    audit(&outbox, &sandbox).await
}

/// What was counted by a clock that was ahead must not stop an account until that time. In a file the clock is that of the
/// process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_back_does_not_stop_an_account_with_a_rate() -> Result {
    let Some(clocks) = Clocks::new()? else {
        return Ok(());
    };
    clocks.set("jumps", "+3h")?;
    let with_clock = |program: &Program| clocks.program(program, "jumps");
    set_back(&Place::new()?, with_clock, || clocks.set("jumps", "+0")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_databases_clock_that_is_set_back_does_not_stop_an_account_with_a_rate() -> Result {
    let (Some(clocks), Some(server)) = (Clocks::new()?, Server::start()) else {
        return Ok(());
    };
    clocks.start(&server)?;
    clocks.set(SERVER, "+3h")?;
    let place = Place::in_database(&server).await?;
    let ahead = "SELECT clock_timestamp() > to_timestamp($1) + interval '2 hours'";
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let ahead = ahead.replace("$1", &now.as_secs().to_string());
    assert_eq!(place.database()?.psql(&ahead)?, "t");
    set_back(&place, Clone::clone, || clocks.set(SERVER, "+0")).await
}

async fn set_back(
    place: &Place,
    with_clock: impl FnOnce(&Program) -> Program,
    set_back: impl FnOnce() -> Result,
) -> Result {
    const MESSAGES: usize = 40;

    let sandbox = failing(FaultRule::delay(Duration::from_millis(5))).await?;
    let outbox = place.open().await?;
    insert(&outbox, MESSAGES).await?;
    let rate = Rate::per_second(20.0).burst(5);
    outbox.limit("acme", rate, "ann").await?;
    // No fewer than the burst: then less than one message is left of the rate when the clock is set back.
    let program = Program::new(&place.file(), &sandbox.base_url()).with("in_flight", 8);
    let process = with_clock(&program).spawn_quiet()?;
    sandbox.wait_for(MESSAGES / 2, LONG).await?;
    set_back()?;
    sandbox.wait_for(MESSAGES, LONG).await?;
    all_accepted(&outbox, MESSAGES).await?;
    drop(process);
    audit(&outbox, &sandbox).await
}
