//! The heap that calls in flight take.

use std::process::Command;

use acquire_io::Channel;
use anyhow::ensure;

use super::build;
use crate::calls::Way;
use crate::server::Server;

/// Bytes for each call that is in flight.
///
/// # Errors
/// When a message isn't accepted.
pub fn per_call(way: Way, channel: Channel) -> anyhow::Result<f64> {
    Ok((peak(way, channel, 1000)? - peak(way, channel, 500)?) / 500.0)
}

/// The most bytes on the heap of a process that has this many calls in flight.
fn peak(way: Way, channel: Channel, calls: usize) -> anyhow::Result<f64> {
    let server = Server::spawn(calls)?;
    let output = Command::new(build::beside("heap")?)
        .args([way.name(), channel.as_str()])
        .args([server.address.to_string(), calls.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{way:?}: {said}");
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}
