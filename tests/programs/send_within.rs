//! Sends a message within a time limit, and prints the outcome, for `delivery/late_timers.rs`. A process of its own, which
//! a test can stop.
#![allow(clippy::print_stdout, reason = "the outcome")]

use std::env;
use std::time::Duration;

use acquire_io::{CaseId, Chat, Client};
use acquire_io_tests::Result;
use tokio::runtime::Builder;

fn main() -> Result {
    let mut arguments = env::args().skip(1);
    let mut argument = |name| arguments.next().ok_or(format!("no {name}"));
    let (url, runtime) = (argument("URL")?, argument("runtime")?);
    let limit = Duration::from_millis(argument("limit")?.parse()?);
    let mut runtime = match runtime.as_str() {
        "current_thread" => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    runtime.enable_all().build()?.block_on(send(url, limit))
}

async fn send(url: String, limit: Duration) -> Result {
    let client = Client::builder()
        .base_url(url)
        .api_key("key")
        .root_certificates_pem(env::var("ROOT_CERTIFICATE")?)
        .build()?;
    let call = client.send(Chat::new(CaseId(28)).text("hi")).timeout(limit);
    match call.await {
        Ok(sent) if sent.chat().is_ok() => println!("accepted, typed"),
        Ok(_) => println!("accepted, not typed"),
        Err(error) => {
            let timeout = if error.is_timeout() { ", timeout" } else { "" };
            println!("{}{timeout}", error.delivery().as_str());
        }
    }
    Ok(())
}
