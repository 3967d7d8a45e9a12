//! The documented answers, ready to be given by a mock. Each module's `ALL` has every shape that its answers
//! are documented in.
//!
//! ```
//! use acquire_io_mock::documented::send_chat_message;
//!
//! for answer in send_chat_message::ALL {
//!     let typed = answer.typed()?;
//!     assert!(typed.data.is_some(), "{answer:?}");
//! }
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

pub use crate::generated_answers::{error, send_chat_message, send_mail_message, send_sms};

/// A documented answer whose body is a `T`.
pub struct Documented<T> {
    name: &'static str,
    status: u16,
    json: &'static str,
    body: PhantomData<fn() -> T>,
}

impl<T> Documented<T> {
    pub(crate) const fn new(name: &'static str, status: u16, json: &'static str) -> Self {
        Self {
            name,
            status,
            json,
            body: PhantomData,
        }
    }

    /// Its name in the OpenAPI document, such as `sendSms.response.2021-04-02`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The status.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The body: every key, null included, in the documented order.
    pub const fn json(&self) -> &'static str {
        self.json
    }
}

impl<T: DeserializeOwned> Documented<T> {
    /// The body as a type, to be changed before a mock answers with it.
    ///
    /// # Errors
    /// When the body isn't a `T`. A test of this crate makes sure that each is.
    pub fn typed(&self) -> serde_json::Result<T> {
        serde_json::from_str(self.json)
    }
}

impl<T> Clone for Documented<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Documented<T> {}

/// Prints the name and the status.
impl<T> fmt::Debug for Documented<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documented")
            .field("name", &self.name)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
