//! Processes that a test stops.

use std::fs;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::Result;

/// Sends a process a signal, for example `CONT`.
///
/// # Errors
/// When it has ended.
pub async fn signal(process: &Child, signal: &str) -> Result {
    let id = process.id().ok_or("it has ended")?;
    let kill = format!("kill -{signal} {id}");
    let status = Command::new("sh").args(["-c", &kill]).status().await?;
    status.success().then_some(()).ok_or_else(|| kill.into())
}

/// Stops a process, and waits until each of its threads has stopped.
///
/// # Errors
/// When it has ended.
pub async fn stop(process: &Child) -> Result {
    let id = process.id().ok_or("it has ended")?;
    signal(process, "STOP").await?;
    while cfg!(target_os = "linux") && !is_stopped(id)? {
        sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

fn is_stopped(id: u32) -> Result<bool> {
    for thread in fs::read_dir(format!("/proc/{id}/task"))? {
        let state = match fs::read_to_string(thread?.path().join("stat")) {
            Ok(state) => state,
            // It has ended.
            Err(_) => continue,
        };
        // The name before it, in parentheses, may hold anything.
        let state = state.rsplit_once(") ").map_or("", |(_, rest)| rest);
        if !state.starts_with(['T', 't', 'Z', 'X']) {
            return Ok(false);
        }
    }
    Ok(true)
}
