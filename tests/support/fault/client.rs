//! Clients and messages.

use std::net::SocketAddr;

use acquire_io::{CaseId, Chat, Client, ClientBuilder};
use reqwest::dns::{Name, Resolve, Resolving};

use super::certificates::root_certificate;
use super::wire::Transport;
use crate::Result;

/// Settings for a client of the server at this address. See [`Server::client`](super::Server::client).
///
/// # Errors
/// When certificates can't be made.
pub fn client_builder(transport: Transport, address: SocketAddr) -> Result<ClientBuilder> {
    let scheme = if transport.is_tls() { "https" } else { "http" };
    let builder = Client::builder()
        .api_key("key")
        .base_url(format!("{scheme}://{address}"))
        .root_certificates_pem(root_certificate()?);
    Ok(match transport {
        // The client has no setting for it.
        Transport::Http2 => builder.configure_http(reqwest::ClientBuilder::http2_prior_knowledge),
        _ => builder,
    })
}

/// For [`ClientBuilder::configure_http`]: no name can be looked up.
pub fn no_names(http: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    http.dns_resolver(NoNames)
}

struct NoNames;

impl Resolve for NoNames {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(std::future::ready(Err("no such host".into())))
    }
}

/// A chat message with this text.
pub fn message(text: &str) -> Chat {
    Chat::new(CaseId(9)).as_agent().text(text)
}
