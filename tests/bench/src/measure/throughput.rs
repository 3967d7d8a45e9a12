//! Messages per second, of two ways in turns.

use std::net::SocketAddr;
use std::time::Instant;

use crate::calls::Way;

/// How often each way has its turn.
const TURNS: usize = 15;

/// How many messages per second one way sends for one of the other, so many at a time: the median over turns.
///
/// # Errors
/// When a message isn't accepted.
pub async fn ratio(
    ours: Way,
    theirs: Way,
    server: SocketAddr,
    at_a_time: usize,
    messages: usize,
) -> anyhow::Result<f64> {
    let mut ratios = Vec::new();
    for turn in 0..TURNS {
        // Neither way is always the one that comes first.
        let (first, second) = if turn % 2 == 0 {
            (ours, theirs)
        } else {
            (theirs, ours)
        };
        let first = seconds(first, server, at_a_time, messages).await?;
        let second = seconds(second, server, at_a_time, messages).await?;
        ratios.push(if turn % 2 == 0 {
            second / first
        } else {
            first / second
        });
    }
    ratios.sort_by(f64::total_cmp);
    Ok(ratios[TURNS / 2])
}

async fn seconds(
    way: Way,
    server: SocketAddr,
    at_a_time: usize,
    messages: usize,
) -> anyhow::Result<f64> {
    let start = Instant::now();
    way.send(server, messages, at_a_time).await?;
    Ok(start.elapsed().as_secs_f64())
}
