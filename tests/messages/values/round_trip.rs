//! What is written can be read again.

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
