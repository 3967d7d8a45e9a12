//! Whatever becomes of a call: neither its message nor its answer is printed or logged.

use acquire_io_tests::fault::reserved_port;

use super::*;

/// Statuses and bodies. Where an error repeats content, it is `content`, of the request.
fn answers(typed: &str, content: &[&str]) -> Result<Vec<(u16, String)>> {
    let typed = with_texts(documents::json(typed)?, ANSWER);
    // A server may repeat the key as well.
    let echo = [content, &[KEY]].concat().join(" or ");
    let message = format!("can't send {echo}");
    let envelope =
        json!({"error": {"code": "CODE", "message": message, "data": ANSWER}, "more": [ANSWER]});
    let mut answers = vec![
        (200, typed.to_string()),
        (
            200,
            json!({"data": {"id": ANSWER, "message": echo}}).to_string(),
        ),
        (200, json!({"data": {ANSWER: ANSWER}}).to_string()),
        (200, json!([ANSWER, echo]).to_string()),
        (200, format!("{{\"data\": {{\"message\": \"{ANSWER}")),
        (201, format!("<html><title>{message}</title>{ANSWER}")),
    ];
    for status in [200, 302, 400, 401, 429, 500, 503] {
        answers.push((status, envelope.to_string()));
    }
    for status in [302, 400, 500] {
        answers.extend([
            (
                status,
                json!({"error": message, "more": ANSWER}).to_string(),
            ),
            (status, json!({"message": message}).to_string()),
            (status, json!({"reason": ANSWER, "sent": echo}).to_string()),
            (
                status,
                format!("<html><head><title>{message}</title></head>{ANSWER}"),
            ),
            (status, message.clone()),
            (status, format!("{{\"sent\": \"{message}")),
        ]);
    }
    Ok(answers)
}

async fn drive(
    printed: &mut Printed,
    typed: &str,
    content: &[&str],
    message: impl Into<Message>,
) -> Result {
    let message = message.into();
    for (status, body) in answers(typed, content)? {
        for transport in [Transport::Http1, Transport::Http2] {
            let from = format!("{transport:?}, {status} {body}");
            let answer = fault::Answer::new(status)
                .header("set-cookie", ANSWER)
                .header("location", format!("/{ANSWER}"))
                .body(body.clone());
            let script = Script::new([Step::Message, Step::Send(Part::Whole, answer)]);
            let server = Server::start(transport, [script])?;
            let client = client(&server.base_url(), transport.is_http2())?;
            let outgoing = client.send(&message);
            printed.debug(&from, &client);
            printed.debug(&from, &outgoing);
            printed.debug(&from, &message);
            // What is asked for by name holds the canaries: they did come back, and would be found.
            let asked = match outgoing.await {
                Ok(sent) => {
                    print_sent(printed, &from, &sent);
                    sent.body().clone()
                }
                Err(error) => {
                    printed.error(&from, &error);
                    printed.debug(&from, &error.delivery());
                    error.body().ok_or("an answer has a body")?.clone()
                }
            };
            assert_eq!(asked, body, "{from}");
            assert!(!leaks(&body, CANARIES).is_empty(), "{from}");
            let arrived = &server.received().requests[0].body;
            let arrived = String::from_utf8_lossy(arrived);
            assert_eq!(leaks(&arrived, CANARIES).len(), content.len(), "{arrived}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn no_answer_makes_content_come_out() -> Result {
    let recorder = Recorder::of_process()?;
    let mut printed = Printed::default();
    drive(
        &mut printed,
        "sendChatMessage.response.2021-03-30",
        &[TEXT, MENTION, META_KEY, META_VALUE, ADDITION],
        chat().json("/addition", ADDITION),
    )
    .await?;
    drive(
        &mut printed,
        "sendMailMessage.response.2021-04-02",
        &[
            FROM, TO, COPY, BLIND_COPY, SUBJECT, HTML, TEXT, ATTACHMENT, ADDITION,
        ],
        mail().json("/addition", ADDITION),
    )
    .await?;
    drive(
        &mut printed,
        "sendSms.response.2021-04-02",
        &[FROM_NUMBER, TO_NUMBER, TEXT, TITLE, ADDITION],
        sms().json("/addition", ADDITION),
    )
    .await?;
    printed.assert_clean();
    assert_nothing_traced(recorder);

    // All levels of all crates were recorded.
    for target in ["acquire_io::trace", "h2::", "reqwest::", "hyper_util::"] {
        let records = recorder.records();
        let of_target =
            |record: &&acquire_io_tests::canary::Record| record.target.starts_with(target);
        assert!(records.iter().filter(of_target).count() > 10, "{target}");
    }
    Ok(())
}

#[tokio::test]
async fn no_failure_without_an_answer_makes_content_come_out() -> Result {
    let recorder = Recorder::of_process()?;
    let server = |steps: Vec<Step>| Server::start(Transport::Http1, [Script::new(steps)]);
    let says = |text: String| {
        server(vec![
            Step::Message,
            Step::Bytes(text.into_bytes()),
            Step::Fin,
        ])
    };
    let closes = server(vec![Step::Message, Step::Fin])?;
    let not_http = says(format!("{ANSWER} {ANSWER}\r\n{ANSWER}"))?;
    let bad_header = says(format!("HTTP/1.1 200 \r\n{ANSWER}\x01: 1\r\n\r\n"))?;
    let silent = server(vec![Step::Hang])?;
    let (_port, nobody) = reserved_port()?;
    let no_tls = server(vec![Step::Arrival, Step::Close])?;

    let mut printed = Printed::default();
    for (from, base_url) in [
        ("closed", closes.base_url()),
        ("not HTTP", not_http.base_url()),
        ("bad header", bad_header.base_url()),
        ("silent", silent.base_url()),
        ("refused", format!("http://{nobody}")),
        ("no TLS", no_tls.base_url().replace("http:", "https:")),
    ] {
        for http2 in [false, true] {
            let client = client(&base_url, http2)?;
            printed.error(from, &failure(client.send(chat()).timeout(SHORT)).await?);
            printed.error(from, &failure(client.send(mail()).timeout(SHORT)).await?);
            printed.error(from, &failure(client.send(sms()).timeout(SHORT)).await?);
        }
    }
    printed.assert_clean();
    assert_nothing_traced(recorder);
    Ok(())
}

#[tokio::test]
async fn the_sandbox_prints_no_content() -> Result {
    let recorder = Recorder::of_process()?;
    let sandbox = Sandbox::builder().api_key(KEY).start().await?;
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .api_key(sandbox.api_key())
        .build()?;
    let mut printed = Printed::default();
    // The first is accepted. The others are refused, for what they name isn't the account's.
    let to_a_case = Chat::new(CaseId(28)).text(TEXT).mention(MENTION);
    print_sent(&mut printed, "chat", &client.send(to_a_case).await?);
    printed.error("mail", &failure(client.send(mail())).await?);
    printed.error("sms", &failure(client.send(sms())).await?);
    let received = sandbox.received();
    assert_eq!(received.len(), 3);
    for request in &received {
        assert!(!leaks(&String::from_utf8_lossy(&request.body), CANARIES).is_empty());
        printed.debug("received", request);
    }
    printed.debug("received", &received);
    printed.assert_clean();
    assert_nothing_traced(recorder);
    Ok(())
}
