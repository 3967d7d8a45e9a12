//! What is no message, and how that is reported.

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
    // The type of a channel takes no other channel.
    let [(_, chat), (_, mail), (_, sms)] = least();
    let text = |error: Option<serde_json::Error>| error.map(|error| error.to_string());
    for json in [&mail, &sms] {
        let error = text(serde_json::from_str::<Chat>(json).err());
        assert_eq!(error.as_deref(), Some("`channel` is not chat"));
    }
    let error = text(serde_json::from_str::<Mail>(&chat).err());
    assert_eq!(error.as_deref(), Some("`channel` is not mail"));
    let error = text(serde_json::from_str::<Sms>(&mail).err());
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
    let json =
        r#"{"channel":"chat","case":1,"text":"x","meta":{"text":{"text":1},"case":[{"text":1}]}}"#;
    Message::from_json(json)?.check()?;
    Ok(())
}

#[test]
fn free_json_that_is_too_deep() -> Result {
    for (levels, is_right) in [(99, true), (101, false), (100_000, false)] {
        let deep = "[".repeat(levels) + &"]".repeat(levels);
        let json = format!(r#"{{"channel":"chat","case":1,"text":"x","json":{{"/a":{deep}}}}}"#);
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
