//! What comes out in text: spans, logs, errors and `Debug`. Apart from other tests, since [`Recorder`] keeps what the whole
//! process traces.
//!
//! [`Recorder`]: acquire_io_tests::canary::Recorder

mod privacy;
mod spans;
