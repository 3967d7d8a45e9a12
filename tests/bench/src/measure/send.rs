//! What one send costs, from the message to the receipt, on a connection that is kept alive.

use super::{build, instructions};
use crate::calls::Way;
use crate::server::Server;

/// The instructions of one send, one at a time.
///
/// # Errors
/// As [`instructions::per_round`].
pub fn instructions(way: Way) -> anyhow::Result<f64> {
    let server = Server::spawn(0)?;
    let work = ["send", way.name(), &server.address.to_string(), "1"];
    instructions::per_round(&build::beside(build::ITSELF)?, &work)
}
