//! What a check finds.

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
