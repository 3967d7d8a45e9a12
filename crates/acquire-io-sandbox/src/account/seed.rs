//! What the account holds, as a file.

use std::collections::BTreeSet;
use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

/// What the sandbox's account holds. As JSON it looks like `src/account/seed.json`, which is the default.
///
/// ```
/// use acquire_io_sandbox::{Sandbox, Seed};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let mut seed = Seed::documented()?;
/// seed.cases.retain(|case| case.id == 28);
/// let sandbox = Sandbox::builder().seed(seed).start().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Seed {
    /// The API keys. At least one.
    pub keys: Vec<Key>,
    /// The agents.
    #[serde(default)]
    pub users: Vec<User>,
    /// The customers.
    #[serde(default)]
    pub contacts: Vec<Contact>,
    /// The phone numbers that SMS can be sent from. A leading plus makes no difference, here and in a request.
    #[serde(default)]
    pub phone_numbers: Vec<String>,
    /// The inboxes that e-mail can be sent from.
    #[serde(default)]
    pub inboxes: Vec<Inbox>,
    /// The conversations.
    #[serde(default)]
    pub cases: Vec<Case>,
}

/// An API key. `Debug` masks it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The key.
    pub key: String,
    /// The user that messages with this key come from, unless the contact sends them.
    pub user: i64,
    /// What it may be used for.
    #[serde(default)]
    pub permissions: BTreeSet<Permission>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("key", &"***")
            .field("user", &self.user)
            .field("permissions", &self.permissions)
            .finish()
    }
}

/// What an API key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    /// Chat messages, notes and events.
    Chat,
    /// E-mail.
    Mail,
    /// SMS.
    Sms,
}

/// An agent.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The ID.
    pub id: i64,
    /// The name that is shown.
    pub name: String,
    /// The e-mail address, empty for none.
    #[serde(default)]
    pub email: String,
}

/// A customer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The ID.
    pub id: i64,
    /// The name that is shown. Without one, Acquire shows `#` and the ID.
    #[serde(default)]
    pub name: Option<String>,
}

/// A mail inbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inbox {
    /// The ID.
    pub id: i64,
    /// The address.
    pub address: String,
    /// The name beside the address, empty for none.
    #[serde(default)]
    pub name: String,
}

/// A conversation with a contact.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The ID.
    pub id: i64,
    /// The contact.
    pub contact: i64,
    /// The channel. E-mail needs a case of the channel `mail` or `email`: the pages spell it both ways.
    #[serde(default = "chat")]
    pub channel: String,
    /// The state. Only an `active` case takes messages.
    #[serde(default = "active")]
    pub status: String,
    /// The thread. Without one, the case is the first of its own thread.
    #[serde(default)]
    pub thread: Option<i64>,
    /// The timeline. A case without one takes no SMS.
    #[serde(default)]
    pub timeline: Option<i64>,
    /// The title.
    #[serde(default)]
    pub title: String,
}

fn chat() -> String {
    "chat".to_owned()
}

fn active() -> String {
    "active".to_owned()
}

impl Case {
    pub(super) fn takes_mail(&self) -> bool {
        matches!(self.channel.as_str(), "mail" | "email")
    }
}

impl Seed {
    /// Everything that the documented bodies name, a closed case, and a key without permissions.
    ///
    /// # Errors
    /// None are known: the file is part of the crate.
    pub fn documented() -> io::Result<Self> {
        Self::from_json(include_str!("seed.json"))
    }

    /// Reads a seed.
    ///
    /// # Errors
    /// When the JSON is not a seed. The message names the place.
    pub fn from_json(text: &str) -> io::Result<Self> {
        serde_json::from_str(text).map_err(invalid)
    }

    /// Checks that everything that is referred to exists.
    pub(super) fn check(&self) -> io::Result<()> {
        if self.keys.is_empty() {
            return Err(invalid("there is no key"));
        }
        for Key { user, .. } in &self.keys {
            if !self.users.iter().any(|known| known.id == *user) {
                let message = format!("a key belongs to user {user}, who is missing");
                return Err(invalid(message));
            }
        }
        for Case { id, contact, .. } in &self.cases {
            if !self.contacts.iter().any(|known| known.id == *contact) {
                let message = format!("case {id} is of contact {contact}, who is missing");
                return Err(invalid(message));
            }
        }
        Ok(())
    }
}

fn invalid(error: impl fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("seed: {error}"))
}
