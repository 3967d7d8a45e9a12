//! The settings of a client: the key goes nowhere but to the account, or to loopback.

use std::sync::LazyLock;

use acquire_io::{CaseId, Chat, Client, ConfigError};
use url::{Host, Url};

use crate::private::assert_hides;

/// Shares its connections: to make them for each client would take most of the time.
static ACME: LazyLock<Client> = LazyLock::new(|| {
    let acme = Client::builder().account_id("acme").api_key("key");
    acme.build().expect("the settings are right")
});

/// Takes the bytes as the account ID, as the base URL, and as the key.
pub fn run(data: &[u8]) {
    let Ok(value) = std::str::from_utf8(data) else {
        return;
    };
    match ACME.account(value, "key") {
        Ok(client) => {
            let label = value.to_ascii_lowercase();
            assert_eq!(client.base_url(), format!("https://{label}.acquire.io"));
            let url = url_of_request(&client);
            assert_eq!(url.scheme(), "https");
            assert_eq!(url.host_str(), Some(format!("{label}.acquire.io").as_str()));
            assert_eq!(url.host_str().map(|host| host.split('.').count()), Some(3));
        }
        Err(error) => check_error(&error),
    }
    match Client::builder().base_url(value).api_key("key").build() {
        Ok(client) => {
            let url = url_of_request(&client);
            let is_loopback = match url.host() {
                Some(Host::Domain(name)) => name == "localhost",
                Some(Host::Ipv4(address)) => address.is_loopback(),
                Some(Host::Ipv6(address)) => address.is_loopback(),
                None => false,
            };
            assert!(is_loopback, "{url}");
            assert!(
                url.username().is_empty() && url.password().is_none(),
                "{url}"
            );
        }
        Err(error) => check_error(&error),
    }
    match ACME.account("acme", value) {
        Ok(client) => {
            let request = client.to_http_request(Chat::new(CaseId(28)).text("hi"));
            let request = request.expect("the message is right");
            let header = request.headers().get("authorization").expect("a key");
            assert_eq!(header.as_bytes(), format!("Bearer {value}").as_bytes());
            assert_hides(&format!("{client:?} {request:?}"), "");
        }
        Err(error) => check_error(&error),
    }
}

fn url_of_request(client: &Client) -> Url {
    let request = client.to_http_request(Chat::new(CaseId(28)).text("hi"));
    let request = request.expect("the message is right");
    let path = "/api/v1/crm/messenger/chat/add-message";
    assert_eq!(request.uri().path(), path);
    Url::parse(&request.uri().to_string()).expect("a URL")
}

fn check_error(error: &ConfigError) {
    let shown = format!("{error} {error:?}");
    assert_hides(&shown, "");
    assert!(!error.to_string().chars().any(char::is_control), "{shown}");
}
