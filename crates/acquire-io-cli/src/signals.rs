//! Ctrl-C, SIGTERM and SIGHUP.

use std::io;

/// Starts to listen. The future is ready at the first Ctrl-C or SIGTERM.
#[cfg(unix)]
pub(crate) fn interrupted() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Starts to listen. The future is ready at the first Ctrl-C.
#[cfg(not(unix))]
pub(crate) fn interrupted() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}

/// What asks a program to end.
#[derive(Clone, Copy)]
pub(crate) enum Signal {
    Interrupt,
    #[cfg_attr(windows, expect(dead_code, reason = "Windows has none"))]
    Terminate,
    #[cfg_attr(windows, expect(dead_code, reason = "Windows has none"))]
    HangUp,
}

/// Ctrl-C, SIGTERM and SIGHUP. None is missed between two waits.
#[cfg(unix)]
pub(crate) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// None if the process was started with SIGHUP ignored: it stays ignored.
    hang_up: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        let hang_up = match is_hang_up_ignored() {
            true => None,
            false => Some(signal(SignalKind::hangup())?),
        };
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up,
        })
    }

    pub(crate) async fn next(&mut self) -> Signal {
        let hang_up = async {
            match &mut self.hang_up {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = hang_up => Signal::HangUp,
        }
    }
}

/// Whether the process was started with SIGHUP ignored, as `nohup` does.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_hang_up_ignored() -> bool {
    const SIGHUP: u64 = 1;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (SIGHUP - 1)) != 0)
}

/// Elsewhere this needs unsafe code, so it is a guess: `nohup` takes standard error away from the terminal.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
fn is_hang_up_ignored() -> bool {
    use std::io::IsTerminal as _;

    !std::io::stderr().is_terminal()
}

/// Ctrl-C. Windows has no other.
#[cfg(windows)]
pub(crate) struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    pub(crate) fn listen() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    pub(crate) async fn next(&mut self) -> Signal {
        self.0.recv().await;
        Signal::Interrupt
    }
}
