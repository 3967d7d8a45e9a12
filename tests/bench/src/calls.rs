//! Ways to send the same message.

mod hyper;
mod ours;
mod plain;

use std::future::Future;
use std::net::SocketAddr;

use acquire_io::Channel;
use anyhow::{Context as _, bail};

/// A way to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// `acquire-io`, and the ID of the message.
    Ours,
    /// `acquire-io`, and the whole answer decoded.
    OursTyped,
    /// reqwest and serde, with structs written by hand.
    Plain,
    /// hyper on one connection, the answer not decoded.
    Hyper,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ours, Self::OursTyped, Self::Plain, Self::Hyper];

    /// For the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::OursTyped => "ours-typed",
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

    /// Sends `count` messages of a channel, chat or SMS, `at_a_time` of them at a time.
    ///
    /// # Errors
    /// When one isn't accepted.
    pub async fn send(
        self,
        channel: Channel,
        server: SocketAddr,
        count: usize,
        at_a_time: usize,
    ) -> anyhow::Result<()> {
        match (self, channel) {
            (Self::Ours, _) => {
                let ours = ours::Ours::new(server, channel, false)?;
                many(&ours, count, at_a_time).await
            }
            (Self::OursTyped, _) => {
                let ours = ours::Ours::new(server, channel, true)?;
                many(&ours, count, at_a_time).await
            }
            (Self::Plain, Channel::Chat) => {
                many(
                    &plain::PlainChat(plain::Plain::new(server)?),
                    count,
                    at_a_time,
                )
                .await
            }
            (Self::Plain, Channel::Sms) => {
                many(
                    &plain::PlainSms(plain::Plain::new(server)?),
                    count,
                    at_a_time,
                )
                .await
            }
            (Self::Hyper, Channel::Chat) => {
                many(&hyper::Hyper::new(server).await?, count, at_a_time).await
            }
            _ => bail!("this way sends no {channel}"),
        }
    }
}

const CASE: i64 = 2069;
const KEY: &str = "sandbox-key";
const TEXT: &str = "Hey added from the api";

const SMS_CASE: i64 = 2219;
const CONTACT: i64 = 751069;
const TIMELINE: i64 = 2108;
const FROM: &str = "+12513188609";
const TO: &str = "+919666929552";

/// From the command line.
///
/// # Errors
/// When there is none with this name.
pub fn channel(name: &str) -> anyhow::Result<Channel> {
    let channels = [Channel::Chat, Channel::Mail, Channel::Sms];
    let channel = channels.into_iter().find(|known| known.as_str() == name);
    channel.context("no such channel")
}

/// Sends one message of a channel, and finds the IDs in its answer `rounds` times.
///
/// # Errors
/// When it isn't accepted, or its answer has no ID.
pub async fn receipts(channel: Channel, server: SocketAddr, rounds: usize) -> anyhow::Result<()> {
    let sent = ours::Ours::new(server, channel, false)?.send().await?;
    for _ in 0..rounds {
        let receipt = std::hint::black_box(&sent).receipt();
        anyhow::ensure!(receipt.message_id.is_some());
    }
    Ok(())
}

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
