//! The verdict on one attempt: the outcome of the message, by its answer or failure.

use http::StatusCode;

use crate::attempt::{Answer, Failure, Reason, chain};
use crate::delivery::Delivery;
use crate::envelope::{self, Says};

/// The verdict on an answer.
pub(crate) fn of_answer(answer: &Answer) -> Delivery {
    match answer.status.as_u16() {
        200..=299 => of_success(&answer.body),
        // Proxies answer with these after they passed the whole request on.
        408 | 460 | 499 => Delivery::Unknown,
        400..=499 => Delivery::Refused,
        _ => Delivery::Unknown,
    }
}

/// Acquire answers with a JSON object. A damaged or cut object still comes from Acquire, and so does an empty body. Any
/// other body comes from something in between: a captive portal, a proxy.
fn of_success(body: &[u8]) -> Delivery {
    match envelope::first(body) {
        Some(b'{') => match envelope::says(body) {
            Says::NoError => Delivery::Accepted,
            Says::Refusal => Delivery::Refused,
            Says::Unclear => Delivery::Unknown,
        },
        Some(_) => Delivery::Unknown,
        None => Delivery::Accepted,
    }
}

/// The verdict where no answer came.
pub(crate) fn of_failure(failure: &Failure) -> Delivery {
    let refused_stream = match &failure.reason {
        Reason::Http(stack) => stack.error.as_ref().is_some_and(server_refused_stream),
        Reason::Key(_) | Reason::TimedOut | Reason::Stopped | Reason::TooLate => false,
    };
    if !failure.body_was_taken || refused_stream {
        Delivery::NotSent
    } else {
        Delivery::Unknown
    }
}

/// Whether the server said over HTTP/2 that it did not process the request: by REFUSED_STREAM, or by a GOAWAY whose last
/// stream is an earlier one. h2 reports a remote GOAWAY as a stream's error only if the stream's number is above that last
/// one (RFC 9113, sections 6.8 and 8.7).
fn server_refused_stream(error: &reqwest::Error) -> bool {
    chain(error)
        .find_map(|error| error.downcast_ref::<h2::Error>())
        .is_some_and(|error| {
            let refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
            error.is_remote() && (refused || error.is_go_away())
        })
}

/// Whether a refusal concerns the key, its permissions or a proxy, rather than the message.
pub(crate) fn is_about_setup(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::PROXY_AUTHENTICATION_REQUIRED
    )
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;
    use crate::attempt::End;

    fn verdict(status: u16, body: &str, end: End) -> Delivery {
        of_answer(&Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: body.to_owned().into(),
            end,
        })
    }

    #[test]
    fn a_failure_is_unknown_once_the_body_was_taken() {
        for reason in [|| Reason::TimedOut, || Reason::Stopped, || Reason::TooLate] {
            for (body_was_taken, expected) in
                [(false, Delivery::NotSent), (true, Delivery::Unknown)]
            {
                let failure = Failure {
                    reason: reason(),
                    body_was_taken,
                };
                assert_eq!(of_failure(&failure), expected);
            }
        }
    }

    #[test]
    fn three_statuses_concern_the_set_up() {
        let about = (100..1000).filter(|status| {
            let status = StatusCode::from_u16(*status).unwrap();
            is_about_setup(status)
        });
        assert_eq!(about.collect::<Vec<_>>(), [401, 403, 407]);
    }

    #[test]
    fn each_status_has_its_verdict() {
        use Delivery::{Accepted, Refused, Unknown};
        for (statuses, expected) in [
            (&[200, 201, 202, 204, 206, 299][..], Accepted),
            (
                &[
                    400, 401, 403, 404, 405, 407, 409, 410, 413, 415, 422, 425, 429, 431, 451, 498,
                ],
                Refused,
            ),
            (&[408, 460, 499], Unknown),
            (
                &[
                    100, 101, 199, 300, 301, 302, 304, 307, 308, 500, 502, 503, 504, 520, 599, 600,
                    999,
                ],
                Unknown,
            ),
        ] {
            for status in statuses {
                assert_eq!(verdict(*status, "", End::Complete), expected, "{status}");
            }
        }
    }

    #[test]
    fn the_body_of_a_2xx_decides() {
        use Delivery::{Accepted, Refused, Unknown};
        let table = [
            (
                Accepted,
                &[
                    "",
                    " \r\n",
                    "\u{feff}",
                    "{}",
                    "\u{feff} {",
                    r#"{"data":{"id":1}}"#,
                    r#"{"data":"#,
                    "{damaged",
                    r#"{"data":{"id":1},"error":null}"#,
                    r#"{"data":{"id":1},"error":{"code":"CODE"}}"#,
                    r#"{"data":[1],"error":true}"#,
                    r#"{"error":null}"#,
                    r#"{"code":"CODE","message":"no"}"#,
                    r#"{"data":{"text":"\"error\":1"}}"#,
                    r#"{"data":{"error":{"code":"CODE"}}}"#,
                ][..],
            ),
            (
                Refused,
                &[
                    r#"{"error":{"code":"CODE"}}"#,
                    r#"{"error":{"message":"no"}}"#,
                    r#"{"error":"no"}"#,
                    r#"{"error":{"code":7},"data":null}"#,
                    r#"{"error":{"code":"CODE"},"data":{}}"#,
                    r#"{"error":{"code":"CODE"},"data":[]}"#,
                    r#"{"error":{"code":"CODE"},"data":false}"#,
                    r#"{"error":{"code":"CODE"},"data":""}"#,
                    r#"{"error":[{"code":"CODE"}]}"#,
                    r#"{"error":["no"]}"#,
                    r#"{"err\u006fr":{"c\u006fde":"CODE"}}"#,
                    r#"{ "error" : { "code" : "CODE", "data" : null } }"#,
                ],
            ),
            (
                Unknown,
                &[
                    r#"{"error":true}"#,
                    r#"{"error":1}"#,
                    r#"{"error":[]}"#,
                    r#"{"error":[1]}"#,
                    r#"{"error":{}}"#,
                    r#"{"error":false}"#,
                    r#"{"error":""}"#,
                    r#"{"error":{"code":null}}"#,
                    r#"{"error":{},"data":{}}"#,
                    r#"{"error":true,"data":[]}"#,
                    r#"{"err\u006fr":true}"#,
                    // Damaged: data may have followed.
                    r#"{"error":{"code":"CODE"}"#,
                    r#"{"error":{"code":"CO"#,
                    r#"{"error"}"#,
                    "<html>",
                    "OK",
                    "null",
                    "[]",
                    "\"accepted\"",
                    "1",
                    "\u{feff}<html>",
                ],
            ),
        ];
        for (expected, bodies) in table {
            for body in bodies {
                assert_eq!(verdict(200, body, End::Complete), expected, "{body}");
            }
        }
    }

    #[test]
    fn a_cut_object_is_accepted_unless_it_names_an_error() {
        for end in [End::TooLarge(5), End::TimedOut] {
            for body in [
                "{",
                "",
                r#"{"data":{"id":1},"err"#,
                r#"{"data":{"error":1,"#,
            ] {
                assert_eq!(
                    verdict(200, body, end.clone()),
                    Delivery::Accepted,
                    "{body}"
                );
            }
            for body in [r#"{"error":{"code":"CODE"},"da"#, "<html", "O", "[{"] {
                assert_eq!(verdict(200, body, end.clone()), Delivery::Unknown, "{body}");
            }
        }
    }
}
