//! Ways to measure. Each runs this program again, with the work as arguments.

pub mod heap;
pub mod instructions;
pub mod throughput;
