//! One message, sent to a sandbox of its own.

use acquire_io::{Channel, Client, Delivery, Error, Outgoing, UserTypeParameter};
use acquire_io_sandbox::{Received, Sandbox};
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, HOST};

use crate::Result;

/// Sends the message that `make` makes, and returns the one request that arrived.
///
/// # Errors
/// When the message is not accepted, or its dry run shows another request.
pub async fn send<C: Channel>(make: impl FnOnce(&Client) -> Outgoing<C>) -> Result<Received> {
    send_with(UserTypeParameter::default(), make).await
}

/// As [`send`], with a spelling of the query parameter.
///
/// # Errors
/// As [`send`].
pub async fn send_with<C: Channel>(
    spelling: UserTypeParameter,
    make: impl FnOnce(&Client) -> Outgoing<C>,
) -> Result<Received> {
    let sandbox = Sandbox::start().await?;
    let outgoing = make(&client(&sandbox, spelling)?);
    let dry_run = outgoing.to_http_request()?;
    outgoing.send().await?;
    let received = match <[Received; 1]>::try_from(sandbox.received()) {
        Ok([received]) => received,
        Err(received) => return Err(format!("{} requests arrived", received.len()).into()),
    };
    let mut headers = received.headers.clone();
    for name in [HOST, ACCEPT_ENCODING, CONTENT_LENGTH] {
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

/// Sends the message that `make` makes, and returns why it was not sent.
///
/// # Errors
/// When it was sent, something arrived, the verdict is another one, or a dry run says something else.
pub async fn not_sent<C: Channel>(make: impl FnOnce(&Client) -> Outgoing<C>) -> Result<Error> {
    let sandbox = Sandbox::start().await?;
    let outgoing = make(&client(&sandbox, UserTypeParameter::default())?);
    let dry_run = outgoing
        .to_http_request()
        .map_err(|error| error.to_string());
    let outcome = outgoing.send().await;
    if dry_run.as_ref().err() != outcome.as_ref().map_err(ToString::to_string).err().as_ref() {
        return Err(format!("a dry run ends as {dry_run:?}, sending as {outcome:?}").into());
    }
    match (outcome, sandbox.received().len()) {
        (Err(error), 0) if error.delivery() == Delivery::NotSent => Ok(error),
        (outcome, arrived) => {
            Err(format!("{arrived} requests arrived, the verdict is {outcome:?}").into())
        }
    }
}

fn client(sandbox: &Sandbox, spelling: UserTypeParameter) -> Result<Client> {
    Ok(Client::builder()
        .base_url(sandbox.base_url())
        .api_key(sandbox.api_key())
        .user_type_parameter(spelling)
        .build()?)
}
