//! Programs that not every machine has.

use std::env;
use std::io::{Write as _, stderr};

/// Whether a test can use a tool. Says so in one line if not.
///
/// # Panics
/// When it can't, and `ACQUIRE_TEST_TOOLS` is set to `required`.
pub(crate) fn has(tool: &str, is_there: bool) -> bool {
    if !is_there {
        let is_required = env::var("ACQUIRE_TEST_TOOLS").is_ok_and(|tools| tools == "required");
        assert!(!is_required, "this test needs {tool}");
        skipped(tool);
    }
    is_there
}

/// Says in one line what a test would have needed.
pub(crate) fn skipped(needs: &str) {
    // Past the test's captured output. Nobody may listen.
    let _ = writeln!(stderr(), "skipped: it needs {needs}");
}
