//! What one send costs, from the message to the receipt, on a connection that is kept alive.

use acquire_io::Channel;

use super::{build, instructions};
use crate::calls::Way;
use crate::server::Server;

/// The instructions of one send, one at a time.
///
/// # Errors
/// As [`instructions::per_round`].
pub fn instructions(way: Way, channel: Channel) -> anyhow::Result<f64> {
    let server = Server::spawn(0)?;
    let (channel, server) = (channel.as_str(), server.address.to_string());
    let work = ["send", way.name(), channel, &server, "1"];
    instructions::per_round(&build::beside(build::ITSELF)?, &work)
}

/// The instructions that finding the IDs in the documented answer takes.
///
/// # Errors
/// As [`instructions::per_round`].
pub fn instructions_of_receipt(channel: Channel) -> anyhow::Result<f64> {
    let server = Server::spawn(0)?;
    let work = ["receipt", channel.as_str(), &server.address.to_string()];
    instructions::per_round(&build::beside(build::ITSELF)?, &work)
}
