//! Tables as spreadsheet programs write them: each of the folder `tables`, of which its README says how it was made.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use acquire_io::Client;
use acquire_io_cli::probe::{self, File, Row};
use serde_json::{Value, json};

use crate::support::Place;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/batch/tables")
}

pub(crate) fn read(name: &str, content: &[u8], options: &[&str]) -> Result<File, String> {
    let client = Client::builder().account_id("acme").api_key("key").build();
    probe::file(name, content, options, &client.unwrap())
}

fn read_table(name: &str, options: &[&str]) -> Result<File, String> {
    read(name, &fs::read(folder().join(name)).unwrap(), options)
}

/// Number, key, text, whether it is closed, and title of each row.
type Person = (u64, &'static str, &'static str, bool, Option<&'static str>);

/// The rows of a spreadsheet.
const PEOPLE: [Person; 4] = [
    (
        2,
        "ann",
        "Grüße, Frau Müller – 5 € für Sie",
        true,
        Some("007"),
    ),
    (3, "bob", "Er sagte: \"Ja\"; 1,5 Tage", false, None),
    (4, "eve", "Zeile 1\nZeile 2", true, Some("x")),
    (6, "zoë", "Straße 5, Café Noël", false, Some("y")),
];

fn assert_people(name: &str, rows: &[Row], is_text: bool) {
    let expected = PEOPLE.map(|(row, key, text, closed, title)| {
        // In a text the third row has two lines.
        let line = if is_text && row > 4 { row + 1 } else { row };
        let title = title.map_or(Value::Null, Value::from);
        (line, key, Value::from(text), Value::from(closed), title)
    });
    let found = rows.iter().map(|row| {
        let body = row.body.as_ref();
        let body = body.unwrap_or_else(|problem| panic!("{name}: {problem}"));
        assert_eq!(body["threadId"], 2219, "{name}");
        assert_eq!(body["To"], "+919666929552", "{name}");
        let key = row.key.as_deref().unwrap_or_default();
        (
            row.line,
            key,
            body["Body"].clone(),
            body["isClosed"].clone(),
            body["title"].clone(),
        )
    });
    let found: Vec<_> = found.take(expected.len()).collect();
    assert_eq!(found, expected, "{name}");
}

/// Those that have the rows of [`PEOPLE`], and what they are.
const TABLES: [(&str, &str); 18] = [
    ("all-quoted.csv", "CSV, commas, UTF-8"),
    ("excel-german.csv", "CSV, semicolons, Windows-1252"),
    ("excel-sep.csv", "CSV, semicolons, Windows-1252"),
    ("excel-short-rows.csv", "CSV, semicolons, Windows-1252"),
    ("excel-unicode-text.txt", "CSV, tabs, UTF-16LE"),
    ("excel-utf-8.csv", "CSV, commas, UTF-8"),
    ("google-sheets.csv", "CSV, commas, UTF-8"),
    ("inline-strings.xlsx", ".xlsx, sheet Kunden"),
    (
        "libreoffice-semicolons.csv",
        "CSV, semicolons, Windows-1252",
    ),
    ("libreoffice-utf-16.csv", "CSV, tabs, UTF-16LE"),
    ("libreoffice.csv", "CSV, commas, UTF-8"),
    ("libreoffice.xlsx", ".xlsx, sheet Kunden"),
    ("mac-line-ends.csv", "CSV, semicolons, Windows-1252"),
    ("openpyxl.xlsx", ".xlsx, sheet Kunden"),
    (
        "sheets.xlsx",
        ".xlsx, sheet Kunden 2026 (sheet 3 of 3, 2 rows are hidden, and are read too)",
    ),
    ("trailing-columns-and-rows.csv", "CSV, semicolons, UTF-8"),
    ("utf-16-be.csv", "CSV, semicolons, UTF-16BE"),
    ("utf-16-le-without-mark.csv", "CSV, commas, UTF-16LE"),
];

fn options(name: &str) -> &'static [&'static str] {
    match name {
        "sheets.xlsx" => &["--sheet", "Kunden 2026"],
        _ => &[],
    }
}

#[test]
fn every_program_writes_the_same_rows() {
    let mut ids = BTreeSet::new();
    for (name, read_as) in TABLES {
        let file = read_table(name, options(name)).unwrap();
        assert_eq!(file.read_as, read_as, "{name}");
        let (is_text, is_sep) = (!name.ends_with(".xlsx"), name == "excel-sep.csv");
        let mut rows = file.rows;
        if is_sep {
            // Its first line names the delimiter.
            rows.iter_mut().for_each(|row| row.line -= 1);
        }
        assert_people(name, &rows, is_text);
        let count = if name == "excel-short-rows.csv" {
            38
        } else {
            4
        };
        assert_eq!(rows.len(), count, "{name}");
        ids.extend(rows.into_iter().take(4).map(|row| row.id));
    }
    assert_eq!(ids.len(), 4, "{ids:?}");
}

/// What was sent from one file is not sent again from another one.
#[tokio::test]
async fn a_table_that_is_exported_otherwise_sends_nothing_again() {
    let place = Place::new().await;
    for (name, _) in TABLES
        .iter()
        .filter(|(name, _)| *name != "excel-short-rows.csv")
    {
        place.write(name, fs::read(folder().join(name)).unwrap());
        let mut command = place.acquire("batch --yes --outbox shared.outbox");
        command.args(options(name)).arg(name);
        let ended = crate::support::ended(&mut command).await;
        ended.assert_code(0);
        assert_eq!(
            place.sandbox.received().len(),
            4,
            "{name}: {}",
            ended.stderr
        );
    }
}

/// The values of cells are those that an export has, where it doesn't round or decorate them.
#[test]
fn values_of_a_sheet_are_those_of_its_export() {
    let texts = |name: &str| -> Vec<String> {
        let file = read_table(name, &[]).unwrap();
        let text = |row: Row| match row.body {
            Ok(body) => body["message"]["message"].as_str().unwrap().to_owned(),
            Err(problem) => problem,
        };
        file.rows.into_iter().map(text).collect()
    };
    let expected = [
        "5",
        "19.9",
        "0.3",
        "4915112345678",
        "01234",
        "19.90",
        "4.9151123456789E+20",
        "2026-07-01",
        "2026-07-01 09:30:00",
        "09:30:00",
        "49:30:00",
        "TRUE",
        "Ann",
        "row 15: `text` is an error of the spreadsheet: correct the formula of the cell",
        "row 16: `text` is an error of the spreadsheet: correct the formula of the cell",
        "0044 7911 123456",
        "=1+1",
        "Hello Ann!",
        "a_x000D_b <&> \u{1F600}",
    ];
    assert_eq!(texts("values.xlsx"), expected);
    assert_eq!(texts("values-libreoffice.xlsx"), expected);
    // LibreOffice writes three digits of an exponent.
    let exported = expected.map(|text| text.replace("E+20", "E+020"));
    assert_eq!(texts("values-libreoffice.csv"), exported);
}

#[test]
fn what_is_no_table_is_refused_with_what_to_do() {
    for (name, problem) in [
        (
            "mac-roman.csv",
            "looks like macintosh: save it as UTF-8, or name its encoding",
        ),
        (
            "windows-1251.csv",
            "looks like windows-1251: save it as UTF-8, or name its encoding",
        ),
        (
            "refused.ods",
            "is an OpenDocument file (.ods): save it as .xlsx or CSV",
        ),
        (
            "refused.xls",
            "is an old Excel file (.xls): save it as .xlsx or CSV",
        ),
        (
            "refused-html.xls",
            "is HTML, whatever its name: open it in a spreadsheet program",
        ),
        (
            "refused-numbers.zip",
            "is a Numbers document: export it as .xlsx or CSV",
        ),
        (
            "refused-password.xlsx",
            "is protected by a password: save it without one",
        ),
        (
            "refused-cut-off.xlsx",
            "is damaged, or not an .xlsx file: open it in a spreadsheet program",
        ),
        (
            "refused-bomb.xlsx",
            "unpacks to more than is read of an .xlsx file: save it as CSV",
        ),
    ] {
        let error = read_table(name, &[]).unwrap_err();
        assert!(error.starts_with(&format!("{name} ")), "{error}");
        assert!(error.contains(problem), "{error}");
    }
}

#[test]
fn an_encoding_that_is_named_is_believed() {
    let file = read_table("mac-roman.csv", &["--encoding", "macintosh"]).unwrap();
    let text = &file.rows[3].body.as_ref().unwrap()["Body"];
    assert_eq!(text, "Straße 5, Café Noël");
    let file = read_table("windows-1251.csv", &["--encoding", "windows-1251"]).unwrap();
    assert_eq!(
        file.rows[0].body.as_ref().unwrap()["Body"],
        "Здравствуйте, Анна"
    );
    // Most of this one is UTF-8. Which rows are not is said of each.
    let file = read_table("mixed.csv", &[]).unwrap();
    assert!(
        file.read_as.contains("UTF-8 but for some bytes"),
        "{}",
        file.read_as
    );
    let wrong: Vec<_> = file.rows.iter().filter(|row| row.body.is_err()).collect();
    assert_eq!(wrong.len(), 1);
    assert_eq!(wrong[0].body, Err("row 7: cell 8 is not UTF-8".to_owned()));
}

#[test]
fn options_that_contradict_the_file_are_refused() {
    for (name, options, problem) in [
        (
            "sheets.xlsx",
            ["--sheet", "June"],
            "has no sheet June; there are 1 Notes, 2 Old (hidden), 3 Kunden 2026",
        ),
        (
            "sheets.xlsx",
            ["--delimiter", ";"],
            "is an .xlsx file: --delimiter and --encoding are for texts",
        ),
        (
            "sheets.xlsx",
            ["--format", "csv"],
            "is an .xlsx file, not CSV",
        ),
        (
            "libreoffice.csv",
            ["--sheet", "1"],
            "is CSV, which has no sheets",
        ),
        (
            "libreoffice.csv",
            ["--format", "xlsx"],
            "is a text file, not .xlsx",
        ),
        (
            "libreoffice.csv",
            ["--encoding", "windows-1252"],
            "is UTF-8, which would be misread as Windows-1252",
        ),
        (
            "utf-16-be.csv",
            ["--encoding", "utf-8"],
            "is UTF-16BE by its first bytes: leave --encoding out",
        ),
        (
            "excel-german.csv",
            ["--delimiter", "\"\""],
            "is not one character",
        ),
        (
            "excel-german.csv",
            ["--encoding", "latin-99"],
            "is not a known encoding",
        ),
    ] {
        let error = read_table(name, &options).unwrap_err();
        assert!(error.contains(problem), "{error}");
    }
    let json = read("rows", b"{}", &["--delimiter", ";"]).unwrap_err();
    assert_eq!(json, "rows is NDJSON: --delimiter is for CSV");
}

#[test]
fn a_sheet_is_found_by_its_name_or_number() {
    for sheet in ["Kunden 2026", "3"] {
        let file = read_table("sheets.xlsx", &["--sheet", sheet]).unwrap();
        assert_people("sheets.xlsx", &file.rows, false);
    }
    let file = read_table("sheets.xlsx", &["--sheet", "2"]).unwrap();
    assert_eq!(
        file.read_as,
        ".xlsx, sheet Old (sheet 2 of 3, which is hidden)"
    );
    assert_eq!(file.rows.len(), 1);
    // The first one that is visible has no rows of a batch.
    let file = read_table("sheets.xlsx", &[]).unwrap();
    assert_eq!(file.read_as, ".xlsx, sheet Notes (sheet 1 of 3)");
}

#[test]
fn every_table_is_described_and_tested() {
    let files = fs::read_dir(folder()).unwrap();
    let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<_> = files
        .filter(|name| name != "README.md" && name != "make.py")
        .collect();
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    let described = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let described: BTreeSet<_> = described.map(|(name, _)| name.to_owned()).collect();
    assert_eq!(described, files);
}

/// A list of JSON is read as its rows on lines of their own are.
#[test]
fn a_list_has_the_rows_of_lines() {
    let rows = ["ann", "bob"]
        .map(|key| json!({"channel": "chat", "key": key, "case": 28, "text": "a\nb"}));
    let lines = rows.each_ref().map(|row| format!("{row}\n")).concat();
    let list = serde_json::to_string_pretty(&json!(rows)).unwrap();
    let lines = read("rows", lines.as_bytes(), &[]).unwrap();
    for name in ["rows", "rows.json", "rows.ndjson"] {
        let list = read(name, list.as_bytes(), &[]).unwrap();
        assert_eq!(
            (list.read_as.as_str(), &list.rows),
            ("JSON, UTF-8", &lines.rows)
        );
    }
}
