//! The promise: what the caller reads, held against what the server received.

use acquire_io::{Delivery, Error, Sent};

use super::record::Received;

/// What the caller reads about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Accepted, and the answer is typed.
    Typed,
    /// Accepted, and the answer is not typed.
    NotTyped,
    /// Not accepted.
    Failed(Delivery),
}

/// A call that has ended, and what the server received of it.
pub struct Run {
    /// What the caller has.
    pub outcome: Result<Sent, Error>,
    /// What the server has.
    pub received: Received,
}

impl Run {
    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        match &self.outcome {
            Ok(sent) if sent.chat().is_ok() => Verdict::Typed,
            Ok(_) => Verdict::NotTyped,
            Err(error) => Verdict::Failed(error.delivery()),
        }
    }

    /// How many attempts the client made.
    pub fn attempts(&self) -> u32 {
        match &self.outcome {
            Ok(sent) => sent.attempts(),
            Err(error) => error.attempts(),
        }
    }

    /// The first line of what the caller reads.
    pub fn text(&self) -> String {
        let text = match &self.outcome {
            Ok(sent) => sent.chat().err().map(|error| error.to_string()),
            Err(error) => Some(error.to_string()),
        };
        let text = text.unwrap_or_default();
        text.lines().next().unwrap_or_default().to_owned()
    }

    /// Checks the promise for a message with this text. `partly_read`: the server may have answered before it read the
    /// message. `duplicates`: the retry policy allows them.
    ///
    /// # Errors
    /// When it is broken.
    pub fn check(&self, text: &str, partly_read: bool, duplicates: bool) -> Result<(), String> {
        let whole: Vec<_> = self.received.whole().collect();
        let kept = whole
            .iter()
            .filter(|request| !request.status().is_some_and(is_refusal))
            .count();
        let broken = |promise: &str| {
            Err(format!(
                "{promise}, but {} heads and {} messages arrived, {kept} of them not refused, and the caller \
                 reads {:?} {:?}",
                self.received.requests.len(),
                whole.len(),
                self.verdict(),
                self.text(),
            ))
        };
        if self.received.requests.len() > self.attempts() as usize {
            return broken("no request is uncounted");
        }
        if kept > 1 && !duplicates {
            return broken("nothing is sent twice");
        }
        for request in &whole {
            if !is_message(&request.body, text) {
                return broken("a whole message is the caller's message");
            }
        }
        match self.verdict() {
            Verdict::Failed(Delivery::NotSent) if kept > 0 => {
                broken("what is not sent does not arrive")
            }
            Verdict::Typed | Verdict::NotTyped | Verdict::Failed(Delivery::Refused) => {
                // Not only the last one: a server may be slow to read one that it disowned.
                let answered =
                    self.received.requests.iter().any(|request| {
                        request.answered.is_some() && (request.whole || partly_read)
                    });
                if answered {
                    Ok(())
                } else {
                    broken("what is accepted or refused was received and answered")
                }
            }
            _ => Ok(()),
        }
    }
}

/// Whether a status alone refuses a message. Proxies answer three of the 4xx after they passed it on.
fn is_refusal(status: u16) -> bool {
    (400..500).contains(&status) && ![408, 460, 499].contains(&status)
}

fn is_message(body: &[u8], text: &str) -> bool {
    serde_json::from_slice::<serde_json::Value>(body)
        .is_ok_and(|body| body["message"]["message"] == text)
}
