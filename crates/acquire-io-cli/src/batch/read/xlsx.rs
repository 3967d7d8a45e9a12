//! A sheet of an `.xlsx` file, copied once as records, which can then be read any number of times.

use std::fs::File;
use std::io::BufReader;

use acquire_io_sandbox::cli::inert::inert;
use calamine::{Reader as _, Sheet, SheetType, SheetVisible, Xlsx, XlsxError};

use super::progress::Reading;
use super::table::{Cell, CellKind, Record};
use super::xlsx_cell;
use super::xlsx_parts::{DAMAGED, Parts};
use super::xlsx_records::Writer;

/// The records of a sheet, and notes about it.
pub(crate) struct Read {
    pub(crate) records: File,
    pub(crate) sheet: String,
    /// `the first of 3 sheets`, `hidden`, `12 rows are hidden`.
    pub(crate) notes: Vec<String>,
}

/// Reads the first visible sheet, or the one with this name or number. Hidden rows and columns are read too, as spreadsheets
/// export them.
///
/// # Errors
/// What is wrong with the file, in a sentence about it.
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
        records: copy(&mut workbook, &sheet.name, &part.unread_errors)?,
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

/// Copies all cells with a value. `unread_errors` are the places of those that calamine can't read.
fn copy(
    workbook: &mut Xlsx<BufReader<File>>,
    sheet: &str,
    unread_errors: &[(u64, usize)],
) -> anyhow::Result<File> {
    let mut writer = Writer::new()?;
    let mut reading = Reading::new("read");
    let reader = workbook.worksheet_cells_reader(sheet);
    let mut cells = reader.map_err(|error| damaged(&error))?;
    let mut unread_errors = unread_errors.iter();
    let mut record = Record {
        row: 0,
        cells: Vec::new(),
    };
    loop {
        let ((row, column), cell) = match cells.next_cell_with_style_id() {
            Ok(None) => break,
            Ok(Some((cell, style))) => {
                let style = cells.styles().get(style);
                let format = style.and_then(|style| style.number_format.as_ref());
                let format = format.map(|format| format.format_code.as_str());
                let (row, column) = cell.get_position();
                let place = (u64::from(row) + 1, column as usize);
                (place, xlsx_cell::read(cell.get_value(), format))
            }
            Err(XlsxError::CellError(text)) => {
                let place = unread_errors.next();
                let kind = CellKind::Error;
                let place = place.ok_or_else(|| anyhow::anyhow!(DAMAGED))?;
                (*place, Cell { text, kind })
            }
            Err(error) => return Err(damaged(&error)),
        };
        if row != record.row {
            anyhow::ensure!(row > record.row, "{DAMAGED} (its rows are out of order)");
            writer.write(&record)?;
            reading.add(|| None);
            record.row = row;
            record.cells.clear();
        }
        if !cell.text.is_empty() {
            record.put(column, cell);
        }
    }
    writer.write(&record)?;
    writer.finish()
}
