//! The client's verdicts, held against the ledger of the sandbox, for each fault that it offers.
//!
//! The fault matrix does the same with other servers, which fail in more ways. These are the faults that a user of the
//! sandbox can ask for: what they do to the client, and that the ledger is right about them.

use std::time::Duration;

use acquire_io::Delivery::{NotSent, Refused, Unknown};
use acquire_io::{Delivery, Error, Sent};
use acquire_io_sandbox::Verdict::{self, Accepted, Unread};
use acquire_io_sandbox::{FaultRule, Received, Sandbox};
use acquire_io_tests::Result;
use acquire_io_tests::fault::{Transport, client_builder, message};
use serde_json::{Value, json};

/// For a message that hangs. The others have [`LONG`], on a machine that is busy with other things too.
const SHORT: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(60);

/// What the caller gets.
type Outcome = std::result::Result<(), Delivery>;

/// A fault, what the ledger says of the message, and the outcomes that the caller may have.
struct Row {
    action: Value,
    verdict: Verdict,
    is_whole: bool,
    outcomes: &'static [Outcome],
}

#[tokio::test]
async fn verdicts_over_http1() -> Result {
    run(Transport::Http1).await
}

#[tokio::test]
async fn verdicts_over_http2() -> Result {
    run(Transport::Http2).await
}

async fn run(transport: Transport) -> Result {
    for row in rows() {
        let fail = |problem| format!("{} over {}: {problem}", row.action, transport.name());
        let hangs = row.action["type"] == "hang";
        let mut patience = if hangs { SHORT } else { LONG };
        // A client with little time may not come as far as the fault.
        while let Err(problem) = row.run(transport, patience).await? {
            if patience >= LONG {
                return Err(fail(problem).into());
            }
            patience *= 4;
        }
    }
    Ok(())
}

fn rows() -> Vec<Row> {
    let row = |action, verdict, is_whole, outcomes| Row {
        action,
        verdict,
        is_whole,
        outcomes,
    };
    let mut rows = Vec::new();
    for how in ["close", "reset"] {
        let at = |stage| json!({"type": "break", "stage": stage, "how": how});
        // Over HTTP/2 the body goes after the head, so the connection may break before it is taken.
        let early: &[Outcome] = &[Err(Unknown), Err(NotSent)];
        // A reset may discard what was written before it.
        let late: &[Outcome] = match how {
            "reset" => &[Ok(()), Err(Unknown)],
            _ => &[Ok(())],
        };
        rows.extend([
            row(at("head"), Unread, false, early),
            row(at("body"), Unread, false, &[Err(Unknown)]),
            row(at("received"), Accepted, true, &[Err(Unknown)]),
            row(at("answer-head"), Accepted, true, &[Err(Unknown)]),
            row(at("answer-body"), Accepted, true, late),
        ]);
    }

    let at = |stage| json!({"type": "hang", "stage": stage});
    rows.extend([
        row(at("head"), Unread, false, &[Err(Unknown)]),
        row(at("body"), Unread, false, &[Err(Unknown)]),
        row(at("received"), Accepted, true, &[Err(Unknown)]),
        row(at("answer-body"), Accepted, true, &[Ok(())]),
    ]);

    for stage in ["head", "received"] {
        let action = json!({"type": "delay", "ms": 50, "stage": stage});
        rows.push(row(action, Accepted, true, &[Ok(())]));
    }

    for status in [400, 401, 403, 404, 409, 422, 429] {
        let action = json!({"type": "answer", "status": status});
        rows.push(row(action, Unread, true, &[Err(Refused)]));
    }
    for status in [408, 460, 499, 500, 502, 503, 504, 600, 999] {
        for (accept, verdict) in [(false, Unread), (true, Accepted)] {
            let action = json!({"type": "answer", "status": status, "accept": accept});
            rows.push(row(action, verdict, true, &[Err(Unknown)]));
        }
    }
    // The default is not to send again after either of these.
    let busy =
        |status| json!({"type": "answer", "status": status, "headers": {"retry-after": "1"}});
    rows.push(row(busy(429), Unread, true, &[Err(Refused)]));
    rows.push(row(busy(503), Unread, true, &[Err(Unknown)]));

    for status in [200, 201, 202, 204] {
        let action = json!({"type": "answer", "status": status, "accept": true});
        rows.push(row(action, Accepted, true, &[Ok(())]));
    }
    for body in [json!({}), json!({"data": null})] {
        let action = json!({"type": "answer", "status": 200, "body": body, "accept": true});
        rows.push(row(action, Accepted, true, &[Ok(())]));
    }
    for body in [json!("<p>"), json!([1]), json!({"error": true})] {
        let action = json!({"type": "answer", "status": 200, "body": body, "accept": true});
        rows.push(row(action, Accepted, true, &[Err(Unknown)]));
    }
    let error = json!({"error": {"code": "ERROR_INVALID_INPUT", "message": "no", "data": null}});
    let action = json!({"type": "answer", "status": 200, "body": error});
    rows.push(row(action, Unread, true, &[Err(Refused)]));

    for status in [301, 302, 303, 307, 308] {
        let here = "/api/v1/crm/messenger/chat/add-message?x-user-type=user";
        let action = json!({"type": "redirect", "status": status, "location": here});
        rows.push(row(action, Unread, true, &[Err(Unknown)]));
    }

    for seed in 0..8 {
        let action = json!({"type": "strange", "seed": seed});
        rows.push(row(action, Accepted, true, &[Ok(())]));
    }
    rows
}

impl Row {
    /// Returns the problem, if what happened is not what the row says.
    ///
    /// # Errors
    /// When the promise is broken, or the sandbox doesn't start.
    async fn run(
        &self,
        transport: Transport,
        timeout: Duration,
    ) -> Result<std::result::Result<(), String>> {
        let rule = FaultRule::from_json(&json!({"action": self.action}).to_string())?;
        let sandbox = Sandbox::builder().fault(rule).start().await?;
        let client = client_builder(transport, sandbox.address())?
            .api_key(sandbox.api_key())
            .timeout(timeout)
            .build()?;
        let result = client.send(message("a message")).await;
        let attempts = match &result {
            Ok(sent) => Sent::attempts(sent),
            Err(error) => Error::attempts(error),
        };
        let outcome = result.map(drop).map_err(|error| error.delivery());
        let Ok(received) = sandbox.wait_for(1, LONG).await else {
            return Ok(Err(format!("{outcome:?}, and nothing arrived")));
        };

        let found =
            format!("{outcome:?} after {attempts} attempts, and the ledger has {received:?}");
        check(outcome, attempts, &received).map_err(|promise| {
            format!(
                "{} over {}: {promise}, but {found}",
                self.action,
                transport.name()
            )
        })?;
        let is_as_said = |entry: &Received| {
            (entry.verdict, entry.is_whole) == (self.verdict, self.is_whole)
                && entry.fault.as_deref() == self.action["type"].as_str()
        };
        if self.outcomes.contains(&outcome) && received.iter().all(is_as_said) {
            Ok(Ok(()))
        } else {
            Ok(Err(found))
        }
    }
}

/// The promise.
fn check(
    outcome: Outcome,
    attempts: u32,
    received: &[Received],
) -> std::result::Result<(), &'static str> {
    let whole = received.iter().filter(|entry| entry.is_whole).count();
    let accepted = received
        .iter()
        .filter(|entry| entry.verdict == Accepted)
        .count();
    match outcome {
        _ if received.len() > attempts as usize => Err("no request is uncounted"),
        _ if accepted > 1 => Err("nothing is sent twice"),
        Ok(()) if accepted != 1 => Err("what is accepted was accepted once"),
        Err(NotSent) if whole > 0 => Err("what is not sent never arrives"),
        Err(Refused) if accepted > 0 || whole != 1 => {
            Err("what is refused arrived, and was not accepted")
        }
        _ => Ok(()),
    }
}
