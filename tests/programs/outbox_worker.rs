//! A worker of an outbox, for `outbox`. A process of its own, which a test can kill, stop, trace, or give another
//! clock.
//!
//! `outbox_worker FILE|DATABASE URL [NAME=VALUE ...]` with the names
//!
//! - `in_flight`; `lease` and `timeout`, in milliseconds
//! - `until=settled`: ends when all messages are settled
//! - `wait_at=claimed` or `wait_at=answered`: waits there, before anything is sent or a turn settles it, until standard input
//!   has a line or ends
//!
//! Prints a line for each thing that happens: `claimed KEY`, `answered`, `accepted KEY` and the other states, `requeued KEY
//! CODE`, `late KEY`.

use std::env;
use std::fmt::Display;
use std::io::{Write as _, stdin, stdout};
use std::time::Duration;

use acquire_io::Client;
use acquire_io_outbox::{Event, Outbox, Worker};
use acquire_io_tests::Result;
use tracing::span::Id;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, registry};

#[tokio::main(worker_threads = 2)]
async fn main() -> Result {
    let mut arguments = env::args().skip(1);
    let (place, url) = (arguments.next(), arguments.next());
    let (place, url) = (place.ok_or("no FILE")?, url.ok_or("no URL")?);
    let mut client = Client::builder().base_url(url).api_key("sandbox-key");
    if let Ok(certificate) = env::var("ROOT_CERTIFICATE") {
        client = client.root_certificates_pem(certificate);
    }
    // A test counts unknown outcomes and refusals itself.
    let mut worker = Worker::new(open(&place).await?)
        .stop_after_unknown(None)
        .stop_after_refusals(None);
    let mut wait_at = None;
    for argument in arguments {
        let (name, value) = argument.split_once('=').ok_or("no NAME=VALUE")?;
        let ms = || value.parse().map(Duration::from_millis);
        match name {
            "in_flight" => worker = worker.in_flight(value.parse()?),
            "lease" => worker = worker.lease(ms()?),
            "timeout" => client = client.timeout(ms()?),
            "until" => worker = worker.stop_when_settled(),
            "wait_at" => wait_at = Some(value.to_owned()),
            _ => return Err(format!("what is {name}?").into()),
        }
    }
    let answers = Answers {
        waits: wait_at.as_deref() == Some("answered"),
    };
    tracing::subscriber::set_global_default(registry().with(answers))?;
    let waits = wait_at.as_deref() == Some("claimed");
    let print = move |_: &str, event: &Event| report(event, waits);
    let worker = worker.account("acme", client.build()?).on_event(print);
    loop {
        match worker.clone().run().await {
            // It was away for a moment while the worker began. A service manager would start the process again.
            Err(error) if is_database(&place) && !error.is_file() => pause().await,
            report => return Ok(report.map(drop)?),
        }
    }
}

fn is_database(place: &str) -> bool {
    place.starts_with("host=")
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

async fn open(place: &str) -> Result<Outbox> {
    if !is_database(place) {
        return Ok(Outbox::sqlite(place).await?);
    }
    loop {
        match Outbox::postgres(place).await {
            Err(error) if error.is_file() => return Err(error.into()),
            // It may be away for a moment.
            Err(_) => pause().await,
            outbox => return Ok(outbox?),
        }
    }
}

fn report(event: &Event, waits: bool) {
    let name = |key: &Option<String>| key.clone().unwrap_or_default();
    match event {
        Event::Claimed { key, .. } => {
            say(format_args!("claimed {}", name(key)));
            if waits {
                wait();
            }
        }
        Event::Settled { key, state, .. } => say(format_args!("{state} {}", name(key))),
        Event::Requeued { key, code, .. } => {
            let code = code.as_deref().unwrap_or_default();
            say(format_args!("requeued {} {code}", name(key)));
        }
        Event::Late { key, .. } => say(format_args!("late {}", name(key))),
        _ => {}
    }
}

fn wait() {
    // A line, the end, or an error: it goes on.
    let _ = stdin().read_line(&mut String::new());
}

fn say(line: impl Display) {
    // Nobody may listen any more.
    let _ = writeln!(stdout(), "{line}");
}

/// Prints when a message has its verdict, which no turn has settled yet.
struct Answers {
    waits: bool,
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Answers {
    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id);
        if span.is_some_and(|span| span.name() == "acquire.outbox.message") {
            say("answered");
            if self.waits {
                wait();
            }
        }
    }
}
