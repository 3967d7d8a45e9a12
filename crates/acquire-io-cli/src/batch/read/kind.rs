//! What a file is by its first bytes, whatever its name.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};

use clap::ValueEnum;
use zip::ZipArchive;

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A text table with a header, and commas, semicolons or tabs between the cells
    Csv,
    /// One JSON object per line
    Ndjson,
    /// A JSON list of objects
    Json,
    /// A sheet of an Excel file
    Xlsx,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Csv => "CSV",
            Self::Ndjson => "NDJSON",
            Self::Json => "JSON",
            Self::Xlsx => ".xlsx",
        })
    }
}

/// How many bytes are looked at.
const BEGINNING: u64 = 1 << 12;
/// How much of a compound file is searched for its directory.
const SEARCHED: u64 = 1 << 28;

pub(crate) enum Kind {
    /// By its first character and its name.
    Text(Format),
    Xlsx,
    /// What it is and what to do, in a sentence about the file.
    Refused(&'static str),
}

const XLS: &str = "is an old Excel file (.xls): save it as .xlsx or CSV";
const XLSB: &str = "is a binary Excel file (.xlsb): save it as .xlsx or CSV";
const PASSWORD: &str = "is protected by a password: save it without one, as .xlsx or CSV";
const ODS: &str = "is an OpenDocument file (.ods): save it as .xlsx or CSV";
const NUMBERS: &str = "is a Numbers document: export it as .xlsx or CSV";
const ZIP: &str = "is a zip archive, not an .xlsx file: save the table as .xlsx or CSV";
const HTML: &str =
    "is HTML, whatever its name: open it in a spreadsheet program, and save it as .xlsx or CSV";
const XML: &str = "is XML, which is not read as a table: save it as .xlsx or CSV";
const PDF: &str = "is a PDF: save the table that it was made from as .xlsx or CSV";

pub(crate) fn find(file: &File, extension: &str) -> io::Result<Kind> {
    let mut file = file.try_clone()?;
    file.rewind()?;
    let mut beginning = Vec::new();
    (&file).take(BEGINNING).read_to_end(&mut beginning)?;
    file.rewind()?;
    if beginning.starts_with(b"PK\x03\x04") || beginning.starts_with(b"PK\x05\x06") {
        return Ok(of_zip(file));
    }
    if beginning.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        let is_encrypted = contains(file, &utf16("EncryptedPackage"))?;
        return Ok(Kind::Refused(if is_encrypted { PASSWORD } else { XLS }));
    }
    let text = String::from_utf8_lossy(&beginning).replace('\0', "");
    let text = text
        .trim_start_matches(['\u{feff}', '\u{fffd}'])
        .trim_start();
    let starts = |with: &str| {
        let start = text.get(..with.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(with))
    };
    let is_html = ["<html", "<!doctype html", "<table", "<head", "<meta"];
    Ok(match () {
        () if is_html.into_iter().any(starts) => Kind::Refused(HTML),
        () if starts("<?xml") && text.to_ascii_lowercase().contains("<html") => Kind::Refused(HTML),
        () if starts("<?xml") => Kind::Refused(XML),
        () if starts("%PDF-") => Kind::Refused(PDF),
        () => Kind::Text(format(text, extension)),
    })
}

fn format(text: &str, extension: &str) -> Format {
    let is_json = matches!(extension, "json" | "jsonl" | "ndjson");
    match (extension, text.chars().next()) {
        ("csv" | "tsv" | "tab", _) => Format::Csv,
        (_, Some('{') | None) => Format::Ndjson,
        (_, Some('[')) => Format::Json,
        _ if is_json => Format::Ndjson,
        _ => Format::Csv,
    }
}

fn of_zip(file: File) -> Kind {
    let Ok(mut zip) = ZipArchive::new(BufReader::new(file)) else {
        return Kind::Refused(super::xlsx_parts::DAMAGED);
    };
    let mut mime = String::new();
    if let Ok(part) = zip.by_name("mimetype") {
        // A part that is not text is none of these types.
        let _ = part.take(100).read_to_string(&mut mime);
    }
    let names: Vec<_> = zip
        .file_names()
        .flatten()
        .map(|name| name.into_owned())
        .collect();
    let has = |is_meant: &dyn Fn(&str) -> bool| names.iter().any(|name| is_meant(name));
    if mime.starts_with("application/vnd.oasis.opendocument") {
        Kind::Refused(ODS)
    } else if has(&|name| name.ends_with("workbook.bin")) {
        Kind::Refused(XLSB)
    } else if has(&|name| name.ends_with(".iwa") || name == "Index.zip") {
        Kind::Refused(NUMBERS)
    } else if has(&|name| name == "_rels/.rels") && !has(&|name| name.starts_with("word/")) {
        Kind::Xlsx
    } else {
        Kind::Refused(ZIP)
    }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn contains(file: File, wanted: &[u8]) -> io::Result<bool> {
    let mut file = BufReader::new(file).take(SEARCHED);
    let mut part = Vec::new();
    loop {
        let kept = part.len();
        let read = (&mut file).take(1 << 16).read_to_end(&mut part)?;
        if part.windows(wanted.len()).any(|window| window == wanted) {
            return Ok(true);
        }
        if read == 0 {
            return Ok(false);
        }
        // The wanted bytes may be on both sides of the cut.
        let overlap = part.len().min(wanted.len());
        part.drain(..(kept + read).saturating_sub(overlap));
    }
}
