//! The sandbox as a server.

use std::io;

use acquire_io_sandbox::{DEFAULT_API_KEY, Sandbox};
use clap::Parser;

/// A server on loopback that stands in for the Acquire messaging API.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// The port of 127.0.0.1 to listen on, 0 for a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The API key to expect.
    #[arg(long, default_value = DEFAULT_API_KEY)]
    api_key: String,
}

#[tokio::main]
#[allow(clippy::print_stdout, reason = "tells where it listens")]
async fn main() -> io::Result<()> {
    let options = Options::parse();
    let sandbox = Sandbox::start_on(options.port, options.api_key).await?;
    println!("listening on {}", sandbox.base_url());
    println!("API key: {}", sandbox.api_key());
    tokio::signal::ctrl_c().await?;
    sandbox.stop().await
}
