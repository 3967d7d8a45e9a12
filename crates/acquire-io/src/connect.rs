//! The HTTP client that a [`Client`](crate::Client) sends by.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use crate::config::{ConfigError, Place};
use crate::proxy::Proxy;

/// What a caller changes.
pub(crate) type Configure = dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync;

pub(crate) struct Http<'a> {
    pub(crate) connect_timeout: Duration,
    pub(crate) configure: &'a [Arc<Configure>],
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    pub(crate) root_certificates: &'a [(&'static str, Vec<u8>)],
    pub(crate) proxy: Option<&'a Proxy>,
    pub(crate) is_proxy_given: bool,
    pub(crate) place: Place,
}

impl Http<'_> {
    pub(crate) fn client(&self, base_url: &Url) -> Result<reqwest::Client, ConfigError> {
        if base_url.scheme() == "https" && !cfg!(any(feature = "rustls", feature = "native-tls")) {
            return Err(ConfigError::new(
                "http client",
                "this build has no TLS: switch on the feature `rustls` or `native-tls` of acquire-io",
            ));
        }
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        let certificates = self.certificates()?;
        let http = self.builder()?;
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        let http = http.tls_certs_merge(certificates);
        http.build().map_err(|error| {
            #[cfg(any(feature = "rustls", feature = "native-tls"))]
            if let [.., (setting, _)] = self.root_certificates {
                let without = self.builder().map(reqwest::ClientBuilder::build);
                if matches!(without, Ok(Ok(_))) {
                    return ConfigError::new(setting, "holds a certificate that can't be read");
                }
            }
            ConfigError::http(error)
        })
    }

    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    fn certificates(&self) -> Result<Vec<reqwest::Certificate>, ConfigError> {
        let mut certificates = Vec::new();
        for (setting, pem) in self.root_certificates {
            let found = reqwest::Certificate::from_pem_bundle(pem).unwrap_or_default();
            if found.is_empty() {
                return Err(ConfigError::new(
                    setting,
                    "holds no certificate; a PEM file has lines `-----BEGIN CERTIFICATE-----`",
                ));
            }
            certificates.extend(found);
        }
        Ok(certificates)
    }

    /// All but certificates of the settings.
    fn builder(&self) -> Result<reqwest::ClientBuilder, ConfigError> {
        let http = reqwest::Client::builder()
            // It would go without a proxy where it can't read the URL of one.
            .no_proxy();
        #[cfg(feature = "rustls")]
        let http = http.tls_backend_rustls();
        let mut http = self
            .configure
            .iter()
            .fold(http, |http, configure| configure(http))
            .connect_timeout(self.connect_timeout)
            // A 307 would post the message again, and the 200 behind a 302 would look like success.
            .redirect(reqwest::redirect::Policy::none())
            // This crate decides on retries, and counts the attempts.
            .retry(reqwest::retry::never())
            // A request that meets the server's closing of an idle connection ends as Unknown. Common servers
            // close after 5 seconds (Node.js) and more.
            .pool_idle_timeout(Duration::from_secs(4))
            // Answers are decoded here, within their limit, and as far as they came.
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            // It logs bodies.
            .connection_verbose(false);
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        {
            http = http
                .tls_danger_accept_invalid_certs(false)
                .tls_danger_accept_invalid_hostnames(false);
        }
        if self.place == Place::Loopback {
            // A resolver may map the name elsewhere.
            let loopback = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
            let loopback = loopback.map(|address| SocketAddr::new(address, 0));
            http = http.resolve_to_addrs("localhost", &loopback);
        }
        if self.place != Place::Account || self.is_proxy_given {
            http = http.no_proxy();
        }
        if let Some(proxy) = self.proxy {
            http = http.proxy(proxy.to_reqwest()?);
        }
        Ok(http)
    }
}
