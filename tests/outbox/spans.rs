//! The spans of a worker.

use acquire_io::{CaseId, Chat};
use acquire_io_outbox::{Entry, Worker};
use acquire_io_sandbox::FaultRule;
use acquire_io_tests::Result;
use acquire_io_tests::canary::{Recorder, leaks};

use crate::support::{Place, client, failing};

#[tokio::test]
async fn spans_say_what_became_of_a_message_and_hold_no_content() -> Result {
    let recorder = Recorder::of_process()?;
    let sandbox = failing(FaultRule::answer(500).nth(2)).await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    let canaries = ["canary-text", "canary-key", "canary-lane", "canary-source"];
    let entries = ["1", "2"].map(|number| {
        Entry::new(
            Chat::new(CaseId(28))
                .as_agent()
                .text(format!("canary-text-{number}")),
        )
        .key(format!("canary-key-{number}"))
        .lane(format!("canary-lane-{number}"))
        .source("canary-source")
    });
    outbox.insert("spans", entries).await?;
    let worker = Worker::new(outbox)
        .account("spans", client(&sandbox)?)
        .in_flight(1);
    worker.stop_when_settled().run().await?;
    let records: Vec<String> = recorder
        .records()
        .into_iter()
        .filter(|record| record.target.starts_with("acquire_io") || record.target.is_empty())
        .map(|record| record.text)
        .collect();
    for record in &records {
        assert_eq!(leaks(record, &canaries), [""; 0], "{record}");
    }
    let has = |text: &str| {
        assert!(
            records.iter().any(|record| record.contains(text)),
            "{text}: {records:#?}"
        )
    };
    has(r#"acquire.outbox.turn otel.name="acquire.outbox.turn" messaging.system="acquire_outbox""#);
    has(r#"messaging.message.id=2 acquire.account="spans" acquire.outbox.attempt=1"#);
    has(r#"acquire.outbox.outcome="accepted""#);
    has(r#"acquire.outbox.outcome="unknown""#);
    has("acquire.call");
    Ok(())
}
