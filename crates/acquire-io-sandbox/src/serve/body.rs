//! Reading a request's body, within bounds.

use std::mem;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::time::{Instant, timeout_at};

/// How far a body was read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// To its end.
    Whole,
    /// As far as was wanted.
    Enough,
    /// It is longer than the limit. What is beyond is not kept.
    TooLarge,
    /// The client broke off.
    Broken,
    /// It did not come in time.
    Late,
}

/// A body, as far as it was read. What was read stays when reading is given up.
pub(super) struct Reader {
    body: Body,
    read: Vec<u8>,
    patience: Duration,
}

impl Reader {
    /// Whatever is read from it must come within `patience`.
    pub(super) fn new(body: Body, patience: Duration) -> Self {
        Self {
            body,
            read: Vec::new(),
            patience,
        }
    }

    /// Reads on, until there are `enough` bytes or more than the limit.
    pub(super) async fn read(&mut self, enough: usize, limit: usize) -> End {
        // What is beyond the limit is read and forgotten, up to a bound: most clients look for an answer
        // only after they have sent everything.
        let mut beyond = 0;
        let deadline = Instant::now() + self.patience;
        while self.read.len() < enough {
            let Ok(frame) = timeout_at(deadline, self.body.frame()).await else {
                return End::Late;
            };
            match frame {
                None if beyond > 0 => return End::TooLarge,
                None => return End::Whole,
                Some(Err(_)) => return End::Broken,
                Some(Ok(frame)) => {
                    let data = frame.into_data().unwrap_or_default();
                    let kept = data.len().min(limit.saturating_sub(self.read.len()));
                    self.read.extend_from_slice(&data[..kept]);
                    beyond += data.len() - kept;
                    if beyond > limit.saturating_mul(3) {
                        return End::TooLarge;
                    }
                }
            }
        }
        End::Enough
    }

    /// What was read, in no more memory than it needs: the ledger keeps it.
    pub(super) fn take(&mut self) -> Bytes {
        mem::take(&mut self.read).into_boxed_slice().into()
    }
}
