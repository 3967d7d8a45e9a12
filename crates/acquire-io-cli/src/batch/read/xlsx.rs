//! A sheet of an `.xlsx` file, copied once as its records, which are then read as often as they are needed.

use std::fs::File;
use std::io::BufReader;

use acquire_io_sandbox::cli::inert::inert;
use calamine::{DataRef, Reader as _, Sheet, SheetType, SheetVisible, Xlsx, XlsxError};

use super::table::Record;
use super::xlsx_cell as cell;
use super::xlsx_parts::Parts;
use super::xlsx_records::{self as records, Writer};
use crate::batch::check::row::RowError;
use crate::batch::report::reading::Reading;

pub(crate) use super::xlsx_parts::DAMAGED;

/// The records of a sheet, and what a person may not expect about it.
pub(crate) struct Read {
    pub(crate) records: File,
    pub(crate) sheet: String,
    /// `the first of 3 sheets`, `hidden`, `12 rows are hidden`.
    pub(crate) notes: Vec<String>,
}

/// Reads the first sheet that is visible, or the one with this name or number. Returns what is wrong with the file, in a
/// sentence about it.
pub(crate) fn read(file: &File, wanted: Option<&str>) -> anyhow::Result<Read> {
    let parts = Parts::check(BufReader::new(file.try_clone()?))?;
    let workbook = Xlsx::new(BufReader::new(file.try_clone()?));
    let mut workbook = workbook.map_err(|error| damaged(&error))?;
    let sheets: Vec<_> = workbook.sheets_metadata().to_vec();
    let (place, sheet) = choose(&sheets, wanted)?;
    let part = parts.sheet(&sheet.name);
    let part = part.ok_or_else(|| anyhow::anyhow!(DAMAGED))?;
    let mut notes = Vec::new();
    if sheets.len() > 1 {
        notes.push(format!("sheet {} of {}", place + 1, sheets.len()));
    }
    if sheet.visible != SheetVisible::Visible {
        notes.push("which is hidden".to_owned());
    }
    match part.hidden_rows {
        0 => {}
        1 => notes.push("1 row is hidden, and is read too".to_owned()),
        hidden => notes.push(format!("{hidden} rows are hidden, and are read too")),
    }
    Ok(Read {
        records: copy(&mut workbook, &sheet.name)?,
        sheet: sheet.name.clone(),
        notes,
    })
}

fn damaged(error: &XlsxError) -> anyhow::Error {
    match error {
        XlsxError::Io(error) if error.raw_os_error().is_some() => anyhow::anyhow!("{error}"),
        error => anyhow::anyhow!("{} ({})", DAMAGED, inert(&error.to_string())),
    }
}

fn choose<'a>(sheets: &'a [Sheet], wanted: Option<&str>) -> anyhow::Result<(usize, &'a Sheet)> {
    let tables = sheets.iter().enumerate();
    let tables = tables.filter(|(_, sheet)| sheet.typ == SheetType::WorkSheet);
    let mut tables = tables.clone().collect::<Vec<_>>().into_iter();
    let names = || {
        let names = tables.clone().map(|(place, sheet)| {
            let hidden = match sheet.visible {
                SheetVisible::Visible => "",
                _ => " (hidden)",
            };
            format!("{} {}{hidden}", place + 1, inert(&sheet.name))
        });
        names.collect::<Vec<_>>().join(", ")
    };
    let Some(wanted) = wanted else {
        let visible = |(_, sheet): &(usize, &Sheet)| sheet.visible == SheetVisible::Visible;
        let found = tables.clone().find(visible).or_else(|| tables.next());
        return found.ok_or_else(|| anyhow::anyhow!("has no sheet with cells"));
    };
    let by_name = |(_, sheet): &(usize, &Sheet)| sheet.name.trim() == wanted.trim();
    let number = wanted.trim().parse::<usize>().ok();
    let by_number = |(place, _): &(usize, &Sheet)| Some(*place + 1) == number;
    let mut by = tables.clone();
    let found = tables.clone().find(by_name).or_else(|| by.find(by_number));
    found.ok_or_else(|| {
        let names = names();
        anyhow::anyhow!("has no sheet {}; there are {names}", inert(wanted))
    })
}

/// Copies all cells with a value.
fn copy(workbook: &mut Xlsx<BufReader<File>>, sheet: &str) -> anyhow::Result<File> {
    let mut writer = Writer::new()?;
    let mut reading = Reading::new("read");
    let reader = workbook.worksheet_cells_reader(sheet);
    let mut cells = reader.map_err(|error| damaged(&error))?;
    let mut record = Record {
        row: 0,
        cells: Vec::new(),
    };
    loop {
        let next = cells.next_cell_with_style_id();
        let next = next.map_err(|error| match error {
            XlsxError::CellError(_) => anyhow::anyhow!(
                "a cell in row {} or below holds an error that is not known: correct the formula, or clear the cell",
                record.row.max(1)
            ),
            error => damaged(&error),
        })?;
        let Some((cell, style)) = next else {
            break;
        };
        let (row, column) = cell.get_position();
        let row = u64::from(row) + 1;
        if row != record.row {
            anyhow::ensure!(row > record.row, "{} (its rows are out of order)", DAMAGED);
            writer.write(&record)?;
            reading.add(|| None);
            record.row = row;
            record.cells.clear();
        }
        let value = cell.get_value();
        if *value == DataRef::Empty {
            continue;
        }
        let style = cells.styles().get(style);
        let format = style.and_then(|style| style.number_format.as_ref());
        let format = format.map(|format| format.format_code.as_str());
        record.put(column as usize, cell::read(value, format));
    }
    writer.write(&record)?;
    writer.finish()
}

/// Reads what [`read`] copied.
pub(crate) fn records(
    copy: BufReader<File>,
) -> impl Iterator<Item = Result<Record, RowError>> + Send {
    records::Reader::new(copy)
}
