//! Any bytes as a file: what it is, its encoding and its dialect are found out, or it is refused in one line.

use acquire_io_cli::probe;

use crate::ndjson::CLIENT;

/// Reads the bytes as a file without an ending, as one that is called `.csv`, and in an encoding that is named.
pub fn run(data: &[u8]) {
    check("rows", data, &[]);
    check("rows.csv", data, &[]);
    check(
        "rows.csv",
        data,
        &["--encoding", "windows-1252", "--delimiter", ";"],
    );
}

/// Reads a file twice, and holds what must hold of its rows.
pub(crate) fn check(name: &str, data: &[u8], options: &[&str]) {
    let read = || probe::file(name, data, options, &CLIENT);
    let file = match read() {
        Ok(file) => file,
        Err(problem) => {
            assert!(!problem.contains(char::is_control), "{problem:?}");
            return;
        }
    };
    assert!(
        !file.read_as.contains(char::is_control),
        "{:?}",
        file.read_as
    );
    let again = read().expect("it was read before");
    assert_eq!((&file.read_as, &file.rows), (&again.read_as, &again.rows));
    let mut last = 0;
    for row in file.rows {
        assert!(last <= row.line, "{} after {last}", row.line);
        last = row.line;
        // Two valid rows never have the same number.
        match row.body {
            Ok(_) => last += 1,
            Err(problem) => assert!(!problem.contains(char::is_control), "{problem:?}"),
        }
    }
}
