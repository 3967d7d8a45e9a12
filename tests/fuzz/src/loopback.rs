//! A client, and a server on loopback that gives it the answer of a fuzz target.

use std::sync::{Arc, Mutex, PoisonError};

use acquire_io::{CaseId, Chat, Client, Error, Retry, Sent};
use acquire_io_tests::fault::{Answer, Part, Script, Server, Step, Transport};
use tokio::runtime::{Builder, Runtime};

/// The text of each message.
pub(crate) const TEXT: &str = "CANARY of a chat message";
/// The key of the account.
pub(crate) const KEY: &str = "CANARY-of-an-api-key";

pub(crate) struct Loopback {
    runtime: Runtime,
    _server: Server,
    answer: Arc<Mutex<Answer>>,
    client: Client,
}

thread_local! {
    static LOOPBACK: Loopback = Loopback::start();
}

impl Loopback {
    fn start() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime starts");
        let answer = Arc::new(Mutex::new(Answer::new(500)));
        let given = Arc::clone(&answer);
        let answering = Step::choose(move |_| {
            let answer = given.lock().unwrap_or_else(PoisonError::into_inner).clone();
            vec![Step::Send(Part::Whole, answer), Step::Forget]
        });
        let script = Script::new([Step::Message, answering]).repeated();
        let server = {
            let _entered = runtime.enter();
            Server::start(Transport::Http1, [script]).expect("a port is free")
        };
        let client = Client::builder()
            .base_url(server.base_url())
            .api_key(KEY)
            .build();
        Self {
            runtime,
            _server: server,
            answer,
            client: client.expect("the settings are right"),
        }
    }
}

/// Sends a chat message to a server that gives this answer.
pub(crate) fn send(answer: Answer, retry: Retry) -> Result<Sent, Error> {
    LOOPBACK.with(|loopback| {
        *loopback
            .answer
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = answer;
        let chat = Chat::new(CaseId(28)).text(TEXT);
        let call = loopback.client.send(chat).retry(retry);
        loopback.runtime.block_on(call.into_future())
    })
}
