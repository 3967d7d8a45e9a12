//! Each documented request, made as a value and sent to the sandbox.

use acquire_io::UserTypeParameter::{Newest, Older};
use acquire_io::{CaseId, Chat, ContactId, Mail, Sms, TimelineId};
use acquire_io_sandbox::Received;
use acquire_io_tests::sandbox::send_with;
use acquire_io_tests::{Result, documents, wire};
use serde_json::{Value, json};

/// Makes the call for a documented request. The older chat pages spell `x-user-type` with a dash.
async fn send_documented(name: &str) -> Result<Received> {
    match name {
        "sendChatMessage.request.newest" => {
            send_with(
                Newest,
                Chat::new(CaseId(9))
                    .as_agent()
                    .message_channel("chat")
                    .text("Hey added from the api")
                    .translate_lang_key("en"),
            )
            .await
        }
        "sendChatMessage.request.2021-03-30" => {
            send_with(
                Older,
                Chat::new(CaseId(2069))
                    .as_contact()
                    .contact(ContactId(597_759))
                    .message_channel("chat")
                    .text("Hey added from the api")
                    .translate_lang_key("en")
                    .mention("00")
                    .meta(json!({"additionalProp1": {}}))
                    .delay(1000),
            )
            .await
        }
        "sendChatMessage.request.2021-03-10" => {
            send_with(
                Older,
                Chat::new(CaseId(28))
                    .as_agent()
                    .text("this is test message"),
            )
            .await
        }
        "sendMailMessage.request.newest" => {
            send_with(
                Newest,
                Mail::new(CaseId(1128), ContactId(9_156_860))
                    .from("test@acquire.io")
                    .to("user@gmail.com")
                    .subject("test")
                    .text("this is the text body")
                    .html("This is the message body"),
            )
            .await
        }
        "sendMailMessage.request.2021-04-02" => {
            send_with(
                Newest,
                Mail::new(CaseId(575), ContactId(597_632))
                    .from("user@acquire.io")
                    .to("test@gmail.com")
                    .subject("test")
                    .html("This is the message body")
                    .without("attachments"),
            )
            .await
        }
        "sendSms.request.newest" => {
            send_with(
                Newest,
                Sms::new(CaseId(2219), ContactId(751_069), TimelineId(2108))
                    .from("+12513188609")
                    .to("+919666929552")
                    .text("hi")
                    .title("#751069 has just started a chat"),
            )
            .await
        }
        "sendSms.request.2021-04-02" => {
            send_with(
                Newest,
                Sms::new(CaseId(2219), ContactId(751_069), TimelineId(2108))
                    .from("+12513188609")
                    .to("919666929552")
                    .text("hi")
                    .title("#751069 has just started a chat"),
            )
            .await
        }
        "sendSms.request.2021-03-19" => {
            send_with(
                Newest,
                Sms::new(CaseId(1266), ContactId(597_718), TimelineId(1188))
                    .from("+12513188609")
                    .to("+919666929552")
                    .text("hi")
                    .title("viswa  : hi"),
            )
            .await
        }
        _ => Err(format!("no call makes {name}: add it here").into()),
    }
}

/// Runs over the files in `openapi/examples`, so it fails when one is added without a call above.
#[tokio::test]
async fn each_documented_request_is_made_exactly() -> Result {
    for name in documents::requests()? {
        let received = send_documented(&name).await?;
        let body: Value = serde_json::from_slice(&received.body)?;
        assert_eq!(body, documents::json(&name)?, "{name}");
        insta::assert_snapshot!(name, wire::exchange(&received)?);
    }
    Ok(())
}

/// The page of 2021-03-30 sends as the contact and doesn't name it in the query: no page but the newest has `contactId`.
#[tokio::test]
async fn the_contact_need_not_be_named() -> Result {
    let name = "sendChatMessage.request.2021-03-30";
    let chat = Chat::new(CaseId(2069))
        .as_contact()
        .message_channel("chat")
        .text("Hey added from the api")
        .translate_lang_key("en")
        .mention("00")
        .meta(json!({"additionalProp1": {}}))
        .delay(1000);
    let received = send_with(Older, chat).await?;
    let body: Value = serde_json::from_slice(&received.body)?;
    assert_eq!(body, documents::json(name)?);
    assert_eq!(received.uri.query(), Some("-x-user-type=contact"));
    insta::assert_snapshot!(format!("{name}.unnamed"), wire::exchange(&received)?);
    Ok(())
}
