//! How fast, how many at a time, and when to give up.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{LONG, Place, key, once, plain_rows, rows};

#[tokio::test]
async fn rate() {
    let place = Place::new().await;
    place.write("rows", rows(6));
    let start = Instant::now();
    place.run("batch --yes --rate 20 rows").await.assert_code(0);
    assert!(start.elapsed() >= Duration::from_millis(5 * 50));
    for rate in ["0", "-1", "NaN", "inf", "1e7", "fast"] {
        place
            .run(&format!("batch --yes --rate={rate} rows"))
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
    place
        .run("batch --yes --concurrency 1 rows")
        .await
        .assert_code(0);
    let received = place.sandbox.received();
    let times: Vec<_> = received.iter().map(|received| received.time).collect();
    assert_eq!(times.len(), 6);
    // The next one arrives after the answer to the one before.
    assert!(
        times.windows(2).all(|pair| pair[1] >= pair[0] + DELAY),
        "{times:?}"
    );
    place
        .run("batch --yes --concurrency 0 rows")
        .await
        .assert_code(2);
}

#[tokio::test]
async fn several_at_a_time() {
    let place = Place::failing([json!({"action": {"type": "hang", "stage": "received"}})]).await;
    place.write("rows", rows(6));
    let child = place
        .acquire("batch --yes --concurrency 3 rows")
        .spawn()
        .unwrap();
    // None of them is answered.
    place.sandbox.wait_for(3, LONG).await.unwrap();
    drop(child);
}

/// Whatever is tried again.
#[tokio::test]
async fn messages_of_a_case_arrive_in_their_order() {
    let throttle = json!({"match": {"nth": 7}, "limit": 1, "action": {"type": "answer", "status": 429, "headers": {"retry-after": "1"}}});
    let not_sent =
        json!({"match": {"nth": 15}, "limit": 1, "action": {"type": "answer", "status": 429}});
    let place = Place::failing([throttle, not_sent]).await;
    let texts: Vec<_> = (1..=30).map(key).collect();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    place.write("rows", plain_rows(28, &texts));
    place.run("batch --yes rows").await.assert_code(0);
    let received = place.sandbox.received();
    let accepted = received
        .iter()
        .filter(|received| received.verdict == acquire_io_sandbox::Verdict::Accepted);
    let order: Vec<_> = accepted.map(crate::support::text).collect();
    assert_eq!(order, texts);
}

#[tokio::test]
async fn one_429_makes_the_whole_run_wait() {
    let throttle = json!({"limit": 1, "action": {"type": "answer", "status": 429, "headers": {"retry-after": "2"}}});
    let place = Place::failing([throttle]).await;
    place.write("rows", rows(200));
    let ended = place.run("batch --yes --concurrency 1 rows").await;
    ended.assert_code(0);
    assert!(
        ended.stderr.contains("acquire: waiting for 2s, until "),
        "{}",
        ended.stderr
    );
    assert_eq!(place.sandbox.received().len(), 201);
    assert_eq!(place.accepted(), once(200));
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_given_up_and_the_next_run_goes_on() {
    let throttle =
        json!({"action": {"type": "answer", "status": 429, "headers": {"retry-after": "60"}}});
    let place = Place::failing([throttle]).await;
    place.write("rows", rows(50));
    let ended = place
        .run("batch --yes --concurrency 2 --give-up-after 1s rows")
        .await;
    ended.assert_code(5);
    assert!(
        ended.stderr.contains("stopped: nothing was settled for"),
        "{}",
        ended.stderr
    );
    assert!(place.sandbox.received().len() <= 2);
    place.set_faults([]);
    place.run("outbox resume rows").await.assert_code(0);
    place.run("batch --yes rows").await.assert_code(0);
    assert_eq!(place.accepted(), once(50));
}

#[tokio::test]
async fn max_unknown() {
    let place = Place::failing([json!({"action": {"type": "answer", "status": 500}})]).await;
    place.write("rows", rows(120));
    for (number, (options, expected, stops)) in [
        ("--max-unknown 2", 2, true),
        ("", 100, true),
        ("--max-unknown 0", 120, false),
    ]
    .into_iter()
    .enumerate()
    {
        place.sandbox.reset();
        let ended = place
            .run(&format!(
                "batch --yes --outbox {number}.outbox --concurrency 1 {options} rows"
            ))
            .await;
        ended.assert_code(6);
        let unknown = ended.json().len();
        // Those under way at the time are waited for.
        assert!(
            (expected..=expected + 2).contains(&unknown),
            "{options}: {unknown}"
        );
        assert_eq!(place.sandbox.received().len(), unknown);
        let stopped =
            format!("stopped: the outcome of {expected} messages is unknown within an hour");
        assert_eq!(ended.stderr.contains(&stopped), stops, "{}", ended.stderr);
    }
}
