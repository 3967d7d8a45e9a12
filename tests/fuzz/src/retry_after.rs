//! The header `Retry-After` of any value: how long it asks to wait, and that nobody waits longer than allowed.

use std::time::{Duration, SystemTime};

use acquire_io::{NextStep, Retry};
use acquire_io_tests::fault::Answer;

use crate::loopback::send;

/// Answers a message with 429 and the bytes as the header.
pub fn run(data: &[u8]) {
    // No header can hold these.
    if data.iter().any(|byte| byte.is_ascii_control()) {
        return;
    }
    let before = SystemTime::now();
    // Two attempts without a delay between them, unless the server asks to wait at all.
    let retry = Retry::not_sent()
        .attempts(2)
        .delays(Duration::ZERO, Duration::ZERO)
        .when_too_many_requests()
        .max_retry_after(Duration::ZERO);
    let answer = Answer::new(429).header("retry-after", data);
    let error = send(answer, retry).expect_err("a 429 refuses the message");
    let wait = error.retry_after().expect("there is such a header");
    assert_eq!(error.attempts(), if wait.is_zero() { 2 } else { 1 });
    // Of a date less is left each time it is asked for.
    let is_in_time = matches!(error.next_step(), NextStep::SendAgain { after } if after <= wait);
    assert!(is_in_time, "{error}");

    let text = std::str::from_utf8(data).unwrap_or_default().trim();
    if let Some(seconds) = rounded_up(text) {
        assert_eq!(wait, Duration::from_secs(seconds));
    } else if let Ok(date) = httpdate::parse_http_date(text) {
        let asked = date.duration_since(before).unwrap_or_default();
        // Time went on meanwhile.
        assert!(wait <= asked);
    } else {
        assert_eq!(wait, Duration::from_secs(10));
    }
}

/// Digits, with or without decimals.
fn rounded_up(text: &str) -> Option<u64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = [whole, decimals]
        .iter()
        .all(|digits| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()));
    let whole: u64 = whole.parse().unwrap_or(u64::MAX);
    let is_more = decimals.bytes().any(|digit| digit != b'0');
    is_number.then(|| whole.saturating_add(is_more.into()))
}
