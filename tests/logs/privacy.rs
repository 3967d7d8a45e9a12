//! Canary values go through every public type, error, span and log record, and must not come out.

use std::collections::BTreeSet;
use std::error::Error as StdError;
use std::fmt::{Debug, Display};
use std::time::Duration;

use acquire_io::{
    CaseId, Channel, Chat, Client, ContactId, DecodeError, Delivery, Error, Mail, Message,
    Outgoing, Retry, Sent, Sms, TimelineId,
};
use acquire_io_api::{builder, types};
use acquire_io_sandbox::Sandbox;
use acquire_io_tests::canary::{Recorder, leaks};
use acquire_io_tests::fault::{self, Part, Script, Server, Step, Transport, reserved_port};
use acquire_io_tests::{Result, documents};
use http::header::AUTHORIZATION;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const KEY: &str = "canarykey5f2c";
const TEXT: &str = "canarytext8b1d";
const HTML: &str = "canaryhtml77e0";
const SUBJECT: &str = "canarysubject1c9a";
const TITLE: &str = "canarytitle63bb";
const FROM: &str = "canaryfrom4d2e@example.com";
const TO: &str = "canaryto90af@example.com";
const COPY: &str = "canarycopy2b7c@example.com";
const BLIND_COPY: &str = "canaryblind8e31@example.com";
const FROM_NUMBER: &str = "+15550104477";
const TO_NUMBER: &str = "+919666929552";
const META_KEY: &str = "canarymetakey3a5d";
const META_VALUE: &str = "canarymetavalue0d6f";
const MENTION: &str = "canarymention71c4";
const ADDITION: &str = "canaryaddition9e2b";
const ATTACHMENT: &str = "canaryattachment5c88";
/// In answers only.
const ANSWER: &str = "canaryanswer46da";

/// What of each value must not be found.
const CANARIES: &[&str] = &[
    KEY,
    TEXT,
    HTML,
    SUBJECT,
    TITLE,
    "canaryfrom4d2e",
    "canaryto90af",
    "canarycopy2b7c",
    "canaryblind8e31",
    "15550104477",
    "919666929552",
    META_KEY,
    META_VALUE,
    MENTION,
    ADDITION,
    ATTACHMENT,
    ANSWER,
];

/// For calls that are never answered.
const SHORT: Duration = Duration::from_millis(100);

/// Everything that was printed, by where it comes from.
#[derive(Default)]
struct Printed(Vec<(String, String)>);

impl Printed {
    fn debug(&mut self, from: &str, value: &dyn Debug) {
        self.0.push((from.to_owned(), format!("{value:?}")));
        self.0.push((from.to_owned(), format!("{value:#?}")));
    }

    fn display(&mut self, from: &str, value: &dyn Display) {
        self.0.push((from.to_owned(), format!("{value}")));
        self.0.push((from.to_owned(), format!("{value:#}")));
    }

    /// The error and its sources.
    fn error(&mut self, from: &str, error: &(dyn StdError + 'static)) {
        for (depth, error) in
            std::iter::successors(Some(error), |error| (*error).source()).enumerate()
        {
            let from = format!("{from}, source {depth}");
            self.debug(&from, &error);
            self.display(&from, &error);
        }
    }

    fn assert_clean(&self) {
        assert!(!self.0.is_empty());
        let found: BTreeSet<_> = self
            .0
            .iter()
            .filter(|(_, text)| !leaks(text, CANARIES).is_empty())
            .map(|(from, text)| format!("{text}\n    printed by: {from}"))
            .collect();
        assert!(found.is_empty(), "{found:#?}");
    }
}

fn assert_nothing_traced(recorder: &Recorder) {
    let records = recorder.records();
    let all: String = records.iter().map(|record| record.text.as_str()).collect();
    if leaks(&all, CANARIES).is_empty() {
        // Most often so, and much faster than one by one.
        return;
    }
    let leaked: Vec<_> = records
        .into_iter()
        .filter(|record| !leaks(&record.text, CANARIES).is_empty())
        .map(|record| format!("{}: {}", record.target, record.text))
        .collect();
    assert!(leaked.is_empty(), "{}", leaked.join("\n"));
}

fn client(base_url: &str, http2: bool) -> Result<Client> {
    let mut builder = Client::builder()
        .api_key(KEY)
        .base_url(base_url)
        .retry(Retry::never());
    if http2 {
        builder = builder.configure_http(reqwest::ClientBuilder::http2_prior_knowledge);
    }
    Ok(builder.build()?)
}

fn chat() -> Chat {
    Chat::new(CaseId(1))
        .text(TEXT)
        .mention(MENTION)
        .meta(json!({META_KEY: META_VALUE}))
}

fn mail() -> Mail {
    Mail::new(CaseId(1), ContactId(2))
        .from(FROM)
        .to(TO)
        .cc(COPY)
        .bcc(BLIND_COPY)
        .subject(SUBJECT)
        .html(HTML)
        .text(TEXT)
        .attachment(ATTACHMENT)
}

fn sms() -> Sms {
    Sms::new(CaseId(1), ContactId(2), TimelineId(3))
        .from(FROM_NUMBER)
        .to(TO_NUMBER)
        .text(TEXT)
        .title(TITLE)
}

/// With every text replaced.
fn with_texts(document: Value, text: &str) -> Value {
    match document {
        Value::String(_) => text.into(),
        Value::Array(items) => items
            .into_iter()
            .map(|item| with_texts(item, text))
            .collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(key, value)| (key, with_texts(value, text)))
            .collect(),
        scalar => scalar,
    }
}

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

fn print_sent(printed: &mut Printed, from: &str, sent: &Sent) {
    printed.debug(from, sent);
    printed.debug(from, &sent.receipt());
    match sent.channel() {
        Channel::Chat => print_decoded(printed, from, sent.chat()),
        Channel::Mail => print_decoded(printed, from, sent.mail()),
        Channel::Sms => print_decoded(printed, from, sent.sms()),
    }
    if let Ok(json) = sent.json() {
        printed.debug(from, &json);
    }
}

fn print_decoded(
    printed: &mut Printed,
    from: &str,
    decoded: std::result::Result<impl Debug, DecodeError>,
) {
    match decoded {
        Ok(decoded) => printed.debug(from, &decoded),
        Err(error) => printed.error(from, &error),
    }
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

async fn failure(outgoing: Outgoing) -> Result<Error> {
    outgoing.await.err().ok_or_else(|| "accepted".into())
}

/// Each is wrong and would be named by a careless error.
#[tokio::test]
async fn no_rejected_input_comes_out() -> Result {
    let recorder = Recorder::of_process()?;
    let sandbox = Sandbox::start().await?;
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .api_key(sandbox.api_key())
        .build()?;
    let mut failures = Vec::new();
    for wrong in [
        TEXT.to_owned(),
        format!("{TEXT}@"),
        format!("@{TEXT}"),
        format!("{TEXT}@-{TEXT}"),
        format!("{TEXT}@{TEXT}..com"),
        format!("{TEXT} <{FROM}>"),
        format!("{TEXT}\u{e9} {FROM}"),
        TEXT.repeat(20) + "@example.com",
        FROM_NUMBER.repeat(2),
    ] {
        failures.extend([
            failure(client.send(mail().from(&wrong))).await?,
            failure(client.send(mail().to(&wrong))).await?,
            failure(client.send(mail().cc(&wrong))).await?,
            failure(client.send(mail().bcc(&wrong))).await?,
            failure(client.send(sms().from(&wrong))).await?,
            failure(client.send(sms().to(&wrong))).await?,
            failure(client.send(chat().translate_lang_key(&wrong))).await?,
        ]);
    }
    failures.push(failure(client.send(chat().json("/nowhere/x", ADDITION))).await?);
    failures.push(failure(client.send(chat().json("/message/message/x", ADDITION))).await?);
    let mut printed = Printed::default();
    for error in &failures {
        assert!(error.is_input(), "{error}");
        printed.error("input", error);
    }
    assert_eq!(sandbox.received().len(), 0);
    printed.assert_clean();
    assert_nothing_traced(recorder);
    Ok(())
}

#[test]
fn no_setting_comes_out() -> Result {
    let recorder = Recorder::of_process()?;
    let mut printed = Printed::default();
    let good = || Client::builder().account_id("acme").api_key(KEY);
    printed.debug("builder", &good());
    printed.debug("client", &good().user_agent(TEXT).build()?);
    let with_password = format!("http://user:{KEY}@127.0.0.1:1");
    let wrong = [
        good().api_key(format!("{KEY}\n")),
        good().api_key(format!(" {KEY}")),
        good().account_id(format!("{KEY}.")),
        good().account_id(format!("{KEY}/")),
        good().account_id(KEY.repeat(9)),
        good().base_url(&with_password),
        good().base_url(format!("http://{KEY}")),
        good().base_url(format!("{KEY}://127.0.0.1")),
        good().base_url(format!("http://127.0.0.1/{KEY}")),
        good().base_url(KEY),
        good().user_agent(format!("{TEXT}\n")),
        good().proxy(format!("http://{KEY}:{KEY}@:x")),
        good().root_certificates_pem(KEY),
        good().root_certificates_pem(format!(
            "-----BEGIN CERTIFICATE-----\n{KEY}\n-----END CERTIFICATE-----\n"
        )),
    ];
    for builder in wrong {
        printed.debug("builder", &builder);
        let error = builder.build().err().ok_or("built")?;
        printed.error("setting", &error);
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

/// The type as decoded from `json`, and its builder.
fn print_type<T, B>(printed: &mut Printed, json: &Value) -> Result
where
    T: DeserializeOwned + Serialize + Debug + Clone + Into<B>,
    B: Debug,
{
    let name = std::any::type_name::<T>();
    let value: T =
        serde_json::from_value(json.clone()).map_err(|error| format!("{name}: {error}"))?;
    // Not lost in decoding, so it could have been printed.
    let kept = serde_json::to_string(&value)?;
    assert!(!leaks(&kept, CANARIES).is_empty(), "{name}: {kept}");
    printed.debug(name, &value);
    printed.debug(name, &Some(vec![value.clone()]));
    printed.debug(name, &Into::<B>::into(value));
    Ok(())
}

#[test]
fn no_generated_type_prints_content() -> Result {
    let document = |name: &str| documents::json(name).map(|json| with_texts(json, ANSWER));
    let chat = document("sendChatMessage.response.2021-03-30")?;
    let mail = document("sendMailMessage.response.2021-04-02")?;
    let sms = document("sendSms.response.2021-04-02")?;
    // The types of requests have closed enumerations.
    let new_chat = json!({"type": "message", "message": TEXT, "translateLangKey": TEXT});
    let chat_request = json!({
        "caseId": 1, "channel": TEXT, "mentionUsers": [MENTION], "meta": {META_KEY: META_VALUE},
        "message": new_chat,
    });
    let new_mail = json!({
        "caseId": 1, "contactId": 2, "type": "message", "from": FROM, "to": [TO], "cc": [COPY],
        "bcc": [BLIND_COPY], "subject": SUBJECT, "htmlBody": HTML, "textBody": TEXT,
        "attachments": [ATTACHMENT],
    });
    let sms_request = json!({
        "Body": TEXT, "From": FROM_NUMBER, "To": TO_NUMBER, "contactId": 2, "threadId": 1,
        "timelineId": 3, "title": TITLE, "markValue": HTML, "message": TEXT, "sms": TEXT,
    });
    let error = json!({"code": ANSWER, "message": ANSWER, "data": ANSWER});

    let mut printed = Printed::default();
    let mut printed_types = BTreeSet::new();
    macro_rules! print_types {
        ($($name:ident: $json:expr,)*) => {$(
            print_type::<types::$name, types::builder::$name>(&mut printed, $json)?;
            printed_types.insert(stringify!($name).to_owned());
        )*};
    }
    print_types! {
        ChatMessageRequest: &chat_request,
        NewChatMessage: &new_chat,
        MailMessageRequest: &json!({"data": new_mail}),
        NewMailMessage: &new_mail,
        SmsRequest: &sms_request,
        ChatMessageResponse: &chat,
        MailMessageResponse: &mail,
        SmsResponse: &sms,
        Message: &chat["data"],
        MailMessage: &mail["data"],
        MailAddress: &mail["data"]["from"],
        SmsResult: &sms["data"],
        Sms: &sms["data"]["data"],
        CarrierRecord: &sms["data"]["data"]["meta"],
        Case: &chat["data"]["case"],
        Contact: &chat["data"]["case"]["contact"],
        Participant: &chat["data"]["case"]["users"][0],
        User: &chat["data"]["sender"],
        Timeline: &sms["data"]["timeline"],
        ApiError: &json!({"error": error}),
        ApiErrorDetail: &error,
    }
    printed.assert_clean();

    // Every type that the document has as an object. The others are numbers, points in time,
    // enumerations of requests, and `RawJson`.
    let document = documents::openapi()?;
    let objects = document["components"]["schemas"]
        .as_object()
        .ok_or("schemas")?
        .iter()
        .filter(|(_, schema)| schema["type"] == "object")
        .map(|(name, _)| name.clone())
        .collect::<BTreeSet<_>>();
    assert_eq!(printed_types, objects);

    let mut printed = Printed::default();
    let raw = acquire_io_api::RawJson::from_value(&json!({ANSWER: TEXT}))?;
    assert_eq!(leaks(raw.get(), CANARIES), [TEXT, ANSWER]);
    printed.debug("RawJson", &raw);
    printed.error(
        "RawJson",
        &raw.parse::<i64>().err().ok_or("an object is no number")?,
    );
    let unknown = types::ChatMessageType::try_from(TEXT)
        .err()
        .ok_or("no such type")?;
    printed.error("ConversionError", &unknown);
    let unknown = types::UserType::try_from(TEXT)
        .err()
        .ok_or("no such type")?;
    printed.error("ConversionError", &unknown);
    printed.assert_clean();
    Ok(())
}

#[tokio::test]
async fn the_generated_client_prints_no_content() -> Result {
    let recorder = Recorder::of_process()?;
    let mut printed = Printed::default();
    for body in [
        with_texts(documents::json("sendChatMessage.response.newest")?, ANSWER).to_string(),
        format!("{ANSWER} {TEXT}"),
    ] {
        let server = Server::answering(fault::Answer::json(200, body))?;
        let mut authorization = http::HeaderValue::try_from(format!("Bearer {KEY}"))?;
        authorization.set_sensitive(true);
        let headers = http::HeaderMap::from_iter([(AUTHORIZATION, authorization)]);
        let http = reqwest::Client::builder()
            .no_proxy()
            .default_headers(headers)
            .build()?;
        let client = acquire_io_api::Client::new_with_client(&server.base_url(), http);
        printed.debug("client", &client);
        let message = types::NewChatMessage::builder()
            .type_(types::ChatMessageType::Message)
            .message(TEXT);
        let request = types::ChatMessageRequest::builder()
            .case_id(CaseId(1))
            .message(message);
        printed.debug("request", &request);
        let call: builder::SendChatMessage<'_> = client.send_chat_message().body(request);
        printed.debug("call", &call);
        printed.debug("call", &client.send_mail_message());
        printed.debug("call", &client.send_sms());
        if let Ok(answer) = call.send().await {
            printed.debug("answer", &answer);
        }
        assert_eq!(server.received().whole().count(), 1);
    }
    printed.assert_clean();
    assert_nothing_traced(recorder);
    Ok(())
}

/// What is asked for by name is there. And the detector would find it.
#[tokio::test]
async fn what_is_asked_for_by_name_is_told() -> Result {
    let body = json!({"error": {"code": "CODE", "message": format!("no {TEXT}")}}).to_string();
    let server = Server::answering(fault::Answer::json(400, body))?;
    let client = Client::builder()
        .api_key(KEY)
        .base_url(server.base_url())
        .build()?;
    let error = failure(client.send(chat())).await?;
    assert_eq!(error.delivery(), Delivery::Refused);
    let message = error.server_message().ok_or("no message")?;
    let body = String::from_utf8_lossy(error.body().ok_or("no body")?);
    let mut printed = Printed::default();
    printed.display("server_message", &message);
    printed.display("body", &body);
    for (from, text) in printed.0 {
        assert_eq!(leaks(&text, CANARIES), [TEXT], "{from}");
    }
    Ok(())
}
