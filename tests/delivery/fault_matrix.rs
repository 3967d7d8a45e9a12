//! What each fault means: the client against servers on real sockets that fail in every way that we could think of, over
//! HTTP/1.1 and HTTP/2, plain and TLS.
//!
//! A line of `faults!` states the verdict. `Run::check` holds it against what the server received: what is "not sent"
//! never arrived, what is accepted or refused arrived whole and was answered, nothing arrived twice, and no request went
//! uncounted.
//!
//! What came of it is in `snapshots/delivery__fault_matrix__table.snap`. There `1.1s` and `2s` are HTTP/1.1 and HTTP/2 in
//! TLS. "Heads" counts requests whose head the server read, "messages" those that it read to the end; "disowned" are
//! those that it said, over HTTP/2, not to have processed. If a row is about a second message, only that one is counted.

mod again;
mod answers;
mod bodies;
mod connecting;
mod dropped;
mod faults;
mod http2;
mod races;
mod sending;
mod statuses;

use acquire_io_tests::Result;

use faults::run;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_matrix() -> Result {
    let rows = [
        connecting::connecting(),
        connecting::handshakes(),
        sending::ending(),
        sending::waiting(),
        answers::broken(),
        statuses::statuses(),
        bodies::accepted_shapes(),
        answers::early(),
        again::pooled(),
        http2::resets(),
        http2::goaways(),
        http2::settings(),
        again::retries(),
    ];
    insta::assert_snapshot!("table", run(rows.concat()).await?);
    Ok(())
}
