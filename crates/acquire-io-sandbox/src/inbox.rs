//! The ledger as people look at it: conversations, mail to look at, commands that send a message again.

mod conversation;
mod mail;
mod resend;
mod row;

pub use conversation::Conversation;
pub(crate) use conversation::conversations;
pub(crate) use mail::html;
pub(crate) use resend::{acquire, curl};
pub(crate) use row::Row;
