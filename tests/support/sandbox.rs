//! One message, sent to a sandbox of its own.

use acquire_io::{Client, Delivery, Error, Message, UserTypeParameter};
use acquire_io_sandbox::{Received, Sandbox};
use http::header::{CONTENT_LENGTH, HOST};

use crate::Result;

/// Sends the message, and returns the one request that arrived.
///
/// # Errors
/// When the message is not accepted, or its dry run shows another request.
pub async fn send(message: impl Into<Message>) -> Result<Received> {
    send_with(UserTypeParameter::default(), message).await
}

/// As [`send`], with a spelling of the query parameter.
///
/// # Errors
/// As [`send`].
pub async fn send_with(
    spelling: UserTypeParameter,
    message: impl Into<Message>,
) -> Result<Received> {
    let sandbox = Sandbox::start().await?;
    let acquire = client(&sandbox, spelling)?;
    let message = message.into();
    let dry_run = acquire.to_http_request(&message)?;
    acquire.send(message).await?;
    let received = match <[Received; 1]>::try_from(sandbox.received()) {
        Ok([received]) => received,
        Err(received) => return Err(format!("{} requests arrived", received.len()).into()),
    };
    let mut headers = received.headers.clone();
    for name in [HOST, CONTENT_LENGTH] {
        headers.remove(name);
    }
    let same = *dry_run.method() == received.method
        && dry_run.uri().path_and_query() == received.uri.path_and_query()
        && *dry_run.headers() == headers
        && *dry_run.body() == received.body;
    if !same {
        return Err(format!("a dry run shows {dry_run:?}, but {received:?} arrived").into());
    }
    Ok(received)
}

/// Sends the message, and returns why it was not sent.
///
/// # Errors
/// When it was sent, something arrived, the verdict is another one, or a check finds other problems.
pub async fn not_sent(message: impl Into<Message>) -> Result<Error> {
    let sandbox = Sandbox::start().await?;
    let acquire = client(&sandbox, UserTypeParameter::default())?;
    let message = message.into();
    let dry_run = acquire.to_http_request(&message).err();
    let outcome = acquire.send(message).await;
    match (outcome, dry_run, sandbox.received().len()) {
        (Err(error), Some(found), 0)
            if error.delivery() == Delivery::NotSent && error.problems() == found.problems() =>
        {
            Ok(error)
        }
        (outcome, dry_run, arrived) => Err(format!(
            "{arrived} requests arrived, the verdict is {outcome:?}, a dry run ends as {dry_run:?}"
        )
        .into()),
    }
}

fn client(sandbox: &Sandbox, spelling: UserTypeParameter) -> Result<Client> {
    Ok(Client::builder()
        .base_url(sandbox.base_url())
        .api_key(sandbox.api_key())
        .user_type_parameter(spelling)
        .build()?)
}
