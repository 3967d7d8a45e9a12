//! Messages as values, and their JSON.

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

/// A word that no error and no `Debug` may repeat.
const SECRET: &str = "canary";

/// Free JSON that no number of Rust's can hold, with an order that a map would lose.
const FREE: &str =
    r#"{"order":18446744073709551616,"price":19.90,"e":1e999, "a" : "\u00e9\ud83d\ude00"}"#;

fn chat() -> Chat {
    Chat::new(CaseId(28)).text("hi")
}

fn mail() -> Mail {
    Mail::new(CaseId(575), ContactId(597_632))
        .from("user@acquire.io")
        .to("ann@example.com")
        .subject("test")
        .html("<p>hi</p>")
}

fn sms() -> Sms {
    Sms::new(CaseId(2219), ContactId(751_069), TimelineId(2108))
        .from("+12513188609")
        .to("+919666929552")
        .text("hi")
}

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

mod round_trip {
    use super::*;

    fn check<T>(message: &T, json: &str) -> Result
    where
        T: Clone + DeserializeOwned + serde::Serialize + PartialEq + Into<Message>,
    {
        assert_eq!(serde_json::to_string(message)?, json);
        assert!(serde_json::from_str::<T>(json)? == *message, "{json}");
        assert!(Message::from_json(json)? == message.clone().into());
        Ok(())
    }

    #[test]
    fn of_each_channel_with_every_field_and_with_the_least() -> Result {
        for (message, json) in full()?.into_iter().chain(least()) {
            check(&message, &json)?;
            match &message {
                Message::Chat(chat) => check(chat, &json)?,
                Message::Mail(mail) => check(mail, &json)?,
                Message::Sms(sms) => check(sms, &json)?,
            }
        }
        Ok(())
    }

    /// The rest of the document says which fields there are: this names them, so that none is forgotten above.
    #[test]
    fn every_field_is_there() -> Result {
        let schema = schemars::schema_for!(Message).to_value();
        for (message, json) in full()? {
            let title = format!("{:?}", message.channel());
            let definition = &schema["$defs"][&title]["properties"];
            let known = definition.as_object().ok_or("no properties")?;
            // Messages have one of three texts.
            let others = ["note", "event"];
            for field in known
                .keys()
                .filter(|field| !others.contains(&field.as_str()))
            {
                assert!(json.contains(&format!("\"{field}\":")), "{title}: {field}");
            }
        }
        Ok(())
    }

    #[test]
    fn of_notes_and_events() -> Result {
        let note = Chat::new(CaseId(28)).note("for us");
        check(&note, r#"{"channel":"chat","case":28,"note":"for us"}"#)?;
        let event = Chat::new(CaseId(28)).event("joined");
        check(&event, r#"{"channel":"chat","case":28,"event":"joined"}"#)?;
        Ok(())
    }

    #[test]
    fn of_a_list_from_a_text_and_from_a_reader() -> Result {
        let messages: Vec<_> = full()?.into_iter().chain(least()).collect();
        let (messages, texts): (Vec<_>, Vec<_>) = messages.into_iter().unzip();
        let list = format!("[\n{}\n]", texts.join(",\n"));
        assert!(serde_json::from_str::<Vec<Message>>(&list)? == messages);
        assert!(serde_json::from_slice::<Vec<Message>>(list.as_bytes())? == messages);
        assert!(serde_json::from_reader::<_, Vec<Message>>(Cursor::new(&list))? == messages);
        assert!(serde_json::to_string(&messages)? == format!("[{}]", texts.join(",")));
        let by_name = format!(r#"{{"a": {} }}"#, texts[0]);
        let by_name: HashMap<String, Message> = serde_json::from_str(&by_name)?;
        assert!(by_name["a"] == messages[0]);
        Ok(())
    }

    #[test]
    fn of_a_value_that_serde_json_holds() -> Result {
        for (message, json) in least() {
            let value: Value = serde_json::from_str(&json)?;
            assert!(serde_json::from_value::<Message>(value)? == message);
        }
        Ok(())
    }
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

mod refused {
    use super::*;

    /// What is wrong with the JSON of a message: the fields, and the whole text, which repeats no value.
    fn problems(json: &str) -> Result<(Vec<String>, String)> {
        let error = Message::from_json(json)
            .err()
            .ok_or_else(|| format!("{json} was read"))?;
        let (text, debug) = (error.to_string(), format!("{error:?}"));
        assert!(
            !text.contains(SECRET) && !debug.contains(SECRET),
            "{text} {debug}"
        );
        // serde_json adds no more than a place.
        for by_serde in [
            serde_json::from_str::<Message>(json).err(),
            serde_json::from_reader::<_, Message>(json.as_bytes()).err(),
            serde_json::from_str::<Vec<Message>>(&format!("[{json}]")).err(),
        ] {
            // An empty text makes an empty list.
            if json.is_empty() && by_serde.is_none() {
                continue;
            }
            let by_serde = by_serde.ok_or_else(|| format!("{json} was read by serde"))?;
            let (by_serde, debug) = (by_serde.to_string(), format!("{by_serde:?}"));
            assert!(
                !by_serde.contains(SECRET) && !debug.contains(SECRET),
                "{by_serde} {debug}"
            );
        }
        let problems = error.problems().iter();
        let fields = problems.map(|problem| problem.field().to_owned()).collect();
        Ok((fields, text))
    }

    #[test]
    fn what_is_no_object() -> Result {
        let list = format!(r#"["chat",28,"{SECRET}"]"#);
        let cut = format!(r#"{{"channel":"chat","case":28,"text":"{SECRET}"#);
        for (json, problem) in [
            (list.as_str(), "`message` is not a JSON object"),
            (r#"["chat",28]"#, "`message` is not a JSON object"),
            (
                r#"[{"channel":"chat","case":28}]"#,
                "`message` is not a JSON object",
            ),
            ("null", "`message` is not a JSON object"),
            ("28", "`message` is not a JSON object"),
            (r#""canary""#, "`message` is not a JSON object"),
            ("", "`message` ends too early, line 1 column 0"),
            (cut.as_str(), "`message` ends too early, line 1 column 42"),
            ("canary", "`message` is not JSON, line 1 column 1"),
            (
                r#"{"channel":"chat","case":28} canary"#,
                "`message` is not JSON, line 1 column 30",
            ),
            (
                r#"{"channel":"chat",canary}"#,
                "`message` is not JSON, line 1 column 19",
            ),
        ] {
            let (fields, text) = problems(json)?;
            assert_eq!(
                (fields, text.as_str()),
                (vec!["message".to_owned()], problem),
                "{json}"
            );
        }
        Ok(())
    }

    #[test]
    fn another_channel() -> Result {
        for channel in [
            r#""canary""#,
            r#""Chat""#,
            r#""""#,
            "7",
            "true",
            r#"["chat"]"#,
            r#"{"chat":null}"#,
        ] {
            let json = format!(r#"{{"channel":{channel},"case":28,"text":"hi"}}"#);
            let (_, text) = problems(&json)?;
            assert_eq!(text, "`channel` is neither chat, mail nor sms", "{json}");
        }
        for json in [r#"{"case":28}"#, r#"{"channel":null,"case":28}"#, "{}"] {
            let (_, text) = problems(json)?;
            assert_eq!(text, "`channel` is required: chat, mail or sms", "{json}");
        }
        // A type of its own takes no other.
        let [(_, chat), (_, mail), (_, sms)] = least();
        let told = |error: Option<serde_json::Error>| error.map(|error| error.to_string());
        for json in [&mail, &sms] {
            let error = told(serde_json::from_str::<Chat>(json).err());
            assert_eq!(error.as_deref(), Some("`channel` is not chat"));
        }
        let error = told(serde_json::from_str::<Mail>(&chat).err());
        assert_eq!(error.as_deref(), Some("`channel` is not mail"));
        let error = told(serde_json::from_str::<Sms>(&mail).err());
        assert_eq!(error.as_deref(), Some("`channel` is not sms"));
        Ok(())
    }

    #[test]
    fn fields_of_another_type() -> Result {
        type Wrong<'a> = (&'a str, &'a [&'a str]);

        let text: &[&str] = &[
            "7",
            "true",
            r#"["canary"]"#,
            r#"{"canary":1}"#,
            r#""\ud83d""#,
        ];
        let number: &[&str] = &[
            r#""28""#,
            r#""canary""#,
            "1.5",
            "28.0",
            "1e3",
            "9223372036854775808",
            "true",
            "[28]",
            r#"{"id":28}"#,
        ];
        let flag: &[&str] = &[r#""true""#, "1", "[true]", "{}"];
        let texts: &[&str] = &[
            "7",
            "true",
            r#"["a",7]"#,
            r#"["a",null]"#,
            r#"[["canary"]]"#,
            "{}",
        ];
        let sender: &[&str] = &[
            r#""canary""#,
            r#""Agent""#,
            "1",
            r#"["agent"]"#,
            r#"{"agent":null}"#,
        ];
        let object: &[&str] = &["7", r#""canary""#, "[]", r#"[{"canary":1}]"#, "true"];
        let fields: [(&str, &[Wrong<'_>]); 3] = [
            (
                "chat",
                &[
                    ("case", number),
                    ("text", text),
                    ("note", text),
                    ("event", text),
                    ("sender", sender),
                    ("contact", number),
                    ("translate_lang_key", text),
                    ("message_channel", text),
                    ("mention", texts),
                    ("meta", object),
                    ("delay", number),
                    ("json", object),
                ],
            ),
            (
                "mail",
                &[
                    ("case", number),
                    ("contact", number),
                    ("from", text),
                    ("to", texts),
                    ("cc", texts),
                    ("bcc", texts),
                    ("subject", text),
                    ("html", text),
                    ("text", text),
                    ("without", texts),
                    ("json", object),
                ],
            ),
            (
                "sms",
                &[
                    ("case", number),
                    ("contact", number),
                    ("timeline", number),
                    ("from", text),
                    ("to", text),
                    ("text", text),
                    ("title", text),
                    ("message_type", text),
                    ("closed", flag),
                    ("multi_channel", flag),
                    ("sender", sender),
                    ("without", texts),
                    ("json", object),
                ],
            ),
        ];
        let schema = validator()?;
        for (channel, fields) in fields {
            for (field, values) in fields {
                for value in *values {
                    let others: String = whole(channel)
                        .into_iter()
                        .filter(|(other, _)| other != field)
                        .map(|(other, value)| format!(r#","{other}":{value}"#))
                        .collect();
                    let json = format!(r#"{{"channel":"{channel}"{others},"{field}":{value}}}"#);
                    let (wrong, text) = problems(&json)?;
                    assert_eq!(wrong, [*field], "{json}: {text}");
                    // JSON Schema knows no difference between 28.0, 1e3 and 28, or of size. `Value` holds no half of a
                    // surrogate pair.
                    if !["28.0", "1e3", "9223372036854775808", r#""\ud83d""#].contains(value) {
                        assert!(!schema.is_valid(&serde_json::from_str(&json)?), "{json}");
                    }
                }
            }
        }
        Ok(())
    }

    /// The fields that a message can't do without.
    fn whole(channel: &str) -> Vec<(&'static str, Value)> {
        let fields = match channel {
            "chat" => json!({"case": 1, "text": "hi"}),
            "mail" => json!({
                "case": 1, "contact": 1, "from": "a@example.com", "to": "b@example.com", "subject": "", "html": "hi",
            }),
            _ => json!({
                "case": 1, "contact": 1, "timeline": 1, "from": "+12513188609", "to": "+919666929552", "text": "hi",
            }),
        };
        [
            "case", "contact", "timeline", "from", "to", "subject", "html", "text",
        ]
        .into_iter()
        .filter_map(|field| Some((field, fields.get(field)?.clone())))
        .collect()
    }

    #[test]
    fn what_is_missing() -> Result {
        for (json, expected) in [
            (r#"{"channel":"chat","note":"hi"}"#, vec!["case"]),
            (
                r#"{"channel":"chat","case":null,"text":"hi"}"#,
                vec!["case"],
            ),
            // With what a check of the rest finds.
            (r#"{"channel":"chat"}"#, vec!["case", "text"]),
            (
                r#"{"channel":"mail"}"#,
                vec!["case", "contact", "from", "to", "subject", "html"],
            ),
            (
                r#"{"channel":"sms","contact":null,"from":"7"}"#,
                vec!["case", "contact", "timeline", "from", "to", "text"],
            ),
        ] {
            assert_eq!(problems(json)?.0, expected);
            assert!(
                !validator()?.is_valid(&serde_json::from_str(json)?),
                "{json}"
            );
        }
        Ok(())
    }

    #[test]
    fn fields_of_no_message() -> Result {
        let of_others = [
            (
                "chat",
                vec![
                    "from",
                    "to",
                    "subject",
                    "html",
                    "timeline",
                    "title",
                    "closed",
                    "without",
                    "attachment",
                ],
            ),
            (
                "mail",
                vec![
                    "note", "sender", "meta", "delay", "timeline", "mention", "title",
                ],
            ),
            (
                "sms",
                vec![
                    "note",
                    "subject",
                    "html",
                    "meta",
                    "cc",
                    "mention",
                    "attachment",
                    "delay",
                ],
            ),
        ];
        for (channel, fields) in of_others {
            for field in fields
                .into_iter()
                .chain(["key", "txt", "Text", "caseId", ""])
            {
                let mut json = json!({"channel": channel, field: SECRET});
                for (other, value) in whole(channel) {
                    json[other] = value;
                }
                let (wrong, text) = problems(&json.to_string())?;
                assert_eq!(wrong, [field], "{json}");
                assert_eq!(
                    text,
                    format!("`{field}` is not a field of a {channel} message")
                );
                assert!(!validator()?.is_valid(&json), "{json}");
            }
        }
        // Nothing in a name can break a line.
        let (_, text) = problems("{\"channel\":\"chat\",\"case\":1,\"a\\nb\\u001b\":1}")?;
        assert!(!text.contains(char::is_control), "{text:?}");
        Ok(())
    }

    #[test]
    fn every_problem_is_found_at_once() -> Result {
        let json = json!({
            "channel": "sms", "case": SECRET, "contact": [SECRET], "from": 7, "to": {SECRET: 1},
            "closed": SECRET, "sender": SECRET, "without": [7], "json": [SECRET], "subject": SECRET,
        });
        let (fields, text) = problems(&json.to_string())?;
        assert_eq!(
            fields,
            [
                "case", "contact", "timeline", "from", "to", "closed", "sender", "without", "json",
                "subject", "text"
            ],
            "{text}"
        );
        Ok(())
    }

    #[test]
    fn keys_that_come_twice() -> Result {
        for (json, fields) in [
            (
                r#"{"channel":"chat","case":28,"case":28,"text":"a"}"#,
                vec!["case"],
            ),
            (
                r#"{"channel":"chat","channel":"mail","case":28,"text":"a"}"#,
                vec!["channel"],
            ),
            (
                r#"{"channel":"chat","case":28,"text":"canary","te\u0078t":"canary"}"#,
                vec!["text"],
            ),
            (
                r#"{"channel":"chat","case":28,"text":null,"text":"canary"}"#,
                vec!["text"],
            ),
            (
                r#"{"channel":"chat","case":1,"text":"a","case":1,"text":"b","note":1}"#,
                vec!["case", "text", "note"],
            ),
        ] {
            let (found, text) = problems(json)?;
            assert_eq!(found, fields, "{json}");
            assert!(
                text.contains(&format!("`{}` is there twice", fields[0])),
                "{text}"
            );
        }
        for free in [
            r#"{"canary":1,"canary":2}"#,
            r#"{"a":{"canary":1,"b":[],"canary":1}}"#,
            r#"{"a":[[{"b":{"canary":1,"c\u0061nary":1}}]]}"#,
            r#"{"a":[{"b":1},{"canary":{},"canary":{}}]}"#,
        ] {
            for (channel, field) in [
                ("chat", "meta"),
                ("chat", "json"),
                ("mail", "attachment"),
                ("sms", "json"),
            ] {
                let others: String = whole(channel)
                    .into_iter()
                    .map(|(other, value)| format!(r#","{other}":{value}"#))
                    .collect();
                let json = format!(r#"{{"channel":"{channel}"{others},"{field}":{free}}}"#);
                let (fields, text) = problems(&json)?;
                assert_eq!(fields, [field], "{json}");
                let expected = format!("`{field}` has an object with the same key twice");
                assert_eq!(text, expected, "{json}");
            }
        }
        // The same key in different objects is none that comes twice.
        let json = r#"{"channel":"chat","case":1,"text":"x","meta":{"text":{"text":1},"case":[{"text":1}]}}"#;
        Message::from_json(json)?.check()?;
        Ok(())
    }

    #[test]
    fn free_json_that_is_too_deep() -> Result {
        for (levels, is_right) in [(99, true), (101, false), (100_000, false)] {
            let deep = "[".repeat(levels) + &"]".repeat(levels);
            let json =
                format!(r#"{{"channel":"chat","case":1,"text":"x","json":{{"/a":{deep}}}}}"#);
            match Message::from_json(&json) {
                Ok(message) => {
                    assert!(is_right, "{levels}");
                    message.check()?;
                }
                Err(error) => {
                    assert!(!is_right, "{levels}: {error}");
                    assert_eq!(
                        error.to_string(),
                        "`json` is nested too deep: 100 levels at most"
                    );
                }
            }
        }
        Ok(())
    }
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

mod checks {
    use super::*;

    /// Each can be read: a message that can't be sent as it is may be stored all the same.
    #[test]
    fn are_for_what_can_be_read() -> Result {
        for (json, expected) in [
            (r#"{"channel":"chat","case":1}"#, vec!["text"]),
            (
                r#"{"channel":"chat","case":1,"text":"a","note":"b"}"#,
                vec!["text"],
            ),
            (
                r#"{"channel":"chat","case":1,"note":"a","event":"b"}"#,
                vec!["text"],
            ),
            (
                r#"{"channel":"chat","case":1,"text":"a","note":"b","event":"c"}"#,
                vec!["text"],
            ),
            (
                r#"{"channel":"chat","case":0,"event":" ","contact":-1}"#,
                vec!["case", "event", "contact"],
            ),
            (
                r#"{"channel":"mail","case":1,"contact":1}"#,
                vec!["from", "to", "subject", "html"],
            ),
            (
                r#"{"channel":"sms","case":1,"contact":1,"timeline":0}"#,
                vec!["timeline", "from", "to", "text"],
            ),
        ] {
            let message = Message::from_json(json)?;
            assert_eq!(fields(message.check()), expected, "{json}");
            let again = Message::from_json(&serde_json::to_string(&message)?)?;
            assert!(again == message, "{json}");
        }
        Ok(())
    }

    #[test]
    fn pass_the_other_ones() -> Result {
        for message in [Message::from(chat()), mail().into(), sms().into()] {
            message.check()?;
        }
        Ok(())
    }
}

mod without {
    use super::*;

    fn body(message: impl Into<Message>) -> Result<Value> {
        let client = Client::builder()
            .account_id("acme")
            .api_key("key")
            .build()?;
        Ok(serde_json::from_slice(
            client.to_http_request(message)?.body(),
        )?)
    }

    /// Exactly that one is gone.
    #[test]
    fn leaves_out_each_name() -> Result {
        for name in ["cc", "bcc", "attachments"] {
            let mut expected = body(mail())?;
            let data = expected["data"].as_object_mut().ok_or("no data")?;
            data.remove(name).ok_or_else(|| format!("no {name}"))?;
            assert_eq!(body(mail().without(name))?, expected, "{name}");
        }
        for name in [
            "id",
            "isClosed",
            "isMultiChannel",
            "markValue",
            "message",
            "msgType",
            "sms",
        ] {
            let mut expected = body(sms())?;
            let body_of_sms = expected.as_object_mut().ok_or("no object")?;
            body_of_sms
                .remove(name)
                .ok_or_else(|| format!("no {name}"))?;
            assert_eq!(body(sms().without(name))?, expected, "{name}");
        }
        let all = ["cc", "bcc", "attachments", "cc"];
        let data = body(mail().without(all))?["data"].take();
        assert!(
            ["cc", "bcc", "attachments"]
                .iter()
                .all(|name| data.get(name).is_none())
        );
        // What is left out can be put in otherwise.
        let with_other = mail().without("cc").json("/data/cc", "none");
        assert_eq!(body(with_other)?["data"]["cc"], "none");
        Ok(())
    }

    #[test]
    fn takes_no_other_name_and_nothing_that_has_a_value() {
        for message in [
            Message::from(mail().without(SECRET)),
            mail().without("to").into(),
            mail().without("").into(),
            mail().without("cc").cc("a@example.com").into(),
            mail().without("bcc").bcc("a@example.com").into(),
            mail().without("attachments").attachment(1).into(),
            sms().without(SECRET).into(),
            sms().without("Body").into(),
            sms().without("title").into(),
            sms().without("isClosed").closed(false).into(),
            sms().without("isMultiChannel").multi_channel(true).into(),
            sms().without("msgType").message_type("note").into(),
        ] {
            let checked = message.check();
            let text = checked.as_ref().unwrap_err().to_string();
            assert!(!text.contains(SECRET), "{text}");
            assert_eq!(fields(checked), ["without"], "{text}");
        }
    }
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
