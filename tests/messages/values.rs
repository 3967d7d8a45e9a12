//! Messages as values, and their JSON.

mod checks;
mod refused;
mod round_trip;
mod without;

use std::collections::HashMap;
use std::io::Cursor;

use acquire_io::{
    CaseId, Channel, Chat, Client, ContactId, InvalidMessage, Mail, Message, Problem, RawJson, Sms,
    TimelineId,
};
use acquire_io_tests::Result;
use acquire_io_tests::fault::{Answer, Server};
use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::samples::{chat, mail, sms};

/// A word that no error and no `Debug` may repeat.
const SECRET: &str = "canary";

/// Free JSON that no number of Rust's can hold, with an order that a map would lose.
const FREE: &str =
    r#"{"order":18446744073709551616,"price":19.90,"e":1e999, "a" : "\u00e9\ud83d\ude00"}"#;

fn free() -> Result<RawJson> {
    Ok(serde_json::from_str(FREE)?)
}

/// One of each channel with every field, and its JSON.
fn full() -> Result<[(Message, String); 3]> {
    let chat = chat()
        .as_contact()
        .contact(ContactId(5))
        .translate_lang_key("en")
        .message_channel("chat")
        .mention(["7", "8"])
        .meta(free()?)
        .delay(1000)
        .json("/message/priority", free()?);
    let chat_json = format!(
        r#"{{"channel":"chat","case":28,"text":"hi","sender":"contact","contact":5,"translate_lang_key":"en","message_channel":"chat","mention":["7","8"],"meta":{FREE},"delay":1000,"json":{{"/message/priority":{FREE}}}}}"#
    );
    let mail = mail()
        .cc(["bob@example.com", "cy@example.com"])
        .bcc("dee@example.com")
        .text("hi")
        .attachment(free()?)
        .attachment(json!([1, "two"]))
        .without("attachments")
        .json("/data/replyTo", "eve@example.com");
    let mail_json = format!(
        r#"{{"channel":"mail","case":575,"contact":597632,"from":"user@acquire.io","to":["ann@example.com"],"cc":["bob@example.com","cy@example.com"],"bcc":["dee@example.com"],"subject":"test","html":"<p>hi</p>","text":"hi","attachment":[{FREE},1,"two"],"without":["attachments"],"json":{{"/data/replyTo":"eve@example.com"}}}}"#
    );
    let sms = sms()
        .title("title")
        .message_type("note")
        .closed(true)
        .multi_channel(false)
        .as_agent()
        .without(["id", "sms"])
        .json("/priority", 1);
    let sms_json = r#"{"channel":"sms","case":2219,"contact":751069,"timeline":2108,"from":"+12513188609","to":"+919666929552","text":"hi","title":"title","message_type":"note","closed":true,"multi_channel":false,"sender":"agent","without":["id","sms"],"json":{"/priority":1}}"#;
    Ok([
        (chat.into(), chat_json),
        (mail.into(), mail_json),
        (sms.into(), sms_json.to_owned()),
    ])
}

/// One of each channel with what it can't do without.
fn least() -> [(Message, String); 3] {
    let chat = Chat::new(CaseId(28));
    let mail = Mail::new(CaseId(575), ContactId(597_632));
    let sms = Sms::new(CaseId(2219), ContactId(751_069), TimelineId(2108));
    [
        (chat.into(), r#"{"channel":"chat","case":28}"#),
        (
            mail.into(),
            r#"{"channel":"mail","case":575,"contact":597632}"#,
        ),
        (
            sms.into(),
            r#"{"channel":"sms","case":2219,"contact":751069,"timeline":2108}"#,
        ),
    ]
    .map(|(message, json)| (message, json.to_owned()))
}

#[test]
fn a_field_that_is_null_is_not_given() -> Result {
    for (message, _) in least() {
        let mut json = serde_json::to_value(&message)?;
        let fields = match message.channel() {
            Channel::Chat => vec![
                "text",
                "note",
                "event",
                "sender",
                "contact",
                "translate_lang_key",
                "message_channel",
                "mention",
                "meta",
                "delay",
                "json",
            ],
            Channel::Mail => vec![
                "from",
                "to",
                "cc",
                "bcc",
                "subject",
                "html",
                "text",
                "attachment",
                "without",
                "json",
            ],
            Channel::Sms => vec![
                "from",
                "to",
                "text",
                "title",
                "message_type",
                "closed",
                "multi_channel",
                "sender",
                "without",
                "json",
            ],
        };
        for field in fields {
            json[field] = Value::Null;
        }
        assert!(Message::from_json(&json.to_string())? == message);
    }
    Ok(())
}

#[test]
fn one_text_is_a_list_of_one() -> Result {
    let read = Message::from_json(
        r#"{"channel":"mail","case":1,"contact":2,"to":"a@example.com","cc":"b@example.com","bcc":[],"without":"attachments"}"#,
    )?;
    let mail = Mail::new(CaseId(1), ContactId(2))
        .to("a@example.com")
        .cc("b@example.com")
        .without("attachments");
    assert_eq!(read, mail.into());
    let read = Message::from_json(r#"{"channel":"chat","case":1,"mention":"7"}"#)?;
    assert_eq!(read, Chat::new(CaseId(1)).mention("7").into());
    // And an attachment that is no list is one.
    let read =
        Message::from_json(r#"{"channel":"mail","case":1,"contact":2,"attachment":{"a":1}}"#)?;
    let mail = Mail::new(CaseId(1), ContactId(2)).attachment(json!({"a": 1}));
    assert_eq!(read, mail.into());
    Ok(())
}

fn validator() -> Result<Validator> {
    let schema = schemars::schema_for!(Message).to_value();
    Ok(jsonschema::draft202012::new(&schema)?)
}

#[test]
fn the_json_schema_takes_what_can_be_read() -> Result {
    let schema = validator()?;
    for (_, json) in full()?.into_iter().chain(least()) {
        // `Value` holds no number that is out of range.
        let json = json.replace("1e999", "1e9");
        let json: Value = serde_json::from_str(&json)?;
        let errors: Vec<_> = schema
            .iter_errors(&json)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, [""; 0], "{json}");
    }
    for json in [
        r#"{"channel":"mail","case":1,"contact":1,"to":"a","cc":["b"],"bcc":null,"attachment":7,"without":"cc"}"#,
        r#"{"channel":"chat","case":1,"mention":"7","meta":{},"json":null,"sender":null,"delay":-1}"#,
        r#"{"channel":"chat","case":-1,"text":"a","note":"b"}"#,
    ] {
        Message::from_json(json)?;
        assert!(schema.is_valid(&serde_json::from_str(json)?), "{json}");
    }
    Ok(())
}

/// Without additions and with one, which edits the body.
#[tokio::test]
async fn free_json_arrives_byte_for_byte() -> Result {
    let server = Server::answering(Answer::json(200, "{}"))?;
    let client = Client::builder()
        .base_url(server.base_url())
        .api_key("key")
        .build()?;
    let in_chat = format!(r#"{{"channel":"chat","case":1,"text":"hi","meta":{FREE}}}"#);
    let in_mail = |free: &str| {
        Message::from_json(&format!(
            r#"{{"channel":"mail","case":1,"contact":2,"from":"a@example.com","to":"b@example.com","subject":"","html":"h",{free}}}"#
        ))
    };
    let meta = format!(r#""meta":{FREE}"#);
    let attachments = format!(r#""attachments":[{FREE}]"#);
    let messages: Vec<(String, Message)> = vec![
        (meta.clone(), chat().meta(free()?).into()),
        (meta.clone(), chat().meta(&free()?).json("/a", 1).into()),
        (meta.clone(), Message::from_json(&in_chat)?),
        (meta.clone(), chat().json("/meta", free()?).into()),
        (
            format!(r#""b":{FREE}"#),
            chat().meta(json!({})).json("/meta/b", free()?).into(),
        ),
        (
            format!(r#""a":{FREE}"#),
            chat().json("/a", free()?).json("/b", 1).into(),
        ),
        (attachments.clone(), mail().attachment(free()?).into()),
        (attachments.clone(), mail().attachment([free()?]).into()),
        (
            attachments.clone(),
            mail().attachment(free()?).json("/data/a", 1).into(),
        ),
        (
            attachments.clone(),
            in_mail(&format!(r#""attachment":{FREE}"#))?,
        ),
        (
            attachments,
            in_mail(&format!(r#""attachment":[{FREE}],"without":"cc""#))?,
        ),
        (
            format!(r#""a":{FREE}"#),
            sms().json("/a", free()?).without("sms").into(),
        ),
    ];
    for (number, (expected, message)) in messages.into_iter().enumerate() {
        let dry_run = client.to_http_request(&message)?;
        client.send(&message).await?;
        // Stored, read and sent by another process.
        let stored = serde_json::to_string(&message)?;
        client.send(Message::from_json(&stored)?).await?;
        let received = server.received().requests.split_off(2 * number);
        assert_eq!(received.len(), 2);
        for received in received {
            let body = String::from_utf8(received.body)?;
            assert!(body.contains(&expected), "{expected} is not in {body}");
            assert_eq!(*dry_run.body(), body);
        }
    }
    Ok(())
}

/// What can't be written as JSON: a map whose keys are no texts.
fn no_json() -> HashMap<Vec<u8>, u8> {
    HashMap::from([(vec![1], 2)])
}

#[tokio::test]
async fn what_cant_be_written_as_json_is_an_error() -> Result {
    let client = Client::builder()
        .account_id("acme")
        .api_key("key")
        .build()?;
    for (field, message) in [
        ("meta", Message::from(chat().meta(no_json()))),
        ("json", chat().json("/a", no_json()).into()),
        ("attachment", mail().attachment(no_json()).into()),
        ("json", sms().json("/a", no_json()).into()),
    ] {
        assert!(serde_json::to_string(&message).is_err(), "{field}");
        assert!(message == message.clone());
        let expected = format!("`{field}` can't be written as JSON");
        assert_eq!(message.check().unwrap_err().to_string(), expected);
        assert_eq!(
            client.to_http_request(&message).unwrap_err().to_string(),
            expected
        );
        let error = client.send(message).await.err().ok_or("it was sent")?;
        assert!(error.is_input() && error.attempts() == 0);
    }
    Ok(())
}

fn fields(checked: std::result::Result<(), InvalidMessage>) -> Vec<String> {
    let error = checked.err();
    let problems = error.iter().flat_map(InvalidMessage::problems);
    problems.map(Problem::field).map(str::to_owned).collect()
}

#[test]
fn messages_are_equal_when_all_of_them_is() -> Result {
    let [(chat, _), (mail, _), (sms, _)] = full()?;
    assert!(chat == chat.clone() && mail == mail.clone() && sms == sms.clone());
    assert!(chat != mail && mail != sms && sms != chat);
    let Message::Chat(chat) = chat else {
        return Err("no chat message".into());
    };
    for other in [
        chat.clone().text("ho"),
        chat.clone().note("hi"),
        chat.clone().as_agent(),
        chat.clone().contact(None),
        chat.clone().delay(1001),
        chat.clone().mention("9"),
        chat.clone().meta(json!({})),
        chat.clone().json("/message/priority", 1),
        chat.clone().json("/other", 1),
    ] {
        assert!(other != chat);
    }
    // By its text: free JSON is not looked into.
    let one: RawJson = serde_json::from_str("1.0")?;
    assert!(Chat::new(CaseId(1)).json("/a", 1) != Chat::new(CaseId(1)).json("/a", one));
    Ok(())
}

#[test]
fn debug_prints_no_content() -> Result {
    let canary = json!({SECRET: SECRET});
    let messages: [Message; 3] = [
        Chat::new(CaseId(7))
            .text(SECRET)
            .translate_lang_key(SECRET)
            .message_channel(SECRET)
            .mention(SECRET)
            .meta(&canary)
            .json(SECRET, &canary)
            .into(),
        Mail::new(CaseId(7), ContactId(8))
            .from(SECRET)
            .to(SECRET)
            .cc(SECRET)
            .bcc(SECRET)
            .subject(SECRET)
            .html(SECRET)
            .text(SECRET)
            .attachment(&canary)
            .without(SECRET)
            .json(SECRET, &canary)
            .into(),
        Sms::new(CaseId(7), ContactId(8), TimelineId(9))
            .from(SECRET)
            .to(SECRET)
            .text(SECRET)
            .title(SECRET)
            .message_type(SECRET)
            .without(SECRET)
            .json(SECRET, &canary)
            .into(),
    ];
    let client = Client::builder()
        .account_id("acme")
        .api_key(SECRET)
        .build()?;
    for message in messages {
        // It is there to be printed.
        assert!(serde_json::to_string(&message)?.contains(SECRET));
        let outgoing = client.send(&message);
        let inner: &dyn std::fmt::Debug = match &message {
            Message::Chat(chat) => chat,
            Message::Mail(mail) => mail,
            Message::Sms(sms) => sms,
        };
        for printed in [
            format!("{message:?} {message:#?}"),
            format!("{inner:?} {inner:#?}"),
            format!("{outgoing:?} {outgoing:#?}"),
            format!("{:?}", message.check()),
        ] {
            assert!(!printed.contains(SECRET), "{printed}");
        }
        assert!(format!("{message:?}").contains("case: 7"), "{message:?}");
    }
    Ok(())
}
