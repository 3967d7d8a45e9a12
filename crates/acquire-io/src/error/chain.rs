//! Looking into what lies below an error of the HTTP stack.

use std::error::Error as StdError;
use std::io;

/// The error and its sources. Steps into `io::Error`s too, whose `source` skips the error that they carry.
pub(crate) fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| {
        let error = *error;
        match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(carried) => Some(carried as _),
            None => error.source(),
        }
    })
}

/// Whether TLS failed.
#[cfg_attr(
    not(any(feature = "rustls", feature = "native-tls")),
    allow(unused_variables, reason = "without TLS no error is one of TLS")
)]
pub(super) fn is_tls(error: &reqwest::Error) -> bool {
    #[cfg(feature = "rustls")]
    if chain(error).any(|error| error.is::<rustls::Error>()) {
        return true;
    }
    #[cfg(feature = "native-tls")]
    if chain(error).any(|error| error.is::<native_tls::Error>()) {
        return true;
    }
    false
}
