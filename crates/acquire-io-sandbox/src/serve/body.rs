//! Reads a request's body, within limits.

use std::mem;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::time::{Instant, timeout_at};

/// How far a body was read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Completely.
    Whole,
    /// As many bytes as were wanted.
    Enough,
    /// It is longer than the limit. The rest is not kept.
    TooLarge,
    /// The client disconnected.
    Broken,
    /// It did not arrive in time.
    Late,
}

/// A body, as far as it was read. If reading is cancelled, what was read is kept.
pub(super) struct Reader {
    body: Body,
    read: Vec<u8>,
    time_limit: Duration,
}

impl Reader {
    /// Each call of `read` may take as long as `time_limit`.
    pub(super) fn new(body: Body, time_limit: Duration) -> Self {
        Self {
            body,
            read: Vec::new(),
            time_limit,
        }
    }

    /// Reads until there are `enough` bytes, or more than the limit.
    pub(super) async fn read(&mut self, enough: usize, limit: usize) -> End {
        // Bytes beyond the limit are read and dropped, up to a limit: most clients read the answer only after they have
        // sent everything.
        let mut beyond = 0;
        let deadline = Instant::now() + self.time_limit;
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
