//! How fast, how many at a time, and when to give up.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{LONG, Place, rows};

#[tokio::test]
async fn rate() {
    let place = Place::new().await;
    place.write("rows", rows(6));
    let start = Instant::now();
    place.run("batch --rate 20 rows").await.assert_code(0);
    assert!(start.elapsed() >= Duration::from_millis(5 * 50));
    for rate in ["0", "-1", "NaN", "inf", "1e7", "fast"] {
        place
            .run(&format!("batch --rate={rate} rows"))
            .await
            .assert_refused("is not a number from");
    }
}

#[tokio::test]
async fn one_at_a_time() {
    const DELAY: Duration = Duration::from_millis(30);

    let place =
        Place::failing([json!({"action": {"type": "delay", "ms": DELAY.as_millis() as u64}})])
            .await;
    place.write("rows", rows(6));
    for options in ["", "--journal journal", "--order completion"] {
        place.sandbox.reset();
        place
            .run(&format!("batch --concurrency 1 {options} rows"))
            .await
            .assert_code(0);
        let times: Vec<_> = place
            .sandbox
            .received()
            .iter()
            .map(|received| received.time)
            .collect();
        assert_eq!(times.len(), 6);
        // The next one arrives after the answer to the one before.
        assert!(
            times.windows(2).all(|pair| pair[1] >= pair[0] + DELAY),
            "{options}: {times:?}"
        );
    }
    place.run("batch --concurrency 0 rows").await.assert_code(2);
}

#[tokio::test]
async fn several_at_a_time() {
    let place = Place::failing([json!({"action": {"type": "hang", "stage": "received"}})]).await;
    place.write("rows", rows(6));
    let child = place.acquire("batch --concurrency 3 rows").spawn().unwrap();
    // None of them is answered.
    place.sandbox.wait_for(3, LONG).await.unwrap();
    drop(child);
}

#[tokio::test]
async fn max_unknown() {
    let place = Place::failing([json!({"action": {"type": "answer", "status": 500}})]).await;
    place.write("rows", rows(120));
    for (options, expected, stops) in [
        ("--max-unknown 2", 2, true),
        ("", 100, true),
        ("--max-unknown 0", 120, false),
    ] {
        place.sandbox.reset();
        let ended = place
            .run(&format!("batch --concurrency 1 {options} rows"))
            .await;
        ended.assert_code(6);
        let unknown = ended.json().len();
        // Those under way at the time are waited for.
        assert!(
            (expected..=expected + 2).contains(&unknown),
            "{options}: {unknown}"
        );
        assert_eq!(place.sandbox.received().len(), unknown);
        let stopped = format!(
            "stopped: the outcome of {expected} messages is unknown; `--max-unknown` changes the limit"
        );
        assert_eq!(ended.stderr.contains(&stopped), stops, "{}", ended.stderr);
    }
}
