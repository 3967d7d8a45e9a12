//! The client's rules: the guide's table of them, and what they let pass.

#![allow(
    clippy::expect_used,
    reason = "an example that is no JSON is a mistake of the test"
)]

mod example;
mod generate;
mod of_fields;
mod of_values;
mod passes;
mod table;
