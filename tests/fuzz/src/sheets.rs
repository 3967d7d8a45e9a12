//! Any bytes as the cells of an `.xlsx` file, so that the fuzzer needn't learn to write a zip archive.

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::files::check;

/// Reads the bytes as a sheet, and as the texts that cells share.
pub fn run(data: &[u8]) {
    check("rows.xlsx", &workbook(data, SHARED.as_bytes()), &[]);
    check("rows.xlsx", &workbook(SHEET.as_bytes(), data), &[]);
}

const RELATIONSHIPS: &str = "<Relationships>\
    <Relationship Id=\"r1\" Type=\"x/relationships/officeDocument\" Target=\"xl/workbook.xml\"/>\
    <Relationship Id=\"r2\" Type=\"x/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
    </Relationships>";
const WORKBOOK: &str =
    "<workbook><sheets><sheet name=\"Table\" sheetId=\"1\" r:id=\"r2\"/></sheets></workbook>";
/// The second format is a date, the third one has leading zeros.
const STYLES: &str = "<styleSheet><numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"00000\"/></numFmts>\
    <cellXfs count=\"3\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"164\"/></cellXfs></styleSheet>";
const SHARED: &str = "<sst uniqueCount=\"4\"><si><t>channel</t></si><si><t>case</t></si><si><t>text</t></si>\
    <si><t>chat</t></si></sst>";
const SHEET: &str = "<worksheet><sheetData>\
    <row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c><c t=\"s\"><v>2</v></c></row>\
    <row><c t=\"s\"><v>3</v></c><c><v>28</v></c><c t=\"s\"><v>4</v></c></row></sheetData></worksheet>";

fn workbook(sheet: &[u8], shared: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, part) in [
        ("_rels/.rels", RELATIONSHIPS.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELATIONSHIPS.as_bytes()),
        ("xl/workbook.xml", WORKBOOK.as_bytes()),
        ("xl/styles.xml", STYLES.as_bytes()),
        ("xl/sharedStrings.xml", shared),
        ("xl/worksheets/sheet1.xml", sheet),
    ] {
        let started = zip.start_file(name, SimpleFileOptions::default());
        started.expect("a file in memory");
        zip.write_all(part).expect("a file in memory");
    }
    zip.finish().expect("a file in memory").into_inner()
}
