//! The measurements.

pub mod batch;
pub mod build;
pub mod commit;
pub mod decode;
pub mod heap;
pub mod instructions;
pub mod outbox;
pub mod send;
pub mod throughput;
pub mod turns;
