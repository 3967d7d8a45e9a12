//! Makes a client from its environment and prints the outcome, for `settings/from_env.rs`. A process of
//! its own, because a test can't change its own environment safely.
#![allow(clippy::print_stdout, reason = "the outcome")]

use acquire_io::Client;

fn main() {
    match Client::from_env() {
        Ok(client) => {
            println!("ok: {}\n{client:?}", client.base_url());
            if let Some(proxy) = client.proxy() {
                let credentials = proxy.has_credentials();
                println!("proxy: {}, {}, {credentials}", proxy.url(), proxy.source());
            }
        }
        Err(error) => println!("error: {error}\n{error:?}"),
    }
}
