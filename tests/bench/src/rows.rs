//! Prints tables.

use std::io::Write as _;

/// Each row as soon as it is measured: all of it takes minutes.
pub(crate) fn row(cells: &[String]) -> anyhow::Result<()> {
    let mut output = std::io::stdout();
    writeln!(output, "| {} |", cells.join(" | "))?;
    Ok(output.flush()?)
}

/// The head of a table.
pub(crate) fn head(cells: &[&str]) -> anyhow::Result<()> {
    writeln!(std::io::stdout())?;
    row(&cells.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    let mut columns = vec!["--:".to_owned(); cells.len()];
    columns[0] = "---".to_owned();
    row(&columns)
}
