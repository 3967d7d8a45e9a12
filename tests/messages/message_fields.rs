//! How each setting of a message reaches the wire.

use acquire_io_sandbox::Received;
use acquire_io_tests::Result;
use serde_json::Value;

/// The value at a JSON pointer of the body. Absent is an error, so it can't be taken for null.
fn at(received: &Received, pointer: &str) -> Result<Value> {
    let body: Value = serde_json::from_slice(&received.body)?;
    Ok(body
        .pointer(pointer)
        .ok_or_else(|| format!("nothing at {pointer} of {body}"))?
        .clone())
}

/// The pairs of the query, sorted.
fn query(received: &Received) -> Vec<String> {
    let mut pairs: Vec<_> = received
        .uri
        .query()
        .into_iter()
        .flat_map(|query| query.split('&'))
        .map(str::to_owned)
        .collect();
    pairs.sort();
    pairs
}

mod chat {
    use acquire_io::UserTypeParameter::Older;
    use acquire_io::{CaseId, Chat, ContactId};
    use acquire_io_tests::sandbox::{send, send_with};
    use serde_json::json;

    use super::*;
    use crate::samples::chat;

    #[tokio::test]
    async fn by_default_there_is_no_query_and_nothing_but_the_message() -> Result {
        let received = send(chat()).await?;
        assert_eq!(received.uri, "/api/v1/crm/messenger/chat/add-message");
        assert_eq!(
            at(&received, "")?,
            json!({"caseId": 28, "message": {"type": "message", "message": "hi"}})
        );
        Ok(())
    }

    #[tokio::test]
    async fn as_the_contact_names_the_contact() -> Result {
        let chat = Chat::new(CaseId(2069)).text("hi").as_contact();
        let received = send(chat.contact(ContactId(597_759))).await?;
        assert_eq!(
            query(&received),
            ["contactId=597759", "x-user-type=contact"]
        );
        Ok(())
    }

    #[tokio::test]
    async fn an_agent_can_name_the_contact() -> Result {
        let chat = Chat::new(CaseId(2069)).text("hi").as_agent();
        let received = send(chat.contact(ContactId(597_759))).await?;
        assert_eq!(query(&received), ["contactId=597759", "x-user-type=user"]);
        Ok(())
    }

    #[tokio::test]
    async fn the_older_spelling_replaces_the_newest() -> Result {
        let received = send_with(Older, chat().as_agent()).await?;
        assert_eq!(query(&received), ["-x-user-type=user"]);
        Ok(())
    }

    #[tokio::test]
    async fn notes_and_events_have_their_type() -> Result {
        let note = send(Chat::new(CaseId(28)).note("for us")).await?;
        assert_eq!(
            at(&note, "/message")?,
            json!({"type": "note", "message": "for us"})
        );
        let event = send(Chat::new(CaseId(28)).event("joined")).await?;
        assert_eq!(
            at(&event, "/message")?,
            json!({"type": "event", "message": "joined"})
        );
        Ok(())
    }

    #[tokio::test]
    async fn mentions_add_up_and_meta_is_sent() -> Result {
        let received = send(
            chat()
                .mention("7")
                .mention("8")
                .meta(json!({"a": 1, "b": ["c"]})),
        )
        .await?;
        assert_eq!(at(&received, "/mentionUsers")?, json!(["7", "8"]));
        assert_eq!(at(&received, "/meta")?, json!({"a": 1, "b": ["c"]}));
        Ok(())
    }

    #[tokio::test]
    async fn channel_delay_and_language_are_sent() -> Result {
        let received = send(
            chat()
                .message_channel("facebook")
                .delay(1 << 40)
                .translate_lang_key("no"),
        )
        .await?;
        assert_eq!(at(&received, "/channel")?, "facebook");
        assert_eq!(at(&received, "/delay")?, 1_i64 << 40);
        assert_eq!(at(&received, "/message/translateLangKey")?, "no");
        Ok(())
    }

    #[tokio::test]
    async fn any_text_arrives_as_it_is() -> Result {
        let text = "\"quotes\" \\ \n\t\u{1} Grüße 👋🏽 <b>&amp;";
        let received = send(chat().text(text)).await?;
        assert_eq!(at(&received, "/message/message")?, text);
        Ok(())
    }
}

mod mail {
    use acquire_io_tests::sandbox::send;
    use serde_json::json;

    use super::*;
    use crate::samples::mail;

    #[tokio::test]
    async fn there_is_no_query() -> Result {
        let received = send(mail()).await?;
        assert_eq!(received.uri, "/api/v1/mail/add-message");
        Ok(())
    }

    #[tokio::test]
    async fn recipients_and_attachments_add_up() -> Result {
        let received = send(
            mail()
                .to("b@example.com")
                .cc("c@example.com")
                .cc("d@example.com")
                .bcc("e@example.com")
                .attachment(json!({"url": "https://example.com/a.pdf"}))
                .attachment("b"),
        )
        .await?;
        assert_eq!(
            at(&received, "/data/to")?,
            json!(["ann@example.com", "b@example.com"])
        );
        assert_eq!(
            at(&received, "/data/cc")?,
            json!(["c@example.com", "d@example.com"])
        );
        assert_eq!(at(&received, "/data/bcc")?, json!(["e@example.com"]));
        assert_eq!(
            at(&received, "/data/attachments")?,
            json!([{"url": "https://example.com/a.pdf"}, "b"])
        );
        Ok(())
    }

    #[tokio::test]
    async fn html_is_sent_as_it_is() -> Result {
        let received = send(mail().text("<plain> & simple")).await?;
        assert_eq!(at(&received, "/data/htmlBody")?, "<p>hi</p>");
        assert_eq!(at(&received, "/data/textBody")?, "<plain> & simple");
        Ok(())
    }

    #[tokio::test]
    async fn an_empty_subject_is_a_subject() -> Result {
        let received = send(mail().subject("")).await?;
        assert_eq!(at(&received, "/data/subject")?, "");
        Ok(())
    }
}

mod sms {
    use acquire_io::UserTypeParameter::Older;
    use acquire_io_tests::sandbox::{send, send_with};

    use super::*;
    use crate::samples::sms;

    #[tokio::test]
    async fn by_default_there_is_no_query_and_no_title() -> Result {
        let received = send(sms()).await?;
        assert_eq!(received.uri, "/api/v1/voip/send-sms");
        assert_eq!(at(&received, "")?.get("title"), None);
        Ok(())
    }

    /// The older spelling is of the chat pages: no page has it for an SMS.
    #[tokio::test]
    async fn each_side_has_one_spelling() -> Result {
        let agent = send_with(Older, sms().as_agent()).await?;
        assert_eq!(query(&agent), ["x-user-type=user"]);
        let contact = send(sms().as_contact()).await?;
        assert_eq!(query(&contact), ["x-user-type=contact"]);
        Ok(())
    }

    #[tokio::test]
    async fn the_text_is_escaped_in_html_only() -> Result {
        let received = send(sms().text("<b>&\"")).await?;
        assert_eq!(at(&received, "/markValue")?, "<p>&lt;b&gt;&amp;\"</p>");
        for verbatim in ["/Body", "/message", "/sms"] {
            assert_eq!(at(&received, verbatim)?, "<b>&\"", "{verbatim}");
        }
        Ok(())
    }

    #[tokio::test]
    async fn the_fields_that_no_page_describes_can_be_set() -> Result {
        let received = send(
            sms()
                .closed(true)
                .multi_channel(true)
                .message_type("note")
                .title("t"),
        )
        .await?;
        assert_eq!(at(&received, "/isClosed")?, true);
        assert_eq!(at(&received, "/isMultiChannel")?, true);
        assert_eq!(at(&received, "/msgType")?, "note");
        assert_eq!(at(&received, "/title")?, "t");
        Ok(())
    }
}

mod json_additions {
    use acquire_io::{CaseId, Chat};
    use acquire_io_tests::sandbox::send;
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn they_add_and_replace() -> Result {
        let received = send(
            Chat::new(CaseId(2069))
                .text("hi")
                .json("/meta", json!({}))
                .json("/meta/a~1b~0c", 1)
                .json("/message/message", "ho"),
        )
        .await?;
        assert_eq!(
            at(&received, "")?,
            json!({
                "caseId": 2069,
                "message": {"type": "message", "message": "ho"},
                "meta": {"a/b~c": 1},
            })
        );
        Ok(())
    }
}
