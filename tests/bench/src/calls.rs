//! Ways to send the same chat message.

mod hyper;
mod ours;
mod plain;

use std::future::Future;
use std::net::SocketAddr;

use anyhow::Context as _;

/// A way to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// `acquire-io`.
    Ours,
    /// reqwest and serde, with structs written by hand.
    Plain,
    /// hyper on one connection, the answer not decoded.
    Hyper,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ours, Self::Plain, Self::Hyper];

    /// For the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Plain => "plain",
            Self::Hyper => "hyper",
        }
    }

    /// From the command line.
    ///
    /// # Errors
    /// When there is none with this name.
    pub fn named(name: &str) -> anyhow::Result<Self> {
        let way = Self::ALL.into_iter().find(|known| known.name() == name);
        way.context("no such way to send")
    }

    /// Sends so many messages, so many at a time.
    ///
    /// # Errors
    /// When one isn't accepted.
    pub async fn send(
        self,
        server: SocketAddr,
        count: usize,
        at_a_time: usize,
    ) -> anyhow::Result<()> {
        match self {
            Self::Ours => many(&ours::Ours::new(server)?, count, at_a_time).await,
            Self::Plain => many(&plain::Plain::new(server)?, count, at_a_time).await,
            Self::Hyper => many(&hyper::Hyper::new(server).await?, count, at_a_time).await,
        }
    }
}

const CASE: i64 = 2069;
const KEY: &str = "sandbox-key";
const TEXT: &str = "Hey added from the api";

trait Call {
    fn call(&self) -> impl Future<Output = anyhow::Result<()>>;
}

async fn many<C: Call>(caller: &C, count: usize, at_a_time: usize) -> anyhow::Result<()> {
    use futures_util::stream::{StreamExt as _, TryStreamExt as _, iter};

    iter(0..count)
        .map(|_| caller.call())
        .buffer_unordered(at_a_time)
        .try_collect::<()>()
        .await
}
