//! The settings of a client, by its builder and by the environment.

mod configure_http;
mod from_env;
mod network;
mod values;
mod variables;
