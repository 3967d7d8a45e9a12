//! `acquire demo`: one message of each kind, sent to a sandbox inside this process.

use acquire_io::{CaseId, Chat, Client, ContactId, Delivery, Mail, MessageId, Sms, TimelineId};
use acquire_io_sandbox::{Received, Sandbox};
use anyhow::Context as _;

use crate::output::Output;

pub(crate) async fn run(output: &mut Output) -> anyhow::Result<()> {
    let sandbox = Sandbox::start().await.context("the sandbox can't start")?;
    let acquire = Client::builder()
        .base_url(sandbox.base_url())
        .api_key(sandbox.api_key())
        .build()?;
    output.line(format_args!(
        "A sandbox listens on {}. Nothing is sent to anyone.",
        sandbox.base_url()
    ))?;

    let chat = Chat::new(CaseId(28)).text("this is test message");
    let sent = acquire.send(chat.as_agent()).await?;
    show(output, "Chat, as an agent", &sandbox, sent.message_id())?;

    let chat = Chat::new(CaseId(2069))
        .text("Hey added from the api")
        .as_contact()
        .contact(ContactId(597_759))
        .translate_lang_key("en")
        .message_channel("chat");
    let sent = acquire.send(chat).await?;
    show(output, "Chat, as the contact", &sandbox, sent.message_id())?;

    let mail = Mail::new(CaseId(1128), ContactId(9_156_860))
        .from("test@acquire.io")
        .to("user@gmail.com")
        .subject("test")
        .text("this is the text body")
        .html("This is the message body");
    let sent = acquire.send(mail).await?;
    show(output, "E-mail", &sandbox, sent.message_id())?;

    let sms = Sms::new(CaseId(2219), ContactId(751_069), TimelineId(2108))
        .from("+12513188609")
        .to("+919666929552")
        .text("hi")
        .title("#751069 has just started a chat");
    let sent = acquire.send(sms).await?;
    show(output, "SMS", &sandbox, sent.message_id())?;

    let chat = Chat::new(CaseId(28)).text("hello");
    let refused = acquire.send(chat.json("/message/type", "telegram")).await;
    let Err(error) = refused else {
        anyhow::bail!("the sandbox accepted a message that it should refuse");
    };
    output.line("\n== A message that the sandbox refuses")?;
    output.line(&error)?;
    anyhow::ensure!(
        error.delivery() == Delivery::Refused,
        "the sandbox should refuse it"
    );

    sandbox.stop().await?;
    Ok(output.flush()?)
}

/// Prints the request that the sandbox received, and the ID that the client got.
fn show(
    output: &mut Output,
    title: &str,
    sandbox: &Sandbox,
    message_id: Option<MessageId>,
) -> anyhow::Result<()> {
    let received = sandbox.received();
    let Received {
        method,
        uri,
        body,
        status,
        ..
    } = received.last().context("the sandbox received nothing")?;
    let status = status.context("the sandbox gave no answer")?;
    let message_id = message_id.context("the answer has no message ID")?;
    output.line(format_args!("\n== {title}"))?;
    output.line(format_args!("{method} {uri}"))?;
    output.line(String::from_utf8_lossy(body))?;
    output.line(format_args!(
        "-> accepted, {status}, message {}",
        message_id.0
    ))?;
    Ok(())
}
