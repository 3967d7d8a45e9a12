//! Messages: as values, as requests, and the rules that they pass.

mod input_checks;
mod message_fields;
mod not_sent;
mod requests;
mod rules;
mod samples;
mod values;
