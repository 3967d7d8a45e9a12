//! One table makes the same messages, and the same rows, in every form that a program may write it in.

use std::io::{Cursor, Write as _};

use acquire_io_cli::probe::Row;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use fastrand::Rng;
use serde_json::{Map, Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::tables::read;

const TABLES: u64 = 30;
const DIALECTS: u64 = 8;

/// A cell. Null is an empty one.
type Table = Vec<Vec<Value>>;

const HEADER: [&str; 10] = [
    "channel", "key", "case", "contact", "timeline", "from", "to", "text", "closed", "title",
];

const WORDS: [&str; 24] = [
    "Grüße",
    "Müller",
    "schön",
    "für",
    "Straße",
    "Café",
    "Noël",
    "mañana",
    "déjà",
    "5 €",
    "„ja“",
    "– gut",
    "it’s",
    "a,b",
    "c;d",
    "e\tf",
    "g|h",
    "\"i\"",
    "line\nbreak",
    "=1+1",
    "007",
    "1e5",
    "TRUE",
    "{x}",
];

fn text(random: &mut Rng) -> Value {
    let words = (0..random.usize(1..8)).map(|_| *random.choice(WORDS).as_ref().unwrap());
    words.collect::<Vec<_>>().join(" ").into()
}

fn table(random: &mut Rng) -> Table {
    let has_keys = random.bool();
    let mut table = vec![HEADER.map(Value::from).to_vec()];
    for number in 0..random.u32(1..12) {
        let key = match has_keys {
            true => format!("k{number}").into(),
            false => Value::Null,
        };
        let title = match random.u8(..3) {
            0 => Value::Null,
            // It is one line.
            _ => shown(&text(random)).replace(['\n', '\t'], " ").into(),
        };
        table.push(vec![
            "sms".into(),
            key,
            random.u32(1..).into(),
            751_069.into(),
            2108.into(),
            "+12513188609".into(),
            "+919666929552".into(),
            text(random),
            random.bool().into(),
            title,
        ]);
    }
    table
}

fn shown(cell: &Value) -> String {
    match cell {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(truth) => truth.to_string().to_uppercase(),
        other => other.to_string(),
    }
}

/// The table as CSV, in some dialect, and the options that it needs.
fn csv(table: &Table, random: &mut Rng) -> (Vec<u8>, String, Vec<&'static str>) {
    let delimiter = *random.choice(&[',', ';', '\t', '|']).unwrap();
    let newline = *random.choice(&["\r\n", "\n", "\r"]).unwrap();
    let quotes_all = random.bool();
    let empty_columns = random.usize(..3);
    let has_separator_line = delimiter == '|' || random.u8(..4) == 0;
    let mut csv = match has_separator_line {
        true => format!("sep={delimiter}{newline}"),
        false => String::new(),
    };
    for row in table {
        let cells = row.iter().map(|cell| {
            let cell = shown(cell);
            let needs_quotes = cell.contains([delimiter, '"', '\r', '\n']);
            match quotes_all || needs_quotes {
                true => format!("\"{}\"", cell.replace('"', "\"\"")),
                false => cell,
            }
        });
        let mut cells: Vec<_> = cells.collect();
        cells.extend(vec![String::new(); empty_columns]);
        csv.push_str(&cells.join(&delimiter.to_string()));
        csv.push_str(newline);
        match random.u8(..10) {
            0 => csv.push_str(newline),
            1 => csv.push_str(&(delimiter.to_string().repeat(cells.len() - 1) + newline)),
            _ => {}
        }
    }
    if random.bool() {
        csv.truncate(csv.trim_end_matches(['\r', '\n']).len());
    }
    let encoding = *random
        .choice(&[UTF_8, UTF_16LE, UTF_16BE, WINDOWS_1252])
        .unwrap();
    let has_mark = random.bool();
    let bytes = encoded(&csv, encoding, has_mark);
    let options = match (encoding == WINDOWS_1252, random.bool()) {
        (true, true) => vec!["--encoding", "windows-1252"],
        _ => vec![],
    };
    let dialect = format!(
        "{delimiter:?} {newline:?} {} mark {has_mark} all quoted {quotes_all} {options:?}",
        encoding.name()
    );
    (bytes, dialect, options)
}

fn encoded(text: &str, encoding: &'static Encoding, has_mark: bool) -> Vec<u8> {
    let text = match has_mark && encoding != WINDOWS_1252 {
        true => format!("\u{feff}{text}"),
        false => text.to_owned(),
    };
    if encoding == UTF_16LE {
        return text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    }
    if encoding == UTF_16BE {
        return text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    }
    let (bytes, _, has_lost) = encoding.encode(&text);
    assert!(!has_lost);
    bytes.into_owned()
}

/// The table as a workbook of one sheet.
fn xlsx(table: &Table) -> Vec<u8> {
    let mut rows = String::new();
    for row in table {
        rows.push_str("<row>");
        for cell in row {
            rows.push_str(&match cell {
                Value::Null => "<c/>".to_owned(),
                Value::Bool(truth) => format!("<c t=\"b\"><v>{}</v></c>", u8::from(*truth)),
                Value::Number(number) => format!("<c><v>{number}</v></c>"),
                text => format!(
                    "<c t=\"inlineStr\"><is><t xml:space=\"preserve\">{}</t></is></c>",
                    shown(text).replace('&', "&amp;").replace('<', "&lt;")
                ),
            });
        }
        rows.push_str("</row>");
    }
    workbook(&rows)
}

/// A workbook of one sheet, with these rows as XML.
pub(crate) fn workbook(rows: &str) -> Vec<u8> {
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relationship = |kind: &str, target: &str| {
        format!(
            "<Relationships><Relationship Id=\"r1\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/></Relationships>"
        )
    };
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, part) in [
        (
            "_rels/.rels",
            relationship("officeDocument", "xl/workbook.xml"),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            relationship("worksheet", "worksheets/sheet1.xml"),
        ),
        (
            "xl/workbook.xml",
            "<workbook><sheets><sheet name=\"Table\" r:id=\"r1\"/></sheets></workbook>".to_owned(),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet><sheetData>{rows}</sheetData></worksheet>"),
        ),
    ] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(part.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Its rows as objects.
fn objects(table: &Table) -> Vec<Value> {
    let rows = table.iter().skip(1).map(|row| {
        let fields = HEADER.iter().zip(row).filter(|(_, cell)| !cell.is_null());
        let fields: Map<_, _> = fields
            .map(|(name, cell)| ((*name).to_owned(), cell.clone()))
            .collect();
        json!(fields)
    });
    rows.collect()
}

/// What a row is, and what it sends, without its place in the file.
fn messages(rows: Vec<Row>) -> Vec<(Option<String>, Result<Value, String>)> {
    rows.into_iter().map(|row| (row.id, row.body)).collect()
}

#[test]
fn one_table_makes_the_same_messages_in_every_form() {
    for seed in 0..TABLES {
        let random = &mut Rng::with_seed(seed);
        let table = table(random);
        let lines: String = objects(&table)
            .iter()
            .map(|row| format!("{row}\n"))
            .collect();
        let lines = read("table.ndjson", lines.as_bytes(), &[]).unwrap();
        let expected = messages(lines.rows);
        assert_eq!(expected.len(), table.len() - 1);
        assert!(
            expected.iter().all(|(_, body)| body.is_ok()),
            "{expected:?}"
        );

        let list = serde_json::to_vec(&objects(&table)).unwrap();
        let list = read("table.json", &list, &[]).unwrap();
        assert_eq!(messages(list.rows), expected, "JSON, seed {seed}");
        let sheet = read("table.xlsx", &xlsx(&table), &[]).unwrap();
        assert_eq!(messages(sheet.rows), expected, ".xlsx, seed {seed}");
        for _ in 0..DIALECTS {
            let (bytes, dialect, options) = csv(&table, random);
            let file = read("table.csv", &bytes, &options);
            let file = file.unwrap_or_else(|problem| panic!("{dialect}, seed {seed}: {problem}"));
            assert_eq!(
                messages(file.rows),
                expected,
                "{dialect}, seed {seed}: {}",
                file.read_as
            );
        }
    }
}

/// One byte that is not UTF-8 is found, however late it comes.
#[test]
fn the_last_byte_of_a_large_file_may_say_that_it_is_not_utf_8() {
    let row = format!("chat,28,{}\n", "plain ".repeat(2_000));
    let rows = row.repeat(200);
    let read_as = |text: &[u8]| {
        let file = [b"channel,case,text\n", rows.as_bytes(), text].concat();
        let file = read("rows.csv", &file, &[]).unwrap();
        let last = file.rows.last().unwrap().body.clone().unwrap();
        (file.read_as, last["message"]["message"].clone())
    };
    let (read, last) = read_as(b"chat,28,Gr\xfc\xdfe aus M\xfcnchen\n");
    assert_eq!(read, "CSV, commas, Windows-1252");
    assert_eq!(last, "Grüße aus München");
    let (read, last) = read_as("chat,28,Grüße aus München\n".as_bytes());
    assert_eq!(read, "CSV, commas, UTF-8");
    assert_eq!(last, "Grüße aus München");
}
