//! What a program has of the client: answers, errors, accounts, and the programs of the READMEs.

mod accounts;
mod answers;
mod drain;
mod error_text;
mod readmes;
mod test_util;
