//! What stays of a message after its content is erased: enough to recognise it, and nothing to guess it by.

use acquire_io::Message;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::error::Error;

/// Recognises a message, also after its content was erased. It compares only with others of the same outbox.
///
/// Made by [`Outbox::digest`](crate::Outbox::digest) and [`Row::digest`](crate::Row::digest).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Digest(pub(crate) String);

/// The random key of an outbox's digests. It is in the store, so whoever has the store can still try texts: the digest
/// hides a message from those who see the digest alone.
#[derive(Clone)]
pub(crate) struct Secret([u8; 64]);

impl Secret {
    /// # Errors
    /// When the system has no random numbers.
    pub(crate) fn random() -> Result<Self, Error> {
        let mut bytes = [0; 64];
        getrandom::fill(&mut bytes).map_err(|error| Error::random(error.into()))?;
        Ok(Self(bytes))
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The digest of a message, in hexadecimal digits. It depends on what the message says, not on how its JSON was
    /// written.
    pub(crate) fn digest(&self, message: &Message) -> String {
        // What can't be written as JSON is no valid message, and is never stored.
        let json = serde_json::to_vec(message).unwrap_or_default();
        let mut mac = Hmac::<Sha256>::new(&self.0.into());
        mac.update(&json);
        let bytes = mac.finalize().into_bytes();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
