//! What the client costs, next to what it could cost.

pub mod answers;
pub mod calls;
pub mod measure;
pub mod outbox;
pub mod river;
pub mod server;
pub mod store;
