//! One message, sent to a sandbox of its own.

use acquire_io::{Channel, Client, Delivery, Error, Outgoing, UserTypeParameter};
use acquire_io_sandbox::{Received, Sandbox};

use crate::Result;

/// Sends the message that `make` makes, and returns the one request that arrived.
///
/// # Errors
/// When the message is not accepted.
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
    make(&client(&sandbox, spelling)?).send().await?;
    match <[Received; 1]>::try_from(sandbox.received()) {
        Ok([received]) => Ok(received),
        Err(received) => Err(format!("{} requests arrived", received.len()).into()),
    }
}

/// Sends the message that `make` makes, and returns why it was not sent.
///
/// # Errors
/// When it was sent, something arrived, or the verdict is another one.
pub async fn not_sent<C: Channel>(make: impl FnOnce(&Client) -> Outgoing<C>) -> Result<Error> {
    let sandbox = Sandbox::start().await?;
    let outcome = make(&client(&sandbox, UserTypeParameter::default())?)
        .send()
        .await;
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
