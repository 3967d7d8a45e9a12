//! Typed mocks match the right requests, and answers arrive unchanged.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use acquire_io::{
    CaseId, Chat, ContactId, Delivery, Mail, Sent, Sms, TimelineId, UserTypeParameter,
};
use acquire_io_api::OPENAPI_JSON;
use acquire_io_mock::operations::{SendChatMessageWhen, SendMailMessageWhen, SendSmsWhen};
use acquire_io_mock::types::{
    ApiError, ChatMessageRequest, ChatMessageResponse, MailMessageRequest, MailMessageResponse,
    SmsRequest, SmsResponse, UserType,
};
use acquire_io_mock::{
    MockServer, MockServerExt, api_error, client, documented, documented_answers, documented_errors,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn chat() -> Chat {
    Chat::new(CaseId(2069)).text("Hey")
}

fn mail() -> Mail {
    let mail = Mail::new(CaseId(575), ContactId(597632));
    let mail = mail.from("user@acquire.io").to("test@gmail.com");
    mail.subject("test").html("<p>Hi</p>")
}

fn sms() -> Sms {
    let sms = Sms::new(CaseId(2219), ContactId(751069), TimelineId(2108));
    sms.from("+12513188609").to("+919666929552").text("hi")
}

fn typed<T: DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).unwrap()
}

fn json_of(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

/// Whether the mock of an operation takes a message. If not, the message is refused by a 404.
macro_rules! is_taken {
    ($operation:ident answers $name:literal, $when:ident: $expectation:expr, $message:expr) => {{
        let server = MockServer::start_async().await;
        let mock = server.$operation(|$when, then| {
            let _ = $expectation;
            then.documented(documented($name).unwrap());
        });
        let acquire = client(&server).build().unwrap();
        let taken = match acquire.send($message).await {
            Ok(_) => true,
            Err(error) => {
                assert_eq!(error.status().map(|status| status.as_u16()), Some(404));
                false
            }
        };
        mock.assert_calls(usize::from(taken));
        taken
    }};
}

async fn chat_is_taken(
    expectation: impl FnOnce(SendChatMessageWhen) -> SendChatMessageWhen,
    message: impl FnOnce(Chat) -> Chat,
) -> bool {
    is_taken!(send_chat_message answers "sendChatMessage.response.newest", when: expectation(when), message(chat()))
}

async fn mail_is_taken(
    expectation: impl FnOnce(SendMailMessageWhen) -> SendMailMessageWhen,
    message: impl FnOnce(Mail) -> Mail,
) -> bool {
    is_taken!(send_mail_message answers "sendMailMessage.response.newest", when: expectation(when), message(mail()))
}

async fn sms_is_taken(
    expectation: impl FnOnce(SendSmsWhen) -> SendSmsWhen,
    message: impl FnOnce(Sms) -> Sms,
) -> bool {
    is_taken!(send_sms answers "sendSms.response.2021-04-02", when: expectation(when), message(sms()))
}

#[tokio::test]
async fn a_chat_message_is_matched_by_its_body() {
    let body: ChatMessageRequest =
        typed(json!({"caseId": 2069, "message": {"type": "message", "message": "Hey"}}));
    assert!(chat_is_taken(|when| when.body(&body), |chat| chat).await);
    assert!(!chat_is_taken(|when| when.body(&body), |chat| chat.text("Hi")).await);
    assert!(!chat_is_taken(|when| when.body(&body), |chat| chat.note("Hey")).await);
    assert!(!chat_is_taken(|when| when.body(&body), |chat| chat.delay(1)).await);

    let server = MockServer::start_async().await;
    let mock = server.send_chat_message(|when, _| {
        when.body(&body);
    });
    let acquire = client(&server).build().unwrap();
    let other = acquire.send(Chat::new(CaseId(2070)).text("Hey")).await;
    assert_eq!(other.unwrap_err().delivery(), Delivery::Refused);
    // Another operation.
    assert!(acquire.send(sms()).await.is_err());
    mock.assert_calls(0);
}

#[tokio::test]
async fn a_chat_message_is_matched_by_each_parameter() {
    let user = |when: SendChatMessageWhen| when.x_user_type(UserType::User);
    assert!(chat_is_taken(user, Chat::as_agent).await);
    assert!(!chat_is_taken(user, |chat| chat.as_contact()).await);
    assert!(!chat_is_taken(user, |chat| chat).await);
    assert!(chat_is_taken(|when| when, Chat::as_agent).await);
    let no_user = |when: SendChatMessageWhen| when.x_user_type(None);
    assert!(chat_is_taken(no_user, |chat| chat).await);
    assert!(!chat_is_taken(no_user, Chat::as_agent).await);

    let contact = |when: SendChatMessageWhen| when.contact_id(&ContactId(28));
    assert!(chat_is_taken(contact, |chat| chat.contact(ContactId(28))).await);
    assert!(!chat_is_taken(contact, |chat| chat.contact(ContactId(29))).await);
    assert!(!chat_is_taken(contact, |chat| chat).await);
    let no_contact = |when: SendChatMessageWhen| when.contact_id(None);
    assert!(chat_is_taken(no_contact, |chat| chat).await);
    assert!(!chat_is_taken(no_contact, |chat| chat.contact(ContactId(28))).await);
}

/// The generator can't distinguish `-x-user-type` and `x-user-type`: xtask restores the name on the wire.
#[tokio::test]
async fn the_older_spelling_is_a_separate_parameter() {
    let older = |when: SendChatMessageWhen| when.older_user_type(UserType::User);
    let no_older = |when: SendChatMessageWhen| when.older_user_type(None);
    assert!(!chat_is_taken(older, Chat::as_agent).await);
    assert!(chat_is_taken(no_older, Chat::as_agent).await);

    let server = MockServer::start_async().await;
    let mock = server.send_chat_message(|when, then| {
        when.older_user_type(UserType::User).x_user_type(None);
        then.documented(documented("sendChatMessage.response.newest").unwrap());
    });
    let acquire = client(&server).user_type_parameter(UserTypeParameter::Older);
    let acquire = acquire.build().unwrap();
    acquire.send(chat().as_agent()).await.unwrap();
    assert!(acquire.send(chat().as_contact()).await.is_err());
    mock.assert_calls(1);
}

#[tokio::test]
async fn a_mail_is_matched_by_its_body() {
    let body: MailMessageRequest = typed(json!({"data": {
        "caseId": 575, "contactId": 597632, "type": "message", "from": "user@acquire.io",
        "to": ["test@gmail.com"], "cc": [], "bcc": [], "subject": "test", "htmlBody": "<p>Hi</p>",
        "attachments": []
    }}));
    assert!(mail_is_taken(|when| when.body(&body), |mail| mail).await);
    assert!(!mail_is_taken(|when| when.body(&body), |mail| mail.html("Hi")).await);
    assert!(!mail_is_taken(|when| when.body(&body), |mail| mail.cc("user@acquire.io")).await);
}

#[tokio::test]
async fn an_sms_is_matched_by_its_body_and_parameter() {
    let body: SmsRequest = typed(json!({
        "id": 2219, "threadId": 2219, "contactId": 751069, "timelineId": 2108, "From": "+12513188609",
        "To": "+919666929552", "Body": "hi", "message": "hi", "sms": "hi", "markValue": "<p>hi</p>",
        "msgType": "message", "isClosed": false, "isMultiChannel": false
    }));
    assert!(sms_is_taken(|when| when.body(&body), |sms| sms).await);
    assert!(!sms_is_taken(|when| when.body(&body), |sms| sms.text("ho")).await);
    assert!(!sms_is_taken(|when| when.body(&body), |sms| sms.title("A title")).await);

    let contact = |when: SendSmsWhen| when.body(&body).x_user_type(UserType::Contact);
    assert!(sms_is_taken(contact, Sms::as_contact).await);
    assert!(!sms_is_taken(contact, Sms::as_agent).await);
    let none = |when: SendSmsWhen| when.x_user_type(None);
    assert!(sms_is_taken(none, |sms| sms).await);
    assert!(!sms_is_taken(none, Sms::as_contact).await);
}

#[tokio::test]
async fn a_message_is_matched_as_the_client_has_it() {
    let agent = chat().as_agent();
    assert!(chat_is_taken(|when| when.message(&agent), Chat::as_agent).await);
    assert!(!chat_is_taken(|when| when.message(&agent), |chat| chat).await);
    assert!(!chat_is_taken(|when| when.message(&agent), |chat| chat.as_contact()).await);
    assert!(
        !chat_is_taken(
            |when| when.message(&agent),
            |chat| chat.text("Hi").as_agent()
        )
        .await
    );
    assert!(chat_is_taken(|when| when.message(&chat()), |chat| chat).await);
    assert!(!chat_is_taken(|when| when.message(&chat()), Chat::as_agent).await);
    let contact = chat().as_contact().contact(ContactId(28));
    let of = |id| move |chat: Chat| chat.as_contact().contact(ContactId(id));
    assert!(chat_is_taken(|when| when.message(&contact), of(28)).await);
    assert!(!chat_is_taken(|when| when.message(&contact), of(29)).await);
    assert!(!chat_is_taken(|when| when.message(&contact), |chat| chat.as_contact()).await);
    let more = chat().json("/message/priority", 7);
    assert!(
        chat_is_taken(
            |when| when.message(&more),
            |chat| chat.json("/message/priority", 7)
        )
        .await
    );
    assert!(!chat_is_taken(|when| when.message(&more), |chat| chat).await);

    assert!(mail_is_taken(|when| when.message(&mail()), |mail| mail).await);
    assert!(
        !mail_is_taken(
            |when| when.message(&mail()),
            |mail| mail.cc("user@acquire.io")
        )
        .await
    );
    assert!(sms_is_taken(|when| when.message(&sms()), |sms| sms).await);
    assert!(!sms_is_taken(|when| when.message(&sms()), Sms::as_agent).await);

    // It is never sent.
    let empty = chat().text("");
    assert!(!chat_is_taken(|when| when.message(&empty), |chat| chat).await);
}

/// Whichever the client has.
#[tokio::test]
async fn a_message_is_matched_in_both_spellings() {
    for spelling in [UserTypeParameter::Newest, UserTypeParameter::Older] {
        let server = MockServer::start_async().await;
        let mock = server.send_chat_message(|when, then| {
            when.message(&chat().as_agent());
            then.documented(documented("sendChatMessage.response.newest").unwrap());
        });
        let acquire = client(&server).user_type_parameter(spelling);
        acquire
            .build()
            .unwrap()
            .send(chat().as_agent())
            .await
            .unwrap();
        mock.assert_calls(1);
    }
}

/// Served as text and as a type, each documented answer arrives whole.
macro_rules! answers_arrive {
    ($operation:ident: $id:literal as $answer:ty, $message:ident, $typed:path) => {{
        for answer in documented_answers($id).unwrap() {
            let value: $answer = answer.parse().unwrap();
            let server = MockServer::start_async().await;
            let acquire = client(&server).build().unwrap();
            let mock = server.$operation(|_, then| {
                then.documented(answer);
            });
            let sent = acquire.send($message()).await.unwrap();
            mock.assert_calls(1);
            assert_eq!(sent.status().as_u16(), answer.status());
            assert_eq!(sent.headers()["content-type"], "application/json");
            assert_eq!(sent.body(), answer.json());
            assert_eq!(
                json_of(&$typed(&sent).unwrap()),
                json_of(&value),
                "{answer:?}"
            );
            let whole: Value = serde_json::from_str(answer.json()).unwrap();
            assert_eq!(
                without_null(json_of(&value)),
                without_null(whole),
                "{answer:?}"
            );

            mock.delete_async().await;
            let mock = server.$operation(|_, then| {
                then.ok(&value);
            });
            let sent = acquire.send($message()).await.unwrap();
            mock.assert_calls(1);
            assert_eq!(
                json_of(&$typed(&sent).unwrap()),
                json_of(&value),
                "{answer:?}"
            );
        }
    }};
}

/// A type leaves out what is null.
fn without_null(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, member)| !member.is_null());
            members
                .map(|(key, member)| (key, without_null(member)))
                .collect()
        }
        Value::Array(items) => items.into_iter().map(without_null).collect(),
        scalar => scalar,
    }
}

#[tokio::test]
async fn documented_answers_arrive() {
    answers_arrive!(send_chat_message: "sendChatMessage" as ChatMessageResponse, chat, Sent::chat);
    answers_arrive!(send_mail_message: "sendMailMessage" as MailMessageResponse, mail, Sent::mail);
    answers_arrive!(send_sms: "sendSms" as SmsResponse, sms, Sent::sms);
}

macro_rules! errors_arrive {
    ($operation:ident, $message:ident) => {{
        for documented in documented_errors() {
            let value: ApiError = documented.parse().unwrap();
            let detail = value.error.as_ref().unwrap();
            let (code, text) = (detail.code.as_deref(), detail.message.as_ref().unwrap());
            let status = documented.status();
            let server = MockServer::start_async().await;
            let acquire = client(&server).build().unwrap();
            for form in ["documented", "typed", "built"] {
                let mock = server.$operation(|_, then| {
                    let _ = match (form, status) {
                        ("documented", _) => then.documented(documented),
                        ("built", _) if code.is_none() => then.documented(documented),
                        ("built", _) => then.error(status, code.unwrap(), text),
                        (_, 400) => then.bad_request(&value),
                        (_, 401) => then.unauthorized(&value),
                        (_, 403) => then.forbidden(&value),
                        (_, 404) => then.not_found(&value),
                        (_, 500) => then.internal_server_error(&value),
                        _ => then.service_unavailable(&value),
                    };
                });
                let error = acquire.send($message()).await.unwrap_err();
                mock.assert_calls(1);
                mock.delete_async().await;
                assert_eq!(
                    error.status().unwrap().as_u16(),
                    status,
                    "{documented:?} {form}"
                );
                assert_eq!(error.code(), code);
                assert_eq!(error.server_message(), Some(text.as_str()));
                let refused = if status < 500 {
                    Delivery::Refused
                } else {
                    Delivery::Unknown
                };
                assert_eq!(error.delivery(), refused);
            }
        }
    }};
}

#[tokio::test]
async fn errors_arrive() {
    errors_arrive!(send_chat_message, chat);
    errors_arrive!(send_mail_message, mail);
    errors_arrive!(send_sms, sms);
}

#[tokio::test]
async fn an_error_may_have_any_status() {
    for (status, delivery) in [
        (200, Delivery::Refused),
        (429, Delivery::Refused),
        (502, Delivery::Unknown),
    ] {
        let server = MockServer::start_async().await;
        let mock = server.send_sms(|_, then| {
            then.error(status, "CODE", "why");
        });
        let acquire = client(&server).build().unwrap();
        let error = acquire.send(sms()).await.unwrap_err();
        mock.assert_calls(1);
        assert_eq!(
            (error.code(), error.delivery()),
            (Some("CODE"), delivery),
            "{status}"
        );
    }
}

#[test]
fn a_built_error_is_the_documented_envelope() {
    let whole: Value = serde_json::from_str(documented("BadRequest").unwrap().json()).unwrap();
    let built: ApiError = api_error("ERROR_INVALID_INPUT", "caseId is required");
    assert_eq!(json_of(&built), whole);
}

#[test]
fn answers_have_the_names_of_the_document() {
    let answers = |operation| {
        let answers = documented_answers(operation).unwrap();
        answers
            .into_iter()
            .map(|answer| (answer.name(), answer.status()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        answers("sendChatMessage"),
        [
            ("sendChatMessage.response.newest", 200),
            ("sendChatMessage.response.2021-03-30", 200),
            ("sendChatMessage.response.2021-03-10", 200),
        ]
    );
    assert_eq!(
        answers("sendMailMessage"),
        [
            ("sendMailMessage.response.newest", 200),
            ("sendMailMessage.response.2021-04-02", 200)
        ]
    );
    assert_eq!(
        answers("sendSms"),
        [
            ("sendSms.response.2021-04-02", 200),
            ("sendSms.response.2021-03-19", 200)
        ]
    );
    let errors = documented_errors();
    let errors: Vec<_> = errors
        .iter()
        .map(|error| (error.name(), error.status()))
        .collect();
    assert_eq!(
        errors,
        [
            ("BadRequest", 400),
            ("Unauthorized", 401),
            ("Forbidden", 403),
            ("NotFound", 404),
            ("ServerError", 500),
            ("Maintenance", 503),
        ]
    );
    assert_eq!(
        format!("{:?}", documented("Forbidden").unwrap()),
        r#"Documented { name: "Forbidden", status: 403, .. }"#
    );
}

#[test]
fn a_body_is_the_text_of_the_document() {
    let error = documented("BadRequest").unwrap();
    assert_eq!(
        error.json(),
        r#"{
  "error": {
    "code": "ERROR_INVALID_INPUT",
    "message": "caseId is required",
    "data": null
  }
}"#
    );
    for operation in ["sendChatMessage", "sendMailMessage", "sendSms"] {
        for answer in documented_answers(operation).unwrap() {
            // Only the indentation differs.
            let value = answer.json().replace('\n', "\n        ");
            let example = format!("\"value\": {value}\n      }}");
            assert!(OPENAPI_JSON.contains(&example), "{answer:?}");
        }
    }
}

#[test]
fn an_unknown_name_is_an_error_that_lists_the_known() {
    assert_eq!(
        documented("sendSms.response.newest")
            .unwrap_err()
            .to_string(),
        "no documented answer is named \"sendSms.response.newest\"; there are sendChatMessage.response.newest, \
         sendChatMessage.response.2021-03-30, sendChatMessage.response.2021-03-10, \
         sendMailMessage.response.newest, sendMailMessage.response.2021-04-02, sendSms.response.2021-04-02, \
         sendSms.response.2021-03-19, BadRequest, Unauthorized, Forbidden, NotFound, ServerError, Maintenance"
    );
    assert_eq!(
        documented_answers("send_sms").unwrap_err().to_string(),
        "no operation is named \"send_sms\"; there are sendChatMessage, sendMailMessage, sendSms"
    );
}
