//! What is wrong is rejected by name and not sent; what is right is sent as it was given.

use acquire_io::{CaseId, Chat, Client, ContactId, Delivery, Message, Problem};
use acquire_io_tests::Result;
use acquire_io_tests::fault::{Answer, Request, Server};
use serde_json::Value;

use crate::samples::{chat, mail, mail_of, sms, sms_of};

/// A server that accepts everything, and a client for it.
struct Setup {
    server: Server,
    client: Client,
}

impl Setup {
    fn start() -> Result<Self> {
        let server = Server::answering(Answer::json(200, "{}"))?;
        let client = server.client()?.build()?;
        Ok(Self { server, client })
    }

    /// Nothing arrives at the server, the verdict is that nothing was sent, and the error names the field.
    async fn rejects(&self, field: &str, wrong: &str, message: impl Into<Message>) -> Result {
        let before = self.server.received().requests.len();
        let outcome = self.client.send(message).await;
        let Err(error) = outcome else {
            return Err(format!("{field} {wrong:?} is sent").into());
        };
        assert_eq!(
            self.server.received().requests.len(),
            before,
            "{field} {wrong:?}"
        );
        assert_eq!(error.delivery(), Delivery::NotSent, "{field} {wrong:?}");
        let fields: Vec<_> = error.problems().iter().map(Problem::field).collect();
        assert_eq!(fields, [field], "{wrong:?}");
        assert!(error.is_input(), "{field} {wrong:?}");
        assert_eq!(error.attempts(), 0, "{field} {wrong:?}");
        assert!(error.to_string().contains(&format!("`{field}`")), "{error}");
        Ok(())
    }

    /// One request arrives, with this value at a JSON pointer.
    async fn sends(
        &self,
        pointer: &str,
        right: impl Into<Value>,
        message: impl Into<Message>,
    ) -> Result<Request> {
        let right = right.into();
        let before = self.server.received().requests.len();
        let outcome = self.client.send(message).await;
        outcome.map_err(|error| format!("{pointer} {right}: {error}"))?;
        let received = self.server.received().requests.split_off(before);
        assert_eq!(received.len(), 1, "{pointer} {right}");
        let body: Value = serde_json::from_slice(&received[0].body)?;
        assert_eq!(body.pointer(pointer), Some(&right), "{pointer}");
        Ok(received[0].clone())
    }
}

#[tokio::test]
async fn identifiers() -> Result {
    let setup = Setup::start()?;
    for id in [0, -1, i64::MIN] {
        let wrong = id.to_string();
        setup
            .rejects("case", &wrong, Chat::new(CaseId(id)).text("hi"))
            .await?;
        setup
            .rejects("contact", &wrong, chat().contact(ContactId(id)))
            .await?;
        setup
            .rejects(
                "contact",
                &wrong,
                chat().as_contact().contact(ContactId(id)),
            )
            .await?;
        setup.rejects("case", &wrong, mail_of(id, 1)).await?;
        setup.rejects("contact", &wrong, mail_of(1, id)).await?;
        setup.rejects("case", &wrong, sms_of(id, 1, 1)).await?;
        setup.rejects("contact", &wrong, sms_of(1, id, 1)).await?;
        setup.rejects("timeline", &wrong, sms_of(1, 1, id)).await?;
    }
    for id in [1, i64::MAX] {
        setup
            .sends("/caseId", id, Chat::new(CaseId(id)).text("hi"))
            .await?;
        setup.sends("/data/caseId", id, mail_of(id, 1)).await?;
        setup.sends("/data/contactId", id, mail_of(1, id)).await?;
        setup.sends("/threadId", id, sms_of(id, 1, 1)).await?;
        setup.sends("/contactId", id, sms_of(1, id, 1)).await?;
        setup.sends("/timelineId", id, sms_of(1, 1, id)).await?;
        let received = setup
            .sends("/caseId", 28, chat().as_contact().contact(ContactId(id)))
            .await?;
        let line = received.head.lines().next().unwrap_or_default();
        assert!(
            line.contains(&format!("contactId={id}&"))
                || line.contains(&format!("contactId={id} ")),
            "{line}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn phone_numbers() -> Result {
    let setup = Setup::start()?;
    for wrong in [
        "",
        "+",
        "++12513188609",
        "12513188609+",
        "123456",
        "+123456",
        "1234567890123456",
        "+1234567890123456",
        "+1 251 318 8609",
        "1-251-318-8609",
        "(251)3188609",
        " 12513188609",
        "12513188609\n",
        "1251318860a",
        "0800FLOWERS",
        "-12513188609",
        // Digits of other scripts.
        "١٢٣٤٥٦٧٨",
        "１２３４５６７",
        "²²²²²²²²",
    ] {
        setup.rejects("from", wrong, sms().from(wrong)).await?;
        setup.rejects("to", wrong, sms().to(wrong)).await?;
    }
    for right in [
        "1234567",
        "+1234567",
        "123456789012345",
        "+123456789012345",
        "919666929552",
        "+919666929552",
    ] {
        setup.sends("/From", right, sms().from(right)).await?;
        setup.sends("/To", right, sms().to(right)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn addresses() -> Result {
    let setup = Setup::start()?;
    let long = format!("{}@example.com", "a".repeat(65));
    for wrong in [
        "",
        "@",
        "someone",
        "someone@",
        "@example.com",
        "some@one@example.com",
        "some one@example.com",
        "\"some\tone\"@example.com",
        "someone@exam ple.com",
        " someone@example.com",
        "someone@example.com ",
        "someone@example.com\n",
        "someone@example.com\r\nBcc: other@example.com",
        "someone@example.com,other@example.com",
        "someone@example.com; other@example.com",
        "Someone <someone@example.com>",
        "<someone@example.com>",
        " <someone@example.com> ",
        "someone..else@example.com",
        ".someone@example.com",
        "someone@example..com",
        "someone@-example.com",
        "mailto:someone@example.com\0",
        "jörg@example.de",
        "someone@bücher.example",
        long.as_str(),
    ] {
        setup.rejects("from", wrong, mail().from(wrong)).await?;
        // The first recipient is right.
        setup.rejects("to", wrong, mail().to(wrong)).await?;
        setup.rejects("cc", wrong, mail().cc(wrong)).await?;
        setup.rejects("bcc", wrong, mail().bcc(wrong)).await?;
    }
    for right in [
        "someone@example.com",
        "Some.One+news@Mail.Example.COM",
        "o'neil@example.co.uk",
        "\"some one\"@example.com",
        "someone@xn--bcher-kva.example",
        "a@b.cd",
    ] {
        setup.sends("/data/from", right, mail().from(right)).await?;
        setup.sends("/data/to/1", right, mail().to(right)).await?;
        setup.sends("/data/cc/0", right, mail().cc(right)).await?;
        setup.sends("/data/bcc/0", right, mail().bcc(right)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn language_tags() -> Result {
    let setup = Setup::start()?;
    for wrong in [
        "",
        " ",
        "e",
        "english!",
        "en_US",
        "en US",
        "en-",
        "-en",
        "en--US",
        "123",
        "en\n",
        "日本語",
    ] {
        setup
            .rejects(
                "translate_lang_key",
                wrong,
                chat().translate_lang_key(wrong),
            )
            .await?;
    }
    for right in ["en", "EN", "pt-BR", "pt-br", "zh-Hant-TW", "de-1996"] {
        setup
            .sends(
                "/message/translateLangKey",
                right,
                chat().translate_lang_key(right),
            )
            .await?;
    }
    Ok(())
}

#[tokio::test]
async fn texts() -> Result {
    let setup = Setup::start()?;
    for wrong in ["", " ", "\n", "\t\r\n ", "\u{a0}", "\u{3000}\u{2003}"] {
        setup.rejects("text", wrong, chat().text(wrong)).await?;
        setup.rejects("note", wrong, chat().note(wrong)).await?;
        setup.rejects("event", wrong, chat().event(wrong)).await?;
        setup.rejects("text", wrong, sms().text(wrong)).await?;
        setup.rejects("html", wrong, mail().html(wrong)).await?;
    }
    let long = "long ".repeat(200_000);
    for right in [
        "  white space around\r\n",
        "a \"quote\", a \\backslash\\ and a /slash/",
        "control \u{1}, tab \t and break \u{2028}",
        "e\u{301} is not é",
        "👩‍👩‍👧 \u{202e}",
        "<p>&amp;</p>",
        "%20+",
        long.as_str(),
    ] {
        setup
            .sends("/message/message", right, chat().text(right))
            .await?;
        setup.sends("/Body", right, sms().text(right)).await?;
        setup
            .sends("/data/htmlBody", right, mail().html(right))
            .await?;
        setup
            .sends("/data/textBody", right, mail().text(right))
            .await?;
    }
    for right in [
        "  white space around ",
        "%20+ \"quote\" \\ / <p>&amp;</p> 👩‍👩‍👧",
        "",
    ] {
        setup
            .sends("/data/subject", right, mail().subject(right))
            .await?;
    }
    setup.rejects("text", "", mail().text("")).await?;
    setup
        .rejects("message_channel", "", chat().message_channel(""))
        .await?;
    setup.rejects("mention", " ", chat().mention(" ")).await?;
    setup.rejects("title", "", sms().title("")).await?;
    setup
        .rejects("message_type", "", sms().message_type(""))
        .await?;
    Ok(())
}
