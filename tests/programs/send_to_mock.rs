//! Sends a message of each kind to the server of the given URL, a mock made from the document, for
//! `tests/document/mock`.

use acquire_io::{CaseId, Chat, Client, ContactId, Mail, Sms, TimelineId};
use acquire_io_tests::Result;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    let url = std::env::args().nth(1).ok_or("no URL")?;
    let acquire = Client::builder().base_url(url).api_key("key").build()?;

    let chat = Chat::new(CaseId(9)).text("hi");
    acquire.send(chat.clone().as_agent()).await?.chat()?;
    acquire
        .send(chat.as_contact().contact(ContactId(5)))
        .await?
        .chat()?;

    let mail = Mail::new(CaseId(1128), ContactId(9156860))
        .from("test@acquire.io")
        .to("user@gmail.com")
        .subject("test")
        .html("<p>Hi</p>");
    acquire.send(mail).await?.mail()?;

    let sms = Sms::new(CaseId(2219), ContactId(751069), TimelineId(2108))
        .from("+12513188609")
        .to("+919666929552")
        .text("hi");
    acquire.send(sms).await?.sms()?;
    Ok(())
}
