//! The error codes that Acquire documents.

/// The error codes that the API's general pages name. The list is not complete: compare
/// [`Error::code`](crate::Error::code) with them, but expect others.
pub mod error_code {
    /// A value of the request is wrong. With status 400.
    pub const INVALID_INPUT: &str = "ERROR_INVALID_INPUT";
    /// There is no such record. With status 400.
    pub const RECORD_NOT_FOUND: &str = "ERROR_RECORD_NOT_FOUND";
    /// There is such a record already. With status 400.
    pub const DUPLICATE_RECORD_FOUND: &str = "ERROR_DUPLICATE_RECORD_FOUND";
    /// The key is missing or wrong. With status 401.
    pub const UNAUTHORIZED: &str = "ERROR_UNAUTHORIZED";
    /// The key lacks the permission. With status 403.
    pub const UNAUTHORIZED_ACCESS: &str = "ERROR_UNAUTHORIZED_ACCESS";
    /// The server failed. With status 500.
    pub const SERVER_ERROR: &str = "ERROR_SERVER_ERROR";
    /// The sender takes part in the chat already. Seen with status 200.
    pub const CHAT_ALREADY_JOINED: &str = "CHAT_ALREADY_JOINED";
}
