//! The HTTP client below a [`Client`](crate::Client).

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use crate::config::{ConfigError, Place};
use crate::proxy::Proxy;

/// A closure of [`configure_http`](crate::ClientBuilder::configure_http).
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

    /// Without the certificates of the settings.
    fn builder(&self) -> Result<reqwest::ClientBuilder, ConfigError> {
        let http = reqwest::Client::builder()
            // reqwest would silently use no proxy if it couldn't parse the URL of one.
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
            // This crate decides about retries, and counts the attempts.
            .retry(reqwest::retry::never())
            // A request on an idle connection that the server is just closing ends as Unknown. Common servers close
            // after 5 seconds (Node.js) or more.
            .pool_idle_timeout(Duration::from_secs(4))
            // This crate decompresses answers, within its limit and as far as they were received.
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
            // DNS may map the name to another address.
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
