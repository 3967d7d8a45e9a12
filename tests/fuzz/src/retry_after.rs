//! The header `Retry-After` of any value: how long it asks to wait, and that no one waits longer than allowed.

use std::time::{Duration, SystemTime};

use acquire_io::Retry;
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
    let wait = error.retry_after();
    let at_once = wait.is_none_or(|wait| wait.is_zero());
    assert_eq!(error.attempts(), if at_once { 2 } else { 1 }, "{wait:?}");

    let text = std::str::from_utf8(data).unwrap_or_default().trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number {
        let seconds = text.parse().ok();
        assert_eq!(wait, seconds.map(Duration::from_secs));
    } else if let Some(wait) = wait {
        let date = httpdate::parse_http_date(text).expect("neither seconds nor a date");
        let asked = date.duration_since(before).unwrap_or_default();
        // Time went on meanwhile.
        assert!(wait <= asked);
    }
}
