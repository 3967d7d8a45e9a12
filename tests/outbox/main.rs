//! Workers of an outbox against a sandbox: what each row says is compared with what arrived.
//!
//! These prove what must hold whatever fails. `network` and `outage` need PostgreSQL, the others run on both stores. Each
//! was seen to fail with the change beside it:
//!
//! | proof | fails when |
//! | --- | --- |
//! | `kill`: processes and the database's server are killed | a lease that ends returns its message to the queue |
//! | `network`: connections to the database break at each statement | a lease that ends returns its message to the queue; a commit that failed counts as done |
//! | `pause`: a process is stopped past its leases | the deadline before the body is gone, or counts from the answer of the turn; a verdict counts without its claim's token; a lease that ends returns its message to the queue |
//! | `clocks`: processes and databases hours apart | what is left of a rate counts from a time that a clock was set back from (seen in a file) |
//! | `order`: lanes and rates over several processes | claims overlook earlier messages of the lane, or busy lanes; turns don't lock the account; a claim takes nothing of the rate |
//! | `power`: a claim is on the disk before its message leaves | `synchronous = NORMAL`; `synchronous_commit = off` |
//! | `outage`: a database that takes no writes | a full disk ends the worker; transactions override `default_transaction_read_only`; a failover doesn't hold the outbox |

mod accepted;
mod accounts;
#[cfg(target_os = "linux")]
mod clocks;
mod faults;
#[cfg(unix)]
mod guide;
#[cfg(unix)]
mod kill;
#[cfg(unix)]
mod network;
#[cfg(unix)]
mod order;
#[cfg(target_os = "linux")]
mod outage;
#[cfg(unix)]
mod pause;
#[cfg(target_os = "linux")]
mod power;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod proxy;
mod rows;
mod sharing;
mod spans;
mod stopping;
mod support;
#[cfg(target_os = "linux")]
mod tools;
mod turns;
