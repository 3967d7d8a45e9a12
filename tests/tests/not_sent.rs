//! What the wrapper rejects before the wire: the sandbox must receive nothing, the error must name the
//! field and hold no content.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use acquire_io::{CaseId, Channel, Chat, Client, ContactId, Mail, Outgoing, Sms, TimelineId};
use acquire_io_tests::{Result, sandbox};

/// A word that no error may repeat.
const SECRET: &str = "canary";

fn chat(acquire: &Client) -> Outgoing<Chat> {
    acquire.chat(CaseId(2069))
}

fn mail(acquire: &Client) -> Outgoing<Mail> {
    acquire.mail(CaseId(1128), ContactId(9_156_860))
}

fn whole_mail(acquire: &Client) -> Outgoing<Mail> {
    mail(acquire)
        .from("a@acquire.io")
        .to("b@example.com")
        .subject("test")
        .html("hi")
}

fn sms(acquire: &Client) -> Outgoing<Sms> {
    acquire.sms(CaseId(2219), ContactId(751_069), TimelineId(2108))
}

fn whole_sms(acquire: &Client) -> Outgoing<Sms> {
    sms(acquire)
        .from("+12513188609")
        .to("+919666929552")
        .text("hi")
}

/// The texts of the errors, for a snapshot.
#[derive(Default)]
struct Errors(String);

impl Errors {
    /// Sends the message, which must fail because of this field.
    async fn add<C: Channel>(
        &mut self,
        field: &str,
        make: impl FnOnce(&Client) -> Outgoing<C>,
    ) -> Result {
        let error = sandbox::not_sent(make).await?;
        assert_eq!(error.field(), Some(field));
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
    errors.add("text", chat).await?;

    errors
        .add("from", |acquire| {
            mail(acquire).to("b@example.com").subject("s").html("h")
        })
        .await?;
    errors
        .add("to", |acquire| {
            mail(acquire).from("a@acquire.io").subject("s").html("h")
        })
        .await?;
    errors
        .add("subject", |acquire| {
            mail(acquire)
                .from("a@acquire.io")
                .to("b@example.com")
                .html("h")
        })
        .await?;
    errors
        .add("html", |acquire| {
            mail(acquire)
                .from("a@acquire.io")
                .to("b@example.com")
                .subject("s")
        })
        .await?;

    errors
        .add("from", |acquire| {
            sms(acquire).to("+919666929552").text("hi")
        })
        .await?;
    errors
        .add("to", |acquire| sms(acquire).from("+12513188609").text("hi"))
        .await?;
    errors
        .add("text", |acquire| {
            sms(acquire).from("+12513188609").to("+919666929552")
        })
        .await?;
    insta::assert_snapshot!("what_is_missing", errors.0);
    Ok(())
}

#[tokio::test]
async fn ids_that_are_not_positive() -> Result {
    let mut errors = Errors::default();
    errors
        .add("case", |acquire| acquire.chat(CaseId(0)).text("hi"))
        .await?;
    errors
        .add("contact_id", |acquire| {
            chat(acquire).text("hi").as_contact(ContactId(-1))
        })
        .await?;
    errors
        .add("case", |acquire| {
            acquire.mail(CaseId(i64::MIN), ContactId(1))
        })
        .await?;
    errors
        .add("contact", |acquire| acquire.mail(CaseId(1), ContactId(0)))
        .await?;
    errors
        .add("case", |acquire| {
            acquire.sms(CaseId(0), ContactId(1), TimelineId(1))
        })
        .await?;
    errors
        .add("contact", |acquire| {
            acquire.sms(CaseId(1), ContactId(0), TimelineId(1))
        })
        .await?;
    errors
        .add("timeline", |acquire| {
            acquire.sms(CaseId(1), ContactId(1), TimelineId(0))
        })
        .await?;
    insta::assert_snapshot!("ids_that_are_not_positive", errors.0);
    Ok(())
}

#[tokio::test]
async fn empty_texts() -> Result {
    let mut errors = Errors::default();
    errors.add("text", |acquire| chat(acquire).text("")).await?;
    errors
        .add("text", |acquire| chat(acquire).note(" \n\t"))
        .await?;
    errors
        .add("html", |acquire| whole_mail(acquire).html("\n"))
        .await?;
    errors
        .add("text", |acquire| whole_sms(acquire).text("\u{a0}"))
        .await?;
    insta::assert_snapshot!("empty_texts", errors.0);
    Ok(())
}

#[tokio::test]
async fn languages() -> Result {
    let mut errors = Errors::default();
    for language in ["", "e", "canary en", "en_GB", "canarycanary"] {
        errors
            .add("translate_to", |acquire| {
                chat(acquire).text("hi").translate_to(language)
            })
            .await?;
    }
    insta::assert_snapshot!("languages", errors.0);
    Ok(())
}

#[tokio::test]
async fn mail_addresses() -> Result {
    let mut errors = Errors::default();
    errors
        .add("from", |acquire| whole_mail(acquire).from(SECRET))
        .await?;
    errors
        .add("to", |acquire| whole_mail(acquire).to(""))
        .await?;
    errors
        .add("to", |acquire| {
            whole_mail(acquire).to("Canary <canary@example.com>")
        })
        .await?;
    errors
        .add("cc", |acquire| {
            whole_mail(acquire).cc("canary@example.com, b@example.com")
        })
        .await?;
    errors
        .add("bcc", |acquire| whole_mail(acquire).bcc("canary@"))
        .await?;
    errors
        .add("bcc", |acquire| {
            whole_mail(acquire).bcc("canary@example.com\r\nx: y")
        })
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
        errors
            .add("from", |acquire| whole_sms(acquire).from(number))
            .await?;
        errors
            .add("to", |acquire| whole_sms(acquire).to(number))
            .await?;
    }
    // The same two for all of them.
    let texts = Vec::from_iter(errors.0.lines().collect::<BTreeSet<_>>()).join("\n");
    insta::assert_snapshot!("phone_numbers", texts);
    Ok(())
}

#[tokio::test]
async fn additions_without_a_place() -> Result {
    let mut errors = Errors::default();
    for pointer in ["/nowhere/x", "/caseId/x", "nowhere", "", "/mentionUsers/0"] {
        errors
            .add("json", |acquire| {
                chat(acquire)
                    .text(SECRET)
                    .mention(SECRET)
                    .json(pointer, SECRET)
            })
            .await?;
    }
    insta::assert_snapshot!("additions_without_a_place", errors.0);
    Ok(())
}
