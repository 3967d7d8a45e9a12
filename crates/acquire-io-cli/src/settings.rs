//! Which account messages go through, and how.

use acquire_io::Client;
use acquire_io_sandbox::Sandbox;
use anyhow::Context as _;
use clap::Args;

use crate::exit::Failure;

/// The options of every command that sends.
#[derive(Args)]
#[command(next_help_heading = "Account and connection")]
pub(crate) struct Options {
    /// Send to a sandbox inside this process: needs no account, sends nothing to anyone
    #[arg(long)]
    sandbox: bool,
}

/// A client, and the sandbox that it sends to, if it sends to one.
pub(crate) struct Connection {
    pub(crate) client: Client,
    sandbox: Option<Sandbox>,
}

impl Options {
    /// Makes a client of the settings.
    pub(crate) async fn connect(&self) -> Result<Connection, Failure> {
        if self.sandbox {
            let sandbox = Sandbox::start().await.context("the sandbox can't start")?;
            let client = Client::builder()
                .base_url(sandbox.base_url())
                .api_key(sandbox.api_key())
                .build()?;
            return Ok(Connection {
                client,
                sandbox: Some(sandbox),
            });
        }
        let client = Client::from_env().map_err(Failure::configuration)?;
        Ok(Connection {
            client,
            sandbox: None,
        })
    }
}

impl Connection {
    /// Whose messages these are, for the journal: what was accepted there says nothing about another account.
    pub(crate) fn target(&self) -> &str {
        match self.sandbox {
            Some(_) => "sandbox",
            None => self.client.base_url(),
        }
    }
}
