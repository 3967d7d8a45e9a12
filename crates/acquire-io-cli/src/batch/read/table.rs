//! A table: records of cells, of which the first is the header. What its columns mean is decided elsewhere.

use crate::batch::problems::RowError;

/// A row of a table.
pub(crate) struct Record {
    /// The row of a spreadsheet, or the line of the file on which it starts, from 1.
    pub(crate) row: u64,
    pub(crate) cells: Vec<Cell>,
}

impl Record {
    /// Sets the cell of a column, counted from 0.
    pub(crate) fn put(&mut self, column: usize, cell: Cell) {
        if self.cells.len() <= column {
            self.cells.resize_with(column + 1, || Cell::text(""));
        }
        if let Some(place) = self.cells.get_mut(column) {
            *place = cell;
        }
    }
}

/// A cell of a table.
pub(crate) struct Cell {
    /// The text that a spreadsheet's export would have. Empty for an empty cell.
    pub(crate) text: String,
    pub(crate) kind: CellKind,
}

/// The type of a cell. In CSV every cell is a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CellKind {
    Text,
    Number,
    Bool,
    /// `2026-07-01`, `2026-07-01 09:00:00` or `09:00:00`.
    Date,
    /// `#N/A`, `#REF!` and so on: the formula has no value.
    Error,
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            kind: CellKind::Text,
        }
    }
}

/// The records of a table, one at a time. The first is the header.
pub(crate) type Records = Box<dyn Iterator<Item = Result<Record, RowError>> + Send>;

/// The records of a file without what spreadsheets leave around a table: blank rows, and empty columns to its right. Each
/// is as wide as the header.
pub(crate) fn trimmed(
    records: impl Iterator<Item = Result<Record, RowError>> + Send + 'static,
) -> Records {
    let mut width = None;
    Box::new(records.filter_map(move |record| match record {
        Ok(record) => trim(record, &mut width),
        Err(error) => Some(Err(error)),
    }))
}

/// None for a blank row. The first that is not blank is the header, and has the width.
fn trim(mut record: Record, width: &mut Option<usize>) -> Option<Result<Record, RowError>> {
    let is_given = |cell: &Cell| !cell.text.trim().is_empty();
    let last = record.cells.iter().rposition(is_given)?;
    let width = *width.get_or_insert(last + 1);
    if last >= width {
        let problem = format!(
            "has a value in column {}, but the header ends with column {}",
            letters(last),
            letters(width.saturating_sub(1))
        );
        return Some(Err(RowError::new(record.row, problem)));
    }
    record.cells.resize_with(width, || Cell::text(""));
    Some(Ok(record))
}

/// The name of a column in spreadsheets, counted from 0: `A` to `Z`, then `AA`.
pub(crate) fn letters(mut place: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + (place % 26) as u8));
        match (place / 26).checked_sub(1) {
            Some(rest) => place = rest,
            None => break letters.into_iter().rev().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::letters;

    #[test]
    fn columns_have_letters() {
        let places = [0, 25, 26, 51, 52, 701, 702, 16_383];
        let expected = ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA", "XFD"];
        assert_eq!(places.map(letters), expected);
    }
}
