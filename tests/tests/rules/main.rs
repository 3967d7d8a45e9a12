//! The client's rules: the guide's table of them, and what they let pass.

mod examples;
mod generate;
mod passes;
mod table;
