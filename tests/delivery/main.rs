//! The promise: whether a message may have been sent, whatever fails, and when it is sent again.

mod answer_mutations;
mod begin_before;
mod document_delivery;
mod fault_matrix;
mod floods;
#[cfg(unix)]
mod late_timers;
mod ledger;
mod retry;
mod sandbox_faults;
mod verdict_cases;
mod withdrawn;
