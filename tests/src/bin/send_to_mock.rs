//! Sends a message of each kind to the server of the given URL, a mock made from the document, for
//! `tests/document/mock`.

use acquire_io::{CaseId, Client, ContactId, TimelineId};
use acquire_io_tests::Result;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    let url = std::env::args().nth(1).ok_or("no URL")?;
    let acquire = Client::builder().base_url(url).api_key("key").build()?;

    let as_agent = acquire.chat(CaseId(9)).as_agent().text("hi").send().await?;
    as_agent.typed().map_err(ToString::to_string)?;

    let as_contact = acquire
        .chat(CaseId(9))
        .as_contact(ContactId(5))
        .text("hi")
        .send()
        .await?;
    as_contact.typed().map_err(ToString::to_string)?;

    let mail = acquire
        .mail(CaseId(1128), ContactId(9156860))
        .from("test@acquire.io")
        .to("user@gmail.com")
        .subject("test")
        .html("<p>Hi</p>")
        .send()
        .await?;
    mail.typed().map_err(ToString::to_string)?;

    let sms = acquire
        .sms(CaseId(2219), ContactId(751069), TimelineId(2108))
        .from("+12513188609")
        .to("+919666929552")
        .text("hi")
        .send()
        .await?;
    sms.typed().map_err(ToString::to_string)?;
    Ok(())
}
