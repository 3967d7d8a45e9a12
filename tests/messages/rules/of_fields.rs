//! Examples of the rules for what is given, and for texts.

use acquire_io::{CaseId, Chat, ContactId, TimelineId, types};
use serde_json::json;

use crate::rules::example::*;
use crate::samples::*;

pub(crate) fn given() -> Vec<Example> {
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
            rule: "names a value that the client fills in",
            refused: vec![
                refuse("without", mail().without("subject"), "not one of cc, bcc"),
                refuse("without", mail().without(""), "not one of cc, bcc"),
                refuse("without", mail().cc("a@b.cd").without("cc"), "has a value"),
                refuse("without", sms().without("Body"), "not one of id, isClosed"),
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

pub(crate) fn texts() -> Vec<Example> {
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
