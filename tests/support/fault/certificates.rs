//! Certificates, made when first needed.

use std::sync::{Arc, OnceLock};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::wire::Transport;
use crate::Result;

/// What a server shows in a TLS handshake, and asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A certificate for 127.0.0.1 and the account's host by [`root_certificate`].
    Right,
    /// A certificate for another host by [`root_certificate`].
    OtherHost,
    /// A certificate for 127.0.0.1 by an issuer that nobody trusts.
    Untrusted,
    /// The right certificate, from a server that wants one of the client too.
    WantsClientCertificate,
}

struct Authority {
    root_pem: String,
    root: CertificateDer<'static>,
    right: Leaf,
    other_host: Leaf,
    untrusted: Leaf,
}

struct Leaf {
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

/// The issuer to trust, in PEM.
///
/// # Errors
/// When certificates can't be made.
pub fn root_certificate() -> Result<&'static str> {
    Ok(&authority()?.root_pem)
}

fn authority() -> Result<&'static Authority> {
    static AUTHORITY: OnceLock<std::result::Result<Authority, rcgen::Error>> = OnceLock::new();
    AUTHORITY
        .get_or_init(Authority::new)
        .as_ref()
        .map_err(|error| error.to_string().into())
}

impl Authority {
    fn new() -> std::result::Result<Self, rcgen::Error> {
        let issuer = || {
            let mut params = CertificateParams::new([])?;
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            CertifiedIssuer::self_signed(params, KeyPair::generate()?)
        };
        let leaf = |issuer: &CertifiedIssuer<'_, KeyPair>, names: &[&str]| {
            let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            let key = KeyPair::generate()?;
            let certificate = CertificateParams::new(names)?.signed_by(&key, issuer)?;
            Ok(Leaf {
                certificate: certificate.der().clone(),
                key: key.serialize_der(),
            })
        };
        let root = issuer()?;
        Ok(Self {
            right: leaf(&root, &["127.0.0.1", "acme.acquire.io"])?,
            other_host: leaf(&root, &["example.org"])?,
            untrusted: leaf(&issuer()?, &["127.0.0.1"])?,
            root_pem: root.pem(),
            root: root.der().clone(),
        })
    }
}

pub(super) fn acceptor(identity: Identity, transport: Transport) -> Result<TlsAcceptor> {
    let authority = authority()?;
    let leaf = match identity {
        Identity::Right | Identity::WantsClientCertificate => &authority.right,
        Identity::OtherHost => &authority.other_host,
        Identity::Untrusted => &authority.untrusted,
    };
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    let config = if identity == Identity::WantsClientCertificate {
        let mut roots = RootCertStore::empty();
        roots.add(authority.root.clone())?;
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        config.with_client_cert_verifier(verifier.build()?)
    } else {
        config.with_no_client_auth()
    };
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf.key.clone()));
    let mut config = config.with_single_cert(vec![leaf.certificate.clone()], key)?;
    let protocol: &[u8] = if transport.is_http2() {
        b"h2"
    } else {
        b"http/1.1"
    };
    config.alpn_protocols = vec![protocol.to_vec()];
    Ok(Arc::new(config).into())
}
