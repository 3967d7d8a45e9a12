//! The rows of a file in memory: a few bytes each, so that a file may have a million rows.

use super::identity::{Hash, Id, row_id};

/// A row of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileRow {
    pub(crate) id: Id,
    /// The hash of its case and recipient.
    pub(crate) recipient: Hash,
    /// Counts equal rows, from 1. 0 if an earlier row has the same key: then it is left out.
    pub(crate) number: u32,
    pub(crate) has_key: bool,
    /// Whether it differs from its message in the outbox.
    pub(crate) is_changed: bool,
}

impl FileRow {
    /// A row as it was read, before equal rows are numbered.
    pub(crate) fn new(content: Id, recipient: Hash, has_key: bool) -> Self {
        Self {
            id: content,
            recipient,
            number: 1,
            has_key,
            is_changed: false,
        }
    }

    pub(crate) fn is_repeated(&self) -> bool {
        self.number == 0
    }
}

/// The rows of a file, in order.
#[derive(Default)]
pub(crate) struct FileRows {
    rows: Vec<FileRow>,
    /// The places of rows that are not left out, sorted by ID.
    by_id: Vec<u32>,
}

impl FileRows {
    /// Numbers equal rows, and finds those with the key of an earlier one. `place` doesn't find rows beyond 4,294,967,295.
    pub(crate) fn new(mut rows: Vec<FileRow>) -> Self {
        let mut by_id: Vec<u32> = (0..=u32::MAX).zip(&rows).map(|(place, _)| place).collect();
        by_id.sort_unstable_by_key(|place| (id_at(&rows, *place), *place));
        let mut last = None;
        let mut number = 0;
        for place in &by_id {
            let Some(row) = rows.get_mut(*place as usize) else {
                continue;
            };
            number = if last == Some(row.id) { number + 1 } else { 1 };
            last = Some(row.id);
            row.number = match (row.has_key, number) {
                (true, 2..) => 0,
                _ => number,
            };
        }
        for row in rows.iter_mut().filter(|row| !row.has_key) {
            row.id = row_id(&row.id, row.number);
        }
        by_id.retain(|place| {
            rows.get(*place as usize)
                .is_some_and(|row| !row.is_repeated())
        });
        by_id.sort_unstable_by_key(|place| id_at(&rows, *place));
        Self { rows, by_id }
    }

    pub(crate) fn rows(&self) -> &[FileRow] {
        &self.rows
    }

    /// The place of the row with this ID.
    pub(crate) fn place(&self, id: &Id) -> Option<usize> {
        let found = self
            .by_id
            .binary_search_by_key(&Some(*id), |place| id_at(&self.rows, *place));
        let place = self.by_id.get(found.ok()?)?;
        Some(*place as usize)
    }

    pub(crate) fn mark_changed(&mut self, place: usize) {
        if let Some(row) = self.rows.get_mut(place) {
            row.is_changed = true;
        }
    }
}

fn id_at(rows: &[FileRow], place: u32) -> Option<Id> {
    rows.get(place as usize).map(|row| row.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rows_are_numbered_and_later_ones_with_a_key_are_left_out() {
        let row = |content, has_key| FileRow::new([content; 16], Hash::default(), has_key);
        let rows = FileRows::new(vec![
            row(2, false),
            row(1, true),
            row(2, false),
            row(1, true),
            row(2, false),
            row(3, false),
        ]);
        let numbers: Vec<_> = rows.rows().iter().map(|row| row.number).collect();
        assert_eq!(numbers, [1, 1, 2, 0, 3, 1]);
        for (place, row) in rows.rows().iter().enumerate() {
            let expected = if place == 3 { 1 } else { place };
            assert_eq!(rows.place(&row.id), Some(expected));
        }
        assert_eq!(rows.rows()[2].id, row_id(&[2; 16], 2));
        assert_eq!(rows.place(&[9; 16]), None);
    }
}
