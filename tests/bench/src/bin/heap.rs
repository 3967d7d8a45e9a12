//! Sends messages, and prints the most bytes that were on the heap. A program of its own: counting slows every
//! allocation.

use std::io::Write as _;
use std::net::SocketAddr;

use acquire_io_bench::calls::Way;
use anyhow::bail;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [way, channel, server, calls] = &arguments[..] else {
        bail!("usage: heap WAY CHANNEL SERVER CALLS");
    };
    let (way, channel) = (Way::named(way)?, acquire_io_bench::calls::channel(channel)?);
    let (server, calls) = (server.parse::<SocketAddr>()?, calls.parse()?);
    let _profiler = dhat::Profiler::builder().testing().build();
    way.send(channel, server, calls, calls).await?;
    writeln!(std::io::stdout(), "{}", dhat::HeapStats::get().max_bytes)?;
    Ok(())
}
