//! The settings of a client.

mod configuration;
mod configure_http;
