//! Sends a message of each kind with the client that openapi-generator makes.

use std::env;
use std::error::Error;

use acquire::apis::chat_api::{SendChatMessageError, send_chat_message};
use acquire::apis::configuration::Configuration;
use acquire::apis::mail_api::send_mail_message;
use acquire::apis::sms_api::send_sms;
use acquire::apis::{self, ResponseContent};
use acquire::models::{
    ChatMessageRequest, MailMessageRequest, NewChatMessage, NewMailMessage, SmsRequest, UserType,
    chat_message_type::ChatMessageType, mail_message_type::MailMessageType,
};
use reqwest::header::{HeaderMap, HeaderName};
use reqwest::redirect::Policy;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let acquire = Configuration {
        base_path: env::var("ACQUIRE_URL")?,
        bearer_access_token: Some(env::var("ACQUIRE_API_KEY")?),
        client: reqwest::Client::builder()
            .redirect(Policy::none())
            .build()?,
        ..Configuration::default()
    };

    let as_agent = send_chat_message(
        &acquire,
        message("Hey", 2069),
        Some(UserType::User),
        None,
        None,
    )
    .await?;
    assert_eq!(
        as_agent
            .data
            .flatten()
            .ok_or("no data")?
            .message
            .flatten()
            .as_deref(),
        Some("Hey")
    );

    let as_contact = send_chat_message(
        &acquire,
        message("Hi", 2069),
        Some(UserType::Contact),
        None,
        Some(597759),
    )
    .await?;
    assert_eq!(
        as_contact
            .data
            .flatten()
            .ok_or("no data")?
            .case_id
            .flatten(),
        Some(2069)
    );

    let mail = NewMailMessage::new(
        1128,
        vec!["user@gmail.com".into()],
        "test@acquire.io".into(),
        vec![],
        vec![],
        "test".into(),
        9156860,
        MailMessageType::Message,
        "<p>Hi</p>".into(),
    );
    let mail = send_mail_message(&acquire, MailMessageRequest::new(mail)).await?;
    assert_eq!(
        mail.data
            .flatten()
            .ok_or("no data")?
            .subject
            .flatten()
            .as_deref(),
        Some("test")
    );

    let (from, to) = ("+12513188609", "+919666929552");
    let sms = SmsRequest::new("hi".into(), from.into(), to.into(), 751069, 2219, 2108);
    let sms = send_sms(&acquire, sms, Some(UserType::User)).await?;
    let sms = sms
        .data
        .flatten()
        .and_then(|result| result.data.flatten())
        .ok_or("no data")?;
    assert_eq!(
        (sms.case_id, sms.snake_case_id),
        (Some(Some(2219)), Some(Some(2219)))
    );
    let carrier = sms.meta.flatten().ok_or("no record")?;
    assert_eq!(carrier.capitalized_to.flatten().as_deref(), Some(to));
    assert_eq!(carrier.to.flatten().as_deref(), Some(to));

    let closed_case = send_chat_message(&acquire, message("Hey", 27), None, None, None).await;
    assert_eq!(
        status_and_code(closed_case.err()),
        Some((400, "ERROR_INVALID_INPUT".into()))
    );

    let stranger = Configuration {
        bearer_access_token: Some("wrong".into()),
        ..acquire.clone()
    };
    let wrong_key = send_chat_message(&stranger, message("Hey", 2069), None, None, None).await;
    assert_eq!(
        status_and_code(wrong_key.err()),
        Some((401, "ERROR_UNAUTHORIZED".into()))
    );

    let fault = HeaderName::from_static("x-acquire-sandbox-fault");
    let headers = HeaderMap::from_iter([(fault, env::var("REDIRECT")?.parse()?)]);
    let client = reqwest::Client::builder()
        .redirect(Policy::none())
        .default_headers(headers)
        .build()?;
    let redirected = Configuration { client, ..acquire };
    let redirected = send_chat_message(&redirected, message("Hey", 2069), None, None, None).await;
    assert!(redirected.is_err(), "a redirect is no answer");
    Ok(())
}

fn message(text: &str, case: i64) -> ChatMessageRequest {
    ChatMessageRequest::new(
        NewChatMessage::new(ChatMessageType::Message, text.into()),
        case,
    )
}

fn status_and_code(error: Option<apis::Error<SendChatMessageError>>) -> Option<(u16, String)> {
    let Some(apis::Error::ResponseError(ResponseContent { status, entity, .. })) = error else {
        return None;
    };
    match entity? {
        SendChatMessageError::Status400(body) | SendChatMessageError::Status401(body) => {
            Some((status.as_u16(), body.error.flatten()?.code.flatten()?))
        }
        _ => None,
    }
}
