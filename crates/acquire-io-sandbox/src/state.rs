//! The account that the sandbox pretends to have.

mod account;
mod seed;

pub(crate) use account::{Account, Message, Sender};
pub use seed::{Case, Contact, Inbox, Key, Permission, Seed, User};
