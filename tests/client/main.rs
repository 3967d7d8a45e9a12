//! What a program has of the client: answers, errors, accounts, and what the READMEs show.

mod accounts;
mod answers;
mod drain;
mod error_text;
mod links;
mod readmes;
mod test_util;
