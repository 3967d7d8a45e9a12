//! The generated client and its types.

use acquire_io_api::{builder, types};
use http::header::AUTHORIZATION;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;

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
