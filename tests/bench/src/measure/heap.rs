//! The heap that calls in flight take.

use std::net::SocketAddr;
use std::process::Command;

use anyhow::ensure;

use crate::calls::Way;

/// The most bytes on the heap of a process that sends so many messages at a time.
///
/// # Errors
/// When a message isn't accepted.
pub fn peak(way: Way, server: SocketAddr, calls: usize) -> anyhow::Result<usize> {
    let program = std::env::current_exe()?.with_file_name("heap");
    let output = Command::new(program)
        .args([way.name(), &server.to_string(), &calls.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{way:?}: {said}");
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}
