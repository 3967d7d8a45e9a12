//! A caller's own HTTP client.

use reqwest::redirect::Policy;

/// With what `ClientBuilder::http_client` demands of one.
pub fn own() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
}
