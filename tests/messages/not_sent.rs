//! What the wrapper rejects before the wire: the sandbox must receive nothing, the error must name the
//! field and hold no content.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use acquire_io::{CaseId, Chat, ContactId, Mail, Message, Sms, TimelineId};
use acquire_io_tests::{Result, sandbox};

use crate::samples::{chat, mail, sms};

/// A word that no error may repeat.
const SECRET: &str = "canary";

/// An e-mail that has nothing yet.
fn new_mail() -> Mail {
    Mail::new(CaseId(1128), ContactId(9_156_860))
}

/// An SMS that has nothing yet.
fn new_sms() -> Sms {
    Sms::new(CaseId(2219), ContactId(751_069), TimelineId(2108))
}

/// The texts of the errors, for a snapshot.
#[derive(Default)]
struct Errors(String);

impl Errors {
    /// Sends the message, which must fail because of this field, and perhaps others.
    async fn add(&mut self, field: &str, message: impl Into<Message>) -> Result {
        let error = sandbox::not_sent(message).await?;
        let mut problems = error.problems().iter();
        assert!(problems.any(|problem| problem.field() == field), "{error}");
        let text = error.to_string();
        assert!(
            !text.contains(SECRET) && !format!("{error:?}").contains(SECRET),
            "{text}"
        );
        writeln!(self.0, "{text}")?;
        Ok(())
    }
}

#[tokio::test]
async fn what_is_missing() -> Result {
    let mut errors = Errors::default();
    errors.add("text", Chat::new(CaseId(28))).await?;

    errors
        .add(
            "from",
            new_mail().to("b@example.com").subject("s").html("h"),
        )
        .await?;
    errors
        .add("to", new_mail().from("a@acquire.io").subject("s").html("h"))
        .await?;
    errors
        .add(
            "subject",
            new_mail()
                .from("a@acquire.io")
                .to("b@example.com")
                .html("h"),
        )
        .await?;
    errors
        .add(
            "html",
            new_mail()
                .from("a@acquire.io")
                .to("b@example.com")
                .subject("s"),
        )
        .await?;

    errors
        .add("from", new_sms().to("+919666929552").text("hi"))
        .await?;
    errors
        .add("to", new_sms().from("+12513188609").text("hi"))
        .await?;
    errors
        .add("text", new_sms().from("+12513188609").to("+919666929552"))
        .await?;
    insta::assert_snapshot!("what_is_missing", errors.0);
    Ok(())
}

#[tokio::test]
async fn ids_that_are_not_positive() -> Result {
    let mut errors = Errors::default();
    errors.add("case", Chat::new(CaseId(0)).text("hi")).await?;
    errors
        .add("contact", chat().as_contact().contact(ContactId(-1)))
        .await?;
    errors
        .add("case", Mail::new(CaseId(i64::MIN), ContactId(1)))
        .await?;
    errors
        .add("contact", Mail::new(CaseId(1), ContactId(0)))
        .await?;
    errors
        .add("case", Sms::new(CaseId(0), ContactId(1), TimelineId(1)))
        .await?;
    errors
        .add("contact", Sms::new(CaseId(1), ContactId(0), TimelineId(1)))
        .await?;
    errors
        .add("timeline", Sms::new(CaseId(1), ContactId(1), TimelineId(0)))
        .await?;
    insta::assert_snapshot!("ids_that_are_not_positive", errors.0);
    Ok(())
}

#[tokio::test]
async fn empty_texts() -> Result {
    let mut errors = Errors::default();
    errors.add("text", chat().text("")).await?;
    errors.add("note", chat().note(" \n\t")).await?;
    errors.add("html", mail().html("\n")).await?;
    errors.add("text", sms().text("\u{a0}")).await?;
    insta::assert_snapshot!("empty_texts", errors.0);
    Ok(())
}

#[tokio::test]
async fn languages() -> Result {
    let mut errors = Errors::default();
    for language in ["", "e", "canary en", "en_GB", "canarycanary"] {
        errors
            .add("translate_lang_key", chat().translate_lang_key(language))
            .await?;
    }
    insta::assert_snapshot!("languages", errors.0);
    Ok(())
}

#[tokio::test]
async fn mail_addresses() -> Result {
    let mut errors = Errors::default();
    errors.add("from", mail().from(SECRET)).await?;
    errors.add("to", mail().to("")).await?;
    errors
        .add("to", mail().to("Canary <canary@example.com>"))
        .await?;
    errors
        .add("cc", mail().cc("canary@example.com, b@example.com"))
        .await?;
    errors.add("bcc", mail().bcc("canary@")).await?;
    errors
        .add("bcc", mail().bcc("canary@example.com\r\nx: y"))
        .await?;
    insta::assert_snapshot!("mail_addresses", errors.0);
    Ok(())
}

#[tokio::test]
async fn phone_numbers() -> Result {
    let mut errors = Errors::default();
    let wrong = [
        "",
        "+",
        SECRET,
        "+1 251 318 8609",
        "123456",
        "1234567890123456",
        "++12513188609",
        "٠١٢٣٤٥٦٧",
    ];
    for number in wrong {
        errors.add("from", sms().from(number)).await?;
        errors.add("to", sms().to(number)).await?;
    }
    // Many have the same.
    let texts = Vec::from_iter(errors.0.lines().collect::<BTreeSet<_>>()).join("\n");
    insta::assert_snapshot!("phone_numbers", texts);
    Ok(())
}

#[tokio::test]
async fn additions_without_a_place() -> Result {
    let mut errors = Errors::default();
    for pointer in ["/nowhere/x", "/caseId/x", "nowhere", "", "/mentionUsers/0"] {
        errors
            .add(
                "json",
                chat().text(SECRET).mention(SECRET).json(pointer, SECRET),
            )
            .await?;
    }
    insta::assert_snapshot!("additions_without_a_place", errors.0);
    Ok(())
}
