//! Examples of the rules for numbers, addresses, languages and JSON of free form.

use std::collections::HashMap;

use acquire_io::{CaseId, Message, types};
use acquire_io_api::Client;
use serde_json::json;

use crate::rules::example::*;
use crate::samples::*;

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

pub(crate) fn values() -> Vec<Example> {
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

pub(crate) fn of_free_form() -> Vec<Example> {
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
            rule: "has valid Unicode in its strings",
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
