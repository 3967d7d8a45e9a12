//! When a message is tried again, over real sockets. Each test counts what the server received.

use std::time::{Duration, Instant, SystemTime};

use acquire_io::{CaseId, Chat, Client, Delivery, Error, Outgoing, Retry};
use acquire_io_tests::Result;
use acquire_io_tests::fault::{
    Answer, Part, Request, Script, Scripts, Server, Step, Transport, client_builder, reserved_port,
};
use h2::Reason;
use http::StatusCode;

const SHORT: Duration = Duration::from_millis(20);

fn server(scripts: impl Into<Scripts>) -> Result<Server> {
    Server::start(Transport::Http1, scripts)
}

fn answering(answer: Answer) -> Script {
    let answer = answer.header("connection", "close");
    Script::new([Step::Message, Step::Send(Part::Whole, answer), Step::Close])
}

fn accepting() -> Script {
    answering(Answer::json(200, "{}"))
}

fn with_short_delays(retry: Retry) -> Retry {
    retry.delays(SHORT, SHORT)
}

fn client(server: &Server, retry: Retry) -> Result<Client> {
    Ok(server.client()?.retry(with_short_delays(retry)).build()?)
}

fn message(client: &Client) -> Outgoing {
    client.send(Chat::new(CaseId(2069)).text("hi"))
}

async fn failure(outgoing: Outgoing) -> Result<Error> {
    outgoing.await.err().ok_or_else(|| "accepted".into())
}

/// The statuses that the server answered with, in this order. None where it did not answer.
fn answered(server: &Server) -> Vec<Option<u16>> {
    let requests = server.received().requests;
    assert!(requests.iter().all(|request| request.whole));
    requests.iter().map(Request::status).collect()
}

/// What is certain not to have been sent.
mod not_sent {
    use super::*;

    /// A server that ends connections before their TLS handshake, N times.
    fn closing(times: usize) -> Result<Server> {
        let mut scripts = vec![Script::bare([Step::Close]); times];
        scripts.push(accepting());
        Server::start(Transport::Http1Tls, scripts)
    }

    #[tokio::test]
    async fn is_tried_again_until_it_is_accepted() -> Result {
        let server = closing(2)?;
        let sent = message(&client(&server, Retry::default())?).await?;
        assert_eq!(sent.attempts(), 3);
        assert_eq!(server.received().connections, 3);
        assert_eq!(answered(&server), [Some(200)]);
        Ok(())
    }

    #[tokio::test]
    async fn is_tried_as_often_as_the_policy_says() -> Result {
        for (policy, attempts) in [
            (Retry::default(), 3),
            (Retry::not_sent().attempts(5), 5),
            (Retry::not_sent().attempts(1), 1),
            (Retry::not_sent().attempts(0), 1),
            (Retry::never(), 1),
        ] {
            let server = closing(10)?;
            let error = failure(message(&client(&server, policy.clone())?)).await?;
            assert_eq!(error.attempts(), attempts, "{policy:?}");
            assert_eq!(error.delivery(), Delivery::NotSent, "{policy:?}");
            let received = server.received();
            assert_eq!(received.connections, attempts as usize, "{policy:?}");
            assert_eq!(received.requests.len(), 0, "{policy:?}");
        }
        Ok(())
    }

    #[tokio::test]
    async fn is_tried_again_after_a_refused_stream() -> Result {
        let refuse = [Step::Head, Step::ResetStream(Reason::REFUSED_STREAM)];
        let accept = [
            Step::Message,
            Step::Send(Part::Whole, Answer::json(200, "{}")),
        ];
        let steps = [refuse.clone(), refuse, accept].concat();
        let server = Server::start(Transport::Http2, [Script::new(steps)])?;
        let sent = message(&client(&server, Retry::default())?).await?;
        assert_eq!(sent.attempts(), 3);
        let received = server.received();
        assert_eq!(received.requests.len(), 3);
        assert_eq!(received.whole().count(), 1);
        Ok(())
    }

    #[tokio::test]
    async fn is_tried_again_until_the_server_listens() -> Result {
        let (socket, address) = reserved_port()?;
        let often = with_short_delays(Retry::not_sent().attempts(1000));
        let client = client_builder(Transport::Http1, address)?.retry(often);
        let call = tokio::spawn(message(&client.build()?).into_future());
        tokio::time::sleep(SHORT * 10).await;
        assert!(!call.is_finished());
        let server = Server::on(socket, Transport::Http1, [accepting()])?;
        let sent = call.await??;
        assert!(sent.attempts() > 1, "{sent:?}");
        assert_eq!(answered(&server), [Some(200)]);
        Ok(())
    }
}

/// What may have been sent, or was refused.
mod everything_else {
    use super::*;

    #[tokio::test]
    async fn is_never_tried_again_by_default() -> Result {
        let answer = |status| answering(Answer::new(status).header("retry-after", "0"));
        let whole = Answer::json(200, "{}");
        for (name, script, status) in [
            ("302", answer(302), Some(302)),
            ("307", answer(307), Some(307)),
            ("400", answer(400), Some(400)),
            ("408", answer(408), Some(408)),
            ("425", answer(425), Some(425)),
            ("429", answer(429), Some(429)),
            ("500", answer(500), Some(500)),
            ("502", answer(502), Some(502)),
            ("503", answer(503), Some(503)),
            ("504", answer(504), Some(504)),
            ("no answer", Script::new([Step::Message, Step::Hang]), None),
            ("reset", Script::new([Step::Message, Step::Abort]), None),
            ("closed", Script::new([Step::Message, Step::Close]), None),
            (
                "cut",
                Script::new([
                    Step::Message,
                    Step::Send(Part::HalfHead, whole),
                    Step::Close,
                ]),
                None,
            ),
        ] {
            let server = server([script])?;
            let call = message(&client(&server, Retry::default())?);
            let call = if name == "no answer" {
                call.timeout(Duration::from_secs(1))
            } else {
                call
            };
            let error = failure(call).await?;
            assert_eq!(error.attempts(), 1, "{name}");
            assert_ne!(error.delivery(), Delivery::NotSent, "{name}");
            let error_status = error.status().map(|status| status.as_u16());
            assert_eq!(error_status, status, "{name}");
            let received = server.received();
            assert_eq!(received.connections, 1, "{name}");
            assert_eq!(received.whole().count(), 1, "{name}");
        }
        Ok(())
    }

    /// The one policy that sends twice.
    #[tokio::test]
    async fn is_tried_again_by_at_least_once() -> Result {
        let closing = Script::new([Step::Message, Step::Close]);
        let server = server([closing, answering(Answer::new(500)), accepting()])?;
        let sent = message(&client(&server, Retry::at_least_once())?).await?;
        assert_eq!(sent.attempts(), 3);
        assert_eq!(answered(&server), [None, Some(500), Some(200)]);
        Ok(())
    }

    #[tokio::test]
    async fn is_tried_again_where_the_policy_names_it() -> Result {
        let busy = || Retry::not_sent().when_too_many_requests();
        let down = || Retry::not_sent().when_unavailable();
        for (policy, status, again) in [
            (busy(), 429, true),
            (busy(), 503, false),
            (busy(), 500, false),
            (busy(), 400, false),
            (down(), 503, true),
            (down(), 429, false),
            (down(), 500, false),
            (down(), 504, false),
            (down().when_too_many_requests(), 429, true),
            (down().when_too_many_requests(), 503, true),
        ] {
            let server = server([answering(Answer::new(status)), accepting()])?;
            let outcome = message(&client(&server, policy.clone())?).await;
            let expected = if again {
                vec![Some(status), Some(200)]
            } else {
                vec![Some(status)]
            };
            assert_eq!(answered(&server), expected, "{policy:?} {status}");
            assert_eq!(outcome.is_ok(), again, "{policy:?} {status}");
            let attempts = match &outcome {
                Ok(sent) => sent.attempts(),
                Err(error) => error.attempts(),
            };
            assert_eq!(attempts as usize, expected.len(), "{policy:?} {status}");
        }
        Ok(())
    }
}

mod retry_after {
    use super::*;

    fn busy(retry_after: &str) -> Result<Server> {
        let refusal = Answer::new(429).header("retry-after", retry_after);
        server([answering(refusal), accepting()])
    }

    #[tokio::test]
    async fn in_seconds_is_waited_for() -> Result {
        let server = busy("1")?;
        let start = Instant::now();
        let policy = Retry::not_sent().when_too_many_requests();
        let sent = message(&client(&server, policy)?).await?;
        assert!(start.elapsed() >= Duration::from_secs(1));
        assert_eq!(sent.attempts(), 2);
        assert_eq!(answered(&server), [Some(429), Some(200)]);
        Ok(())
    }

    #[tokio::test]
    async fn as_a_date_is_waited_for() -> Result {
        // A date has whole seconds: this one is more than one second away.
        let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(2));
        let server = busy(&date)?;
        let policy = Retry::not_sent().when_too_many_requests();
        message(&client(&server, policy)?).await?;
        assert!(SystemTime::now() >= httpdate::parse_http_date(&date)?);
        assert_eq!(answered(&server), [Some(429), Some(200)]);
        Ok(())
    }

    #[tokio::test]
    async fn longer_than_the_policy_waits_ends_the_call() -> Result {
        let policy = Retry::not_sent().when_too_many_requests();
        for (seconds, policy) in [
            ("31", policy.clone()),
            ("2", policy.max_retry_after(Duration::from_secs(1))),
        ] {
            let server = busy(seconds)?;
            let error = failure(message(&client(&server, policy)?)).await?;
            assert_eq!(error.attempts(), 1);
            let asked = Duration::from_secs(seconds.parse()?);
            assert_eq!(error.retry_after(), Some(asked));
            assert_eq!(answered(&server), [Some(429)]);
        }
        Ok(())
    }

    #[tokio::test]
    async fn longer_than_the_call_may_take_ends_it_at_once() -> Result {
        let server = busy("20")?;
        let policy = Retry::not_sent().when_too_many_requests();
        let start = Instant::now();
        let call = message(&client(&server, policy)?).timeout(Duration::from_secs(19));
        let error = failure(call).await?;
        assert!(start.elapsed() < Duration::from_secs(15));
        assert_eq!(error.status(), Some(StatusCode::TOO_MANY_REQUESTS));
        assert_eq!(answered(&server), [Some(429)]);
        Ok(())
    }
}

mod time_limit {
    use super::*;

    const LIMIT: Duration = Duration::from_millis(500);

    /// For a machine that is busy. Far below what the tests would take without the limit.
    const SLACK: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn bounds_all_attempts_and_delays() -> Result {
        let server = server([answering(Answer::new(503))])?;
        let policy = Retry::not_sent().when_unavailable().attempts(100_000);
        let start = Instant::now();
        let error = failure(message(&client(&server, policy)?).timeout(LIMIT)).await?;
        assert!(start.elapsed() < LIMIT + SLACK);
        assert!(error.attempts() > 1, "{error}");
        // The last one may have run out of time before the server had it.
        let requests = server.received().requests.len();
        let attempts = error.attempts() as usize;
        assert!(
            requests == attempts || requests + 1 == attempts,
            "{requests} of {attempts}"
        );
        Ok(())
    }

    /// The second attempt gets what the first has left, not the whole limit again.
    #[tokio::test]
    async fn is_not_renewed_by_an_attempt() -> Result {
        let limit = Duration::from_secs(2);
        let pause = Duration::from_millis(1500);
        let slow = Script::new([
            Step::Message,
            Step::Pause(pause),
            Step::Send(Part::Whole, Answer::new(503).header("connection", "close")),
            Step::Close,
        ]);
        let server = server([slow, Script::new([Step::Message, Step::Hang])])?;
        let policy = Retry::not_sent().when_unavailable();
        let start = Instant::now();
        let error = failure(message(&client(&server, policy)?).timeout(limit)).await?;
        let took = start.elapsed();
        assert!(took >= limit, "{took:?}");
        assert!(took < pause + limit, "{took:?}");
        assert!(error.is_timeout(), "{error}");
        assert_eq!(error.attempts(), 2);
        assert_eq!(error.delivery(), Delivery::Unknown);
        Ok(())
    }

    #[tokio::test]
    async fn of_a_call_replaces_that_of_the_client() -> Result {
        let hangs = server([Script::new([Step::Message, Step::Hang])])?;
        let patient = hangs.client()?.retry(Retry::never()).timeout(LIMIT * 1000);
        let start = Instant::now();
        let error = failure(message(&patient.build()?).timeout(LIMIT)).await?;
        assert!(error.is_timeout(), "{error}");
        assert!(start.elapsed() < LIMIT + SLACK);

        let slow = server([Script::new([
            Step::Message,
            Step::Pause(LIMIT),
            Step::Send(Part::Whole, Answer::json(200, "{}")),
        ])])?;
        let hasty = slow.client()?.retry(Retry::never()).timeout(LIMIT / 10);
        message(&hasty.build()?).timeout(LIMIT * 20).await?;
        Ok(())
    }
}

#[tokio::test]
async fn the_policy_of_a_call_replaces_that_of_the_client() -> Result {
    let busy = || server([answering(Answer::new(429)), accepting()]);
    let again = || with_short_delays(Retry::not_sent().when_too_many_requests());

    let server = busy()?;
    let call = message(&client(&server, Retry::never())?).retry(again());
    assert_eq!(call.await?.attempts(), 2);
    assert_eq!(answered(&server), [Some(429), Some(200)]);

    let server = busy()?;
    let call = message(&client(&server, again())?).retry(Retry::never());
    assert_eq!(failure(call).await?.attempts(), 1);
    assert_eq!(answered(&server), [Some(429)]);
    Ok(())
}

/// An attempt that is certain not to have been sent says nothing about the ones before it.
#[tokio::test]
async fn one_attempt_with_an_unknown_outcome_makes_the_call_unknown() -> Result {
    let down = answering(Answer::new(503));
    for last in [Script::bare([Step::Close]), answering(Answer::new(400))] {
        let server = Server::start(Transport::Http1Tls, [down.clone(), last])?;
        let policy = Retry::not_sent().when_unavailable().attempts(2);
        let error = failure(message(&client(&server, policy)?)).await?;
        assert_eq!(error.attempts(), 2);
        assert_eq!(error.delivery(), Delivery::Unknown, "{error}");
    }
    Ok(())
}
