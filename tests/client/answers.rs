//! How answers are read: the documented ones with nothing lost, strange ones as far as possible.

use acquire_io::{
    CaseId, ContactId, DecodeError, Delivery, Error, Mail, Message, MessageId, NextStep, RawJson,
    Sent, Sms, TimelineId,
};
use acquire_io_tests::fault::{Answer, Part, Script, Server, Step, Transport, message};
use acquire_io_tests::{Result, documents, json};
use serde::Serialize;
use serde_json::{Value, json};

/// Sends a message to a server that gives this answer.
async fn send(message: impl Into<Message>, answer: &str) -> Result<Sent> {
    let server = Server::answering(Answer::json(200, answer))?;
    Ok(server.client()?.build()?.send(message).await?)
}

async fn chat(answer: &str) -> Result<Sent> {
    send(message("hi"), answer).await
}

async fn mail(answer: &str) -> Result<Sent> {
    let mail = Mail::new(CaseId(90), ContactId(7))
        .from("a@acquire.io")
        .to("b@example.com");
    send(mail.subject("test").html("hi"), answer).await
}

async fn sms(answer: &str) -> Result<Sent> {
    let sms = Sms::new(CaseId(2219), ContactId(751_069), TimelineId(2108));
    let sms = sms.from("+12513188609").to("+919666929552").text("hi");
    send(sms, answer).await
}

/// A refusal that breaks off says so, and keeps what came.
#[tokio::test]
async fn a_refusal_may_be_cut() -> Result {
    let answer = Answer::json(400, r#"{"error":{"code":"CODE"}}"#);
    for (part, is_complete) in [(Part::Whole, true), (Part::HalfBody, false)] {
        let steps = [Step::Message, Step::Send(part, answer.clone()), Step::Close];
        let server = Server::start(Transport::Http1, [Script::new(steps)])?;
        let refused = server.client()?.build()?.send(message("hi")).await;
        let error = refused.err().ok_or("it was accepted")?;
        assert_eq!(error.delivery(), Delivery::Refused);
        assert_eq!(error.body_is_complete(), is_complete);
        assert_eq!(error.code(), is_complete.then_some("CODE"));
        let body = error.body().ok_or("no body")?;
        assert!(body.starts_with(br#"{"error":"#), "{body:?}");
    }
    Ok(())
}

/// What the typed value holds, as JSON. Not printed by way of `insta`'s own serialiser, which would show
/// how `serde_json` hides a raw value.
fn held(typed: impl Serialize) -> Result<Value> {
    Ok(json::sorted(serde_json::to_value(typed)?))
}

mod documented {
    use super::*;

    fn check(name: &str, sent: &Sent, typed: impl Serialize) -> Result {
        assert_eq!(*sent.body(), documents::text(name)?, "{name}");
        let held = held(typed)?;
        assert_eq!(
            json::differences(&documents::json(name)?, &held),
            [""; 0],
            "{name}"
        );
        insta::assert_json_snapshot!(name, held);
        Ok(())
    }

    /// Runs over the files in `openapi/examples`, so it fails when one is added without an ID here.
    #[tokio::test]
    async fn each_answer_is_held_with_nothing_lost() -> Result {
        for name in documents::responses()? {
            let message_id = MessageId(match name.as_str() {
                "sendChatMessage.response.newest" => 8289,
                "sendChatMessage.response.2021-03-30" => 8289,
                "sendChatMessage.response.2021-03-10" => 328,
                "sendMailMessage.response.newest" => 407,
                "sendMailMessage.response.2021-04-02" => 407,
                "sendSms.response.2021-04-02" => 8653,
                "sendSms.response.2021-03-19" => 6819,
                _ => return Err(format!("{name} has no message ID here: add it").into()),
            });
            let answer = documents::text(&name)?;
            if name.starts_with("sendChatMessage.") {
                let sent = chat(&answer).await?;
                assert_eq!(sent.message_id(), Some(message_id), "{name}");
                check(&name, &sent, sent.chat()?)?;
            } else if name.starts_with("sendMailMessage.") {
                let sent = mail(&answer).await?;
                assert_eq!(sent.message_id(), Some(message_id), "{name}");
                check(&name, &sent, sent.mail()?)?;
            } else {
                let sent = sms(&answer).await?;
                assert_eq!(sent.message_id(), Some(message_id), "{name}");
                check(&name, &sent, sent.sms()?)?;
            }
        }
        Ok(())
    }
}

/// White space and key order included.
mod free_form_parts_are_kept_byte_for_byte {
    use super::*;

    fn check(answer: &str, parts: &[RawJson]) {
        for part in parts {
            let part = part.get();
            // Long enough not to be found anywhere by chance, as `{}` would be.
            assert!(part.len() > 20 && part.contains('\n'), "{part}");
            assert!(answer.contains(part), "{part}");
        }
    }

    #[tokio::test]
    async fn of_a_chat_answer() -> Result {
        let answer = documents::text("sendChatMessage.response.2021-03-30")?;
        let message = chat(&answer).await?.chat()?.data.unwrap();
        let case = message.case.unwrap();
        let owner = case.users.unwrap().swap_remove(0).user.unwrap();
        let parts = [
            message.meta.unwrap(),
            message.sender.unwrap().meta.unwrap(),
            case.contact.unwrap().client_details.unwrap(),
            owner.meta.unwrap(),
        ];
        check(&answer, &parts);
        Ok(())
    }

    #[tokio::test]
    async fn of_the_oldest_chat_answer() -> Result {
        let answer = documents::text("sendChatMessage.response.2021-03-10")?;
        let message = chat(&answer).await?.chat()?.data.unwrap();
        let case = message.case.unwrap();
        let parts = [
            case.meta.unwrap(),
            message.sender.unwrap().meta_details.unwrap(),
        ];
        check(&answer, &parts);
        Ok(())
    }

    #[tokio::test]
    async fn of_a_mail_answer() -> Result {
        let answer = documents::text("sendMailMessage.response.newest")?;
        let message = mail(&answer).await?.mail()?.data.unwrap();
        check(&answer, &[message.user.unwrap().meta_details.unwrap()]);
        Ok(())
    }

    #[tokio::test]
    async fn of_an_sms_answer() -> Result {
        let answer = documents::text("sendSms.response.2021-03-19")?;
        let result = sms(&answer).await?.sms()?.data.unwrap();
        let message = result.data.unwrap();
        let parts = [
            result.cas.unwrap().meta.unwrap(),
            result.timeline.unwrap().case.unwrap().fields.unwrap(),
            message.meta.unwrap().subresource_uris.unwrap(),
            message.sender.unwrap().meta.unwrap(),
        ];
        check(&answer, &parts);
        Ok(())
    }

    #[tokio::test]
    async fn even_where_they_are_not_what_they_seem() -> Result {
        let answer =
            r#"{"data": {"id": 1, "meta": { "b" : 1.50, "a":12345678901234567890123, "a":0 }}}"#;
        let message = chat(answer).await?.chat()?.data.unwrap();
        assert_eq!(
            message.meta.unwrap().get(),
            r#"{ "b" : 1.50, "a":12345678901234567890123, "a":0 }"#
        );
        Ok(())
    }
}

/// A documented answer with a value put at a JSON pointer, in place of the value there, or beside it.
fn with(name: &str, pointer: &str, value: &Value) -> Result<Value> {
    let mut answer = documents::json(name)?;
    let (parent, key) = pointer.rsplit_once('/').ok_or("not a JSON pointer")?;
    let object = answer.pointer_mut(parent).and_then(Value::as_object_mut);
    object
        .ok_or_else(|| format!("no object at {parent}"))?
        .insert(key.to_owned(), value.clone());
    Ok(answer)
}

const CHAT: &str = "sendChatMessage.response.2021-03-30";
const SMS: &str = "sendSms.response.2021-04-02";

mod strange_but_readable {
    use super::*;

    #[tokio::test]
    async fn unknown_keys_are_passed_over() -> Result {
        for pointer in [
            "/new",
            "/data/new",
            "/data/case/users/0/new",
            "/data/case/contact/new",
        ] {
            let answer = with(CHAT, pointer, &json!({"nested": [1, null]}))?;
            let held = held(chat(&answer.to_string()).await?.chat()?)?;
            assert_eq!(
                json::differences(&documents::json(CHAT)?, &held),
                [""; 0],
                "{pointer}"
            );
        }
        Ok(())
    }

    #[tokio::test]
    async fn other_values_are_held() -> Result {
        let strange = [
            ("/data/case/users", json!(null)),
            ("/data/case", json!(null)),
            ("/data/sender", json!(null)),
            ("/data/meta", json!([])),
            ("/data/case/meta", json!("text")),
            ("/data/case/contact/clientDetails", json!(false)),
            ("/data/case/closedBy", json!({"id": 25})),
            ("/data/case/queueId", json!(15)),
            ("/data/dateCreated", json!("30.03.2021 um 16:05")),
            ("/data/case/dateClosed", json!("")),
            ("/data/senderType", json!("bot")),
            ("/data/type", json!("sticker")),
            ("/data/id", json!(1_i64 << 40)),
            ("/data/caseId", json!(i64::MAX)),
            ("/data/case/waitTime", json!(1_i64 << 53 | 1)),
            ("/data/case/users/0/userId", json!(u32::MAX)),
            ("/data/case/queueOrder", json!(-1)),
        ];
        for (pointer, value) in strange {
            let answer = with(CHAT, pointer, &value)?;
            let held = held(chat(&answer.to_string()).await?.chat()?)?;
            assert_eq!(json::differences(&answer, &held), [""; 0], "{pointer}");
        }
        Ok(())
    }

    #[tokio::test]
    async fn ids_alone_are_enough() -> Result {
        let sent =
            chat(r#"{"data":{"id":1,"case":{"id":2,"contact":{"id":3},"users":[{"id":4}]}}}"#)
                .await?;
        assert_eq!(sent.message_id(), Some(MessageId(1)));

        let sent = mail(r#"{"data":{"id":1,"to":[{}]}}"#).await?;
        assert_eq!(sent.message_id(), Some(MessageId(1)));

        let sent = sms(r#"{"data":{"data":{"id":1,"meta":{},"caseMessageId":2}}}"#).await?;
        assert_eq!(sent.message_id(), Some(MessageId(2)));
        Ok(())
    }

    /// A 2xx with an `error` that says nothing neither accepts the message nor refuses it.
    #[tokio::test]
    async fn an_error_that_says_nothing_is_unknown() -> Result {
        for error in ["false", "0", "[]", "{}", r#""""#, r#"{"code":null}"#] {
            let answer = format!(r#"{{"error":{error},"success":true}}"#);
            let error = chat(&answer).await.err().ok_or("it was accepted")?;
            let error = error.downcast::<Error>()?;
            assert_eq!(error.delivery(), Delivery::Unknown, "{answer}");
            assert_eq!(error.next_step(), NextStep::LookFirst, "{answer}");
        }
        chat(r#"{"error":null,"success":true}"#).await?;
        Ok(())
    }

    /// A server that cuts a text in two leaves half of a surrogate pair.
    #[tokio::test]
    async fn a_refusal_with_a_message_that_is_cut_is_still_one() -> Result {
        let answer = r#"{"error":{"code":"ERROR_INVALID_INPUT","message":"too long: hi \ud83d"}}"#;
        let error = chat(answer).await.err().ok_or("it was accepted")?;
        let error = error.downcast::<Error>()?;
        assert_eq!(error.delivery(), Delivery::Refused);
        assert_eq!(error.code(), Some("ERROR_INVALID_INPUT"));
        let message = error.server_message().unwrap_or_default();
        assert!(message.starts_with("too long: hi "), "{message}");
        // What is cut might not be recognised as content.
        assert!(!error.to_string().contains("too long"), "{error}");
        Ok(())
    }

    /// As in this API's webhooks.
    #[tokio::test]
    async fn ids_that_are_strings_of_digits_are_ids() -> Result {
        let sent = chat(r#"{"data":{"id":"8289","caseId":"2069","case":{"id":"2069"}}}"#).await?;
        let receipt = sent.receipt();
        assert_eq!(receipt.message_id, Some(MessageId(8289)));
        assert_eq!(receipt.case, Some(CaseId(2069)));
        let message = sent.chat()?.data.unwrap();
        assert_eq!(message.id, Some(MessageId(8289)));
        assert_eq!(message.case_id, Some(CaseId(2069)));

        let sent = mail(r#"{"data":{"id":"407","caseMessageId":"408","caseId":"90"}}"#).await?;
        assert_eq!(sent.receipt().message_id, Some(MessageId(408)));
        assert_eq!(sent.receipt().case, Some(CaseId(90)));
        sent.mail()?;

        let sent = sms(
            r#"{"data":{"data":{"id":"1","caseMessageId":"8653","caseId":"2219","timelineId":"2108"}}}"#,
        )
        .await?;
        let receipt = sent.receipt();
        assert_eq!(receipt.message_id, Some(MessageId(8653)));
        assert_eq!(receipt.case, Some(CaseId(2219)));
        assert_eq!(receipt.timeline, Some(TimelineId(2108)));
        sent.sms()?;
        Ok(())
    }

    #[tokio::test]
    async fn an_answer_without_data_is_typed_and_has_no_id() -> Result {
        for answer in ["{}", r#"{"data":null}"#, r#"{"data":null,"error":null}"#] {
            let sent = chat(answer).await?;
            assert_eq!(sent.message_id(), None, "{answer}");
            assert!(sent.chat()?.data.is_none(), "{answer}");
            assert!(mail(answer).await?.mail()?.data.is_none(), "{answer}");
            assert!(sms(answer).await?.sms()?.data.is_none(), "{answer}");
        }
        Ok(())
    }
}

mod not_what_the_document_says {
    use super::*;

    #[tokio::test]
    async fn an_answer_is_read_as_that_of_its_own_channel_only() -> Result {
        let sent = chat(&documents::text(CHAT)?).await?;
        sent.chat()?;
        for error in [sent.mail().err(), sent.sms().err()] {
            let error = error.ok_or("it was read")?;
            assert!(error.is_other_channel(), "{error}");
        }
        let sent = sms(&documents::text(SMS)?).await?;
        sent.sms()?;
        assert!(sent.chat().unwrap_err().is_other_channel());
        // It is a value that a function can return with `?`.
        let owned: Result<_> = sent.mail().map_err(Into::into);
        assert!(owned.is_err());
        Ok(())
    }

    /// A word that no error text may repeat.
    const SECRET: &str = "canary";

    fn check<T>(path: &str, typed: std::result::Result<T, DecodeError>) -> Result {
        let error = typed.err().ok_or_else(|| format!("{path} was read"))?;
        assert_eq!(error.path(), path);
        let (display, debug) = (error.to_string(), format!("{error:?}"));
        assert!(display.contains(path), "{display}");
        assert!(
            !display.contains(SECRET) && !debug.contains(SECRET),
            "{display} {debug}"
        );
        Ok(())
    }

    #[tokio::test]
    async fn the_message_is_accepted_and_the_error_names_the_place() -> Result {
        let wrong = [
            ("/data/message", json!(5), "data.message"),
            ("/data/id", json!(SECRET), "data.id"),
            ("/data/id", json!(1.5), "data.id"),
            ("/data/senderId", json!(SECRET), "data.senderId"),
            (
                "/data/sender/name",
                json!({SECRET: SECRET}),
                "data.sender.name",
            ),
            (
                "/data/case/users/1/id",
                json!([SECRET]),
                "data.case.users[1].id",
            ),
            ("/data/case/contact", json!(SECRET), "data.case.contact"),
            ("/data", json!(SECRET), "data"),
        ];
        for (pointer, value, path) in wrong {
            let answer = with(CHAT, pointer, &value)?;
            let sent = chat(&answer.to_string()).await?;
            assert_eq!(*sent.body(), answer.to_string());
            check(path, sent.chat())?;
        }

        let answer = with(SMS, "/data/data/meta/sid", &json!([SECRET]))?;
        let sent = sms(&answer.to_string()).await?;
        check("data.data.meta.sid", sent.sms())
    }

    #[tokio::test]
    async fn the_error_is_one_readable_line() -> Result {
        let sent = chat(r#"{"data": {"id": 1, "message": 5}}"#).await?;
        let error = sent.chat().unwrap_err();
        insta::assert_snapshot!("wrong_type", error.to_string());
        let error = chat("{canary}").await?.chat().unwrap_err();
        insta::assert_snapshot!("not_json", error.to_string());
        Ok(())
    }
}
