//! For each rule what it refuses, and how the same is sent all the same.

use std::collections::HashMap;

use acquire_io::{CaseId, Chat, ContactId, Mail, Message, RawJson, Sms, TimelineId, types};
use acquire_io_api::Client;
use serde_json::{Value, json};

/// A rule, by the beginning of its text in the guide.
pub(crate) struct Example {
    pub(crate) rule: &'static str,
    /// The field, the message, and words of the problem.
    pub(crate) refused: Vec<(&'static str, Message, &'static str)>,
    /// A way round, and what of it is on the wire.
    pub(crate) ways: Vec<(Way, &'static str)>,
}

/// How a rule is got round.
pub(crate) enum Way {
    Json(Message),
    RawJson(Message),
    Generated(fn(&Client) -> Request),
}

type Request = Result<reqwest::Request, Box<dyn std::error::Error>>;

impl Way {
    /// As the guide says it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Json(_) => "json",
            Self::RawJson(_) => "RawJson",
            Self::Generated(_) => "the generated client",
        }
    }
}

fn chat() -> Chat {
    Chat::new(CaseId(28)).text("hi")
}

fn mail() -> Mail {
    mail_of(575, 597_632)
}

fn mail_of(case: i64, contact: i64) -> Mail {
    Mail::new(CaseId(case), ContactId(contact))
        .from("user@acquire.io")
        .to("ann@example.com")
        .subject("test")
        .html("<p>hi</p>")
}

fn sms() -> Sms {
    sms_of(2219, 751_069, 2108)
}

fn sms_of(case: i64, contact: i64, timeline: i64) -> Sms {
    Sms::new(CaseId(case), ContactId(contact), TimelineId(timeline))
        .from("+12513188609")
        .to("+919666929552")
        .text("hi")
}

/// A message from its JSON, which can hold what no setter makes.
fn stored(json: Value) -> Message {
    Message::from_json(&json.to_string()).expect("a message")
}

fn without(message: impl Into<Message>, field: &str) -> Message {
    let mut json = serde_json::to_value(message.into()).expect("JSON");
    json.as_object_mut()
        .expect("an object")
        .remove(field)
        .expect("the field");
    stored(json)
}

fn refuse(
    field: &'static str,
    message: impl Into<Message>,
    words: &'static str,
) -> (&'static str, Message, &'static str) {
    (field, message.into(), words)
}

fn json_way(message: impl Into<Message>, wire: &'static str) -> (Way, &'static str) {
    (Way::Json(message.into()), wire)
}

/// A value of free form whose text a client would refuse.
fn raw(json: &str) -> RawJson {
    serde_json::from_str(json).expect("JSON")
}

/// A chat message with this `meta`, made by the generated client.
fn generated_chat(client: &Client, meta: &str) -> Request {
    let message = types::NewChatMessage::builder()
        .type_(types::ChatMessageType::Message)
        .message("hi");
    let body = types::ChatMessageRequest::builder()
        .case_id(CaseId(28))
        .message(message)
        .meta(Some(raw(meta)));
    Ok(client.send_chat_message().body(body).request()?)
}

/// The same value of free form in each place for one.
fn free(json: &str, words: &'static str) -> Vec<(&'static str, Message, &'static str)> {
    let value = raw(json);
    let within = json!({"a": 1}).to_string().replace('1', json);
    vec![
        refuse("meta", chat().meta(raw(&within)), words),
        refuse("attachment", mail().attachment(&value), words),
        refuse("json", chat().json("/a", &value), words),
        refuse("json", mail().json("/data/a", &value), words),
        refuse("json", sms().json("/a", &value), words),
    ]
}

pub(crate) fn examples() -> Vec<Example> {
    let mut examples = given();
    examples.extend(texts());
    examples.extend(values());
    examples.extend(of_free_form());
    examples
}

fn given() -> Vec<Example> {
    let ids = |id| {
        [
            refuse("case", Chat::new(CaseId(id)).text("hi"), "positive"),
            refuse("contact", chat().contact(ContactId(id)), "positive"),
            refuse("case", mail_of(id, 1), "positive"),
            refuse("contact", mail_of(1, id), "positive"),
            refuse("case", sms_of(id, 1, 1), "positive"),
            refuse("contact", sms_of(1, id, 1), "positive"),
            refuse("timeline", sms_of(1, 1, id), "positive"),
        ]
    };
    vec![
        Example {
            rule: "is positive",
            refused: [0, -1, i64::MIN].into_iter().flat_map(ids).collect(),
            ways: vec![
                json_way(chat().json("/caseId", 0), r#"{"caseId":0,"#),
                (
                    Way::Generated(|client| {
                        let body = types::ChatMessageRequest::builder()
                            .case_id(CaseId(28))
                            .message(
                                types::NewChatMessage::builder()
                                    .type_(types::ChatMessageType::Message)
                                    .message("hi"),
                            );
                        let call = client.send_chat_message().contact_id(ContactId(0));
                        Ok(call.body(body).request()?)
                    }),
                    "contactId=0",
                ),
            ],
        },
        Example {
            rule: "is given",
            refused: vec![
                refuse("from", without(mail(), "from"), "is required"),
                refuse("to", without(mail(), "to"), "is required"),
                refuse("subject", without(mail(), "subject"), "is required"),
                refuse("html", without(mail(), "html"), "is required"),
                refuse("from", without(sms(), "from"), "is required"),
                refuse("to", without(sms(), "to"), "is required"),
                refuse("text", without(sms(), "text"), "is required"),
            ],
            ways: vec![json_way(mail().json("/data/to", json!([])), r#""to":[]"#)],
        },
        Example {
            rule: "of a chat: is given",
            refused: vec![refuse(
                "text",
                Chat::new(CaseId(28)),
                "is required, or `note`, or `event`",
            )],
            ways: vec![json_way(
                chat().json("/message/message", ""),
                r#""message":"""#,
            )],
        },
        Example {
            rule: "of a chat: excludes",
            refused: vec![
                refuse(
                    "text",
                    stored(json!({"channel": "chat", "case": 1, "text": "a", "note": "b"})),
                    "excludes `note` and `event`",
                ),
                refuse(
                    "text",
                    stored(json!({"channel": "chat", "case": 1, "note": "a", "event": "b"})),
                    "excludes `note` and `event`",
                ),
            ],
            ways: vec![json_way(
                chat().json("/message/note", "b"),
                r#""message":"hi","type":"message","note":"b""#,
            )],
        },
        Example {
            rule: "names what the client fills in",
            refused: vec![
                refuse("without", mail().without("subject"), "none of cc, bcc"),
                refuse("without", mail().without(""), "none of cc, bcc"),
                refuse("without", mail().cc("a@b.cd").without("cc"), "has a value"),
                refuse("without", sms().without("Body"), "none of id, isClosed"),
                refuse(
                    "without",
                    sms().closed(false).without("isClosed"),
                    "has a value",
                ),
            ],
            ways: vec![(
                Way::Generated(|client| {
                    let body = types::SmsRequest::builder()
                        .body("hi")
                        .from("+12513188609")
                        .to("+919666929552")
                        .contact_id(ContactId(751_069))
                        .thread_id(CaseId(2219))
                        .timeline_id(TimelineId(2108));
                    Ok(client.send_sms().body(body).request()?)
                }),
                r#"{"Body":"hi","contactId":751069,"From":"+12513188609","threadId":2219,"timelineId":2108,"To":"+919666929552"}"#,
            )],
        },
    ]
}

fn texts() -> Vec<Example> {
    let blank = |text: &'static str, words| {
        [
            refuse("text", chat().text(text), words),
            refuse("note", chat().note(text), words),
            refuse("event", chat().event(text), words),
            refuse("message_channel", chat().message_channel(text), words),
            refuse("mention", chat().mention(["7", text]), words),
            refuse("html", mail().html(text), words),
            refuse("text", mail().text(text), words),
            refuse("text", sms().text(text), words),
            refuse("title", sms().title(text), words),
            refuse("message_type", sms().message_type(text), words),
        ]
    };
    let nul = |text: &'static str| {
        [
            refuse("text", chat().text(text), "NUL"),
            refuse("note", chat().note(text), "NUL"),
            refuse("event", chat().event(text), "NUL"),
            refuse("html", mail().html(text), "NUL"),
            refuse("text", mail().text(text), "NUL"),
            refuse("text", sms().text(text), "NUL"),
        ]
    };
    let line = |text: &'static str, words| {
        [
            refuse("subject", mail().subject(text), words),
            refuse("title", sms().title(text), words),
            refuse("message_type", sms().message_type(text), words),
            refuse("message_channel", chat().message_channel(text), words),
            refuse("mention", chat().mention(text), words),
        ]
    };
    let breaks = [
        "a\r\nBcc: e@example.org",
        "a\n",
        "\ra",
        "a\u{b}b",
        "a\u{c}b",
        "a\u{85}b",
        "a\u{2028}b",
        "a\u{2029}b",
    ];
    let controls = [
        ("a\0b", "U+0000"),
        ("a\tb", "U+0009"),
        ("a\u{1b}[31m", "U+001B"),
        ("a\u{7f}", "U+007F"),
        ("\u{9b}a", "U+009B"),
    ];
    vec![
        Example {
            rule: "has a visible character",
            refused: ["", " ", "\u{3000}"]
                .into_iter()
                .flat_map(|text| blank(text, "is empty"))
                .chain(blank("\u{feff}", "has no visible character"))
                .chain(blank("\u{200b} \u{2060}", "has no visible character"))
                .collect(),
            ways: vec![json_way(sms().json("/title", ""), r#""title":"""#)],
        },
        Example {
            rule: "has no NUL character",
            refused: ["\0H\0i", "a\0"].into_iter().flat_map(nul).collect(),
            ways: vec![json_way(sms().json("/Body", "\0"), r#""Body":"\u0000""#)],
        },
        Example {
            rule: "is one line",
            refused: breaks
                .into_iter()
                .flat_map(|text| line(text, "holds a line break: a "))
                .chain(
                    controls
                        .into_iter()
                        .flat_map(|(text, code)| line(text, code)),
                )
                .chain([refuse(
                    "subject",
                    mail().subject("a\nb"),
                    "a subject is one line",
                )])
                .collect(),
            ways: vec![json_way(
                mail().json("/data/subject", "a\r\nb"),
                r#""subject":"a\r\nb""#,
            )],
        },
    ]
}

fn values() -> Vec<Example> {
    let numbers = [
        ("", "it has no digits"),
        ("+", "it has no digits"),
        ("123456", "fewer than 7 digits"),
        ("+1234567890123456", "more than 15 digits"),
        ("0012513188609", "write + and the country code"),
        ("+0012513188609", "write + and the country code"),
        ("02513188609", "write it in international form"),
        ("+02513188609", "write it in international form"),
        ("٩٦٦٦٩٢٩٥٥٢", "its digits are not 0 to 9"),
        ("1251318860９", "its digits are not 0 to 9"),
        ("+1 251 318 8609", "leave out spaces"),
        ("12513188609\n", "leave out spaces"),
        ("++12513188609", "leave out spaces"),
        ("-12513188609", "leave out spaces"),
        ("0800FLOWERS", "it holds letters"),
        ("4.41E+11", "it holds letters"),
    ];
    let addresses = [
        ("", "is not an e-mail address"),
        ("someone", "Missing separator"),
        ("Ann <ann@example.com>", "Display names are not supported"),
        ("<ann@example.com>", "is not an e-mail address"),
        (" <ann@example.com> ", "Display names are not supported"),
        ("a@example.com,b@example.com", "is not an e-mail address"),
        (
            "a@example.com\r\nBcc: b@example.com",
            "it holds a line break",
        ),
        ("\"a\tb\"@example.com", "the control character U+0009"),
        ("a@example..com", "is not an e-mail address"),
        (
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.com",
            "is not an e-mail address",
        ),
    ];
    let foreign = [
        ("ann@münchen.example", "xn--mnchen-3ya.example"),
        ("ann@例え.example", "in its Punycode form"),
        ("jörg@münchen.example", "in its Punycode form"),
        ("jörg@example.de", "SMTPUTF8"),
        ("ان@example.com", "SMTPUTF8"),
    ];
    let of_phone = |(number, words): (&'static str, _)| {
        [
            refuse("from", sms().from(number), words),
            refuse("to", sms().to(number), words),
        ]
    };
    let of_mail = |(address, words): (&'static str, _)| {
        [
            refuse("from", mail().from(address), words),
            refuse("to", mail().to(address), words),
            refuse("cc", mail().cc(["b@example.com", address]), words),
            refuse("bcc", mail().bcc(address), words),
        ]
    };
    let tags = [
        "",
        "e",
        "en_US",
        "en US",
        "english!",
        "en-",
        "日本語",
        "en\n",
    ];
    let tag = |tag| {
        refuse(
            "translate_lang_key",
            chat().translate_lang_key(tag),
            "language tag",
        )
    };
    vec![
        Example {
            rule: "of an SMS: is a phone number",
            refused: numbers.into_iter().flat_map(of_phone).collect(),
            ways: vec![json_way(sms().json("/To", "911"), r#""To":"911""#)],
        },
        Example {
            rule: "of an e-mail: is a bare address",
            refused: addresses.into_iter().flat_map(of_mail).collect(),
            ways: vec![json_way(
                mail().json("/data/from", "Ann <ann@example.com>"),
                r#""from":"Ann <ann@example.com>""#,
            )],
        },
        Example {
            rule: "of an e-mail: is ASCII",
            refused: foreign.into_iter().flat_map(of_mail).collect(),
            ways: vec![json_way(
                mail().json("/data/to", ["ann@münchen.example"]),
                r#""to":["ann@münchen.example"]"#,
            )],
        },
        Example {
            rule: "is a language tag",
            refused: tags.into_iter().map(tag).collect(),
            ways: vec![json_way(
                chat().json("/message/translateLangKey", "en_US"),
                r#""translateLangKey":"en_US""#,
            )],
        },
    ]
}

fn of_free_form() -> Vec<Example> {
    let lists = |levels| "[".repeat(levels) + &"]".repeat(levels);
    let deep = format!(r#"{{"a":{}}}"#, lists(100));
    let place = |pointer: &str| refuse("json", chat().json(pointer, 1), "has no place for value 1");
    let no_json = HashMap::from([((1, 2), 3)]);
    vec![
        Example {
            rule: "is an object",
            refused: vec![
                refuse("meta", chat().meta([1]), "is not a JSON object"),
                refuse("meta", chat().meta("{}"), "is not a JSON object"),
                refuse("meta", chat().meta(None::<u8>), "is not a JSON object"),
            ],
            ways: vec![json_way(chat().json("/meta", [1]), r#""meta":[1]"#)],
        },
        Example {
            rule: "has each key once",
            refused: free(r#"{"a":1,"\u0061":2}"#, "the same key twice"),
            ways: vec![(
                Way::Generated(|client| generated_chat(client, r#"{"a":1,"a":2}"#)),
                r#""meta":{"a":1,"a":2}"#,
            )],
        },
        Example {
            rule: "is nested 100 levels deep at most",
            refused: {
                let mut refused = free(&deep, "is nested too deep");
                // Within the two objects around it.
                let value = raw(&lists(99));
                let of_json = chat().json("/message/a", &value);
                refused.push(refuse("json", of_json, "is nested too deep"));
                refused
            },
            ways: vec![(
                Way::Generated(|client| {
                    let deep = "[".repeat(101) + &"]".repeat(101);
                    generated_chat(client, &format!(r#"{{"deep":{deep}}}"#))
                }),
                r#""deep":[[[["#,
            )],
        },
        Example {
            rule: "has texts of Unicode",
            refused: [r#""\ud83d""#, r#"{"\ud83d":1}"#]
                .into_iter()
                .flat_map(|json| free(json, "is not Unicode"))
                .collect(),
            ways: vec![(
                Way::Generated(|client| generated_chat(client, r#"{"a":"\ud83d"}"#)),
                r#""meta":{"a":"\ud83d"}"#,
            )],
        },
        Example {
            rule: "can be written as JSON",
            refused: vec![
                refuse("meta", chat().meta(&no_json), "can't be written"),
                refuse(
                    "attachment",
                    mail().attachment(&no_json),
                    "can't be written",
                ),
                refuse("json", sms().json("/a", &no_json), "can't be written"),
            ],
            ways: vec![(
                Way::RawJson(chat().meta(raw(r#"{"1,2":3}"#)).into()),
                r#""meta":{"1,2":3}"#,
            )],
        },
        Example {
            rule: "has a place",
            refused: ["", "a", "/a/b", "/caseId/b", "/message/a~2", "/message/0/a"]
                .into_iter()
                .map(place)
                .chain([
                    refuse("json", mail().json("/data/to/0", 1), "has no place"),
                    refuse(
                        "json",
                        sms().without("sms").json("/sms/a", 1),
                        "has no place",
                    ),
                ])
                .collect(),
            ways: vec![json_way(
                chat().json("/a", json!({})).json("/a/b", 1),
                r#""a":{"b":1}"#,
            )],
        },
    ]
}
