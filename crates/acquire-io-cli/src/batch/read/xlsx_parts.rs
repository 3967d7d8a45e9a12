//! Checks of the parts of an `.xlsx` file, before calamine reads them.
//!
//! A small file may unpack to any size, and calamine keeps a part, or at least an element of it, in memory.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Seek};

use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

/// What is wrong with a file that no spreadsheet program wrote.
pub(crate) const DAMAGED: &str = "is damaged, or not an .xlsx file: open it in a spreadsheet program, and save it as .xlsx or \
                                  CSV again";
const TOO_LARGE: &str = "unpacks to more than is read of an .xlsx file: save it as CSV";

/// The size of all parts, unpacked, in bytes. A million rows need about a tenth.
const LARGEST_FILE: u64 = 4 << 30;
/// The size of a part that is kept in memory, in bytes.
const LARGEST_PART: u64 = 256 << 20;
/// The size of a text or a tag, in bytes. A cell has at most 32,767 characters.
const LONGEST_EVENT: u64 = 4 << 20;
const DEEPEST: u64 = 100;
const MOST_PARTS: usize = 10_000;

/// The parts, and which of them are sheets.
pub(crate) struct Parts {
    /// The path of each sheet's part, by the name of the sheet.
    sheets: HashMap<String, String>,
    parts: HashMap<String, Part>,
}

#[derive(Default)]
pub(crate) struct Part {
    /// The number of hidden rows that have a value.
    pub(crate) hidden_rows: u64,
    /// Row from 1 and column from 0 of each error that is newer than calamine, such as `#SPILL!`, in the order of the file.
    pub(crate) unread_errors: Vec<(u64, usize)>,
}

/// The errors that calamine reads.
const KNOWN_ERRORS: [&str; 7] = [
    "#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!",
];

impl Parts {
    /// Reads all parts that are XML.
    pub(crate) fn check(file: impl BufRead + Seek) -> anyhow::Result<Self> {
        let damaged = |_| anyhow::anyhow!(DAMAGED);
        let mut zip = ZipArchive::new(file).map_err(damaged)?;
        anyhow::ensure!(zip.len() <= MOST_PARTS, TOO_LARGE);
        let mut left = LARGEST_FILE;
        let mut parts = HashMap::new();
        for index in 0..zip.len() {
            let mut part = zip.by_index(index).map_err(damaged)?;
            let name = part
                .name()
                .map_err(damaged)?
                .replace('\\', "/")
                .to_ascii_lowercase();
            if !name.ends_with(".xml") && !name.ends_with(".rels") {
                continue;
            }
            let mut scan = Scan::default();
            each_event(&mut part, &mut left, |event, read| scan.take(event, read))?;
            let is_sheet = name.contains("/worksheets/");
            anyhow::ensure!(is_sheet || scan.read <= LARGEST_PART, TOO_LARGE);
            parts.insert(name, scan.part);
        }
        let sheets = Self::sheets(&mut zip)?;
        Ok(Self { sheets, parts })
    }

    /// The part of a sheet. None if it is missing.
    pub(crate) fn sheet(&self, name: &str) -> Option<&Part> {
        let path = self.sheets.get(name)?;
        self.parts.get(&path.to_ascii_lowercase())
    }

    /// The path of each sheet's part, by the name of the sheet.
    fn sheets<R: Read + Seek>(zip: &mut ZipArchive<R>) -> anyhow::Result<HashMap<String, String>> {
        let mut workbook = None;
        for (kind, target) in relationships(zip, "_rels/.rels")?.into_values() {
            if kind.ends_with("/officeDocument") {
                workbook = Some(target.trim_start_matches('/').to_owned());
            }
        }
        let workbook = workbook.ok_or_else(|| anyhow::anyhow!(DAMAGED))?;
        let (folder, name) = match workbook.rsplit_once('/') {
            Some((folder, name)) => (format!("{folder}/"), name),
            None => (String::new(), workbook.as_str()),
        };
        let targets = relationships(zip, &format!("{folder}_rels/{name}.rels"))?;
        let mut sheets = HashMap::new();
        each_event_of(zip, &workbook, |event| {
            let Event::Start(element) = event else {
                return Ok(());
            };
            if element.local_name().as_ref() == "sheet"
                && let Some(name) = attribute(element, "name")
                && let Some(id) = attribute(element, "id")
                && let Some((_, target)) = targets.get(&id)
            {
                let path = match target.strip_prefix('/') {
                    Some(path) => path.to_owned(),
                    None => format!("{folder}{target}"),
                };
                sheets.insert(name, path);
            }
            Ok(())
        })?;
        Ok(sheets)
    }
}

/// Type and target of each relationship, by its ID.
fn relationships<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    path: &str,
) -> anyhow::Result<HashMap<String, (String, String)>> {
    let mut found = HashMap::new();
    each_event_of(zip, path, |event| {
        if let Event::Start(element) = event
            && element.local_name().as_ref() == "Relationship"
            && let Some(id) = attribute(element, "Id")
            && let Some(kind) = attribute(element, "Type")
            && let Some(target) = attribute(element, "Target")
        {
            found.insert(id, (kind, target));
        }
        Ok(())
    })?;
    Ok(found)
}

/// The attribute with this name, whatever its prefix.
fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = element.attributes();
    let mut attributes = attributes.with_checks(false).flatten();
    let attribute = attributes.find(|other| other.key.local_name().as_ref() == name)?;
    let value = quick_xml::escape::unescape(&attribute.value).ok()?;
    Some(value.into_owned())
}

/// What is found in a part.
#[derive(Default)]
struct Scan {
    /// In bytes.
    read: u64,
    depth: u64,
    is_hidden: bool,
    has_value: bool,
    /// The reference of a cell with an error.
    error_at: Option<String>,
    part: Part,
}

impl Scan {
    fn take(&mut self, event: &Event<'_>, read: u64) -> anyhow::Result<()> {
        self.read = read;
        match event {
            Event::Start(element) => {
                self.depth += 1;
                anyhow::ensure!(self.depth <= DEEPEST, DAMAGED);
                match element.local_name().as_ref() {
                    "row" => {
                        check_reference(attribute(element, "r").as_deref())?;
                        let hidden = attribute(element, "hidden");
                        self.is_hidden = matches!(hidden.as_deref(), Some("1" | "true"));
                        self.has_value = false;
                    }
                    "c" => {
                        let reference = attribute(element, "r");
                        check_reference(reference.as_deref())?;
                        let is_error = attribute(element, "t").as_deref() == Some("e");
                        self.error_at = reference.filter(|_| is_error);
                    }
                    "dimension" => {
                        let range = attribute(element, "ref").unwrap_or_default();
                        check_range(&range)?;
                    }
                    // calamine reserves memory for this many.
                    "sst" => {
                        let count = attribute(element, "uniqueCount");
                        let count = count.and_then(|count| count.parse::<u64>().ok());
                        let is_possible = count.is_none_or(|count| count <= LARGEST_PART / 16);
                        anyhow::ensure!(is_possible, DAMAGED);
                    }
                    "v" | "is" => self.has_value = true,
                    _ => {}
                }
            }
            Event::Text(text) => {
                if let Some(reference) = &self.error_at
                    && !KNOWN_ERRORS.contains(&text.as_ref())
                {
                    self.part.unread_errors.extend(place(reference));
                }
            }
            Event::End(element) => {
                self.depth = self.depth.saturating_sub(1);
                match element.local_name().as_ref() {
                    "row" if self.is_hidden && self.has_value => {
                        self.part.hidden_rows += 1;
                        self.is_hidden = false;
                    }
                    "c" => self.error_at = None,
                    _ => {}
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// `7` of a row, `C7` of a cell.
fn check_reference(reference: Option<&str>) -> anyhow::Result<()> {
    let (letters, digits) = reference.map(split).unwrap_or_default();
    let is_row = digits.bytes().all(|byte| byte.is_ascii_digit());
    anyhow::ensure!(is_row && letters.len() <= 3 && digits.len() <= 7, DAMAGED);
    Ok(())
}

fn split(reference: &str) -> (&str, &str) {
    let is_digit = |c: char| !c.is_ascii_alphabetic();
    reference.split_at(reference.find(is_digit).unwrap_or(reference.len()))
}

/// Row from 1 and column from 0 of a cell that was checked.
fn place(reference: &str) -> Option<(u64, usize)> {
    let (letters, digits) = split(reference);
    let value = |c: u8| usize::from(c.to_ascii_uppercase() - b'A' + 1);
    let column = letters.bytes().fold(0, |column, c| 26 * column + value(c));
    Some((digits.parse().ok()?, column.checked_sub(1)?))
}

/// `A1:C7`, from the upper left to the lower right.
fn check_range(range: &str) -> anyhow::Result<()> {
    let (from, to) = range.split_once(':').unwrap_or((range, range));
    check_reference(Some(from))?;
    check_reference(Some(to))?;
    let is_range = match (place(from), place(to)) {
        (Some((first_row, first)), Some((last_row, last))) => {
            first <= last && first_row <= last_row
        }
        (from, to) => from.is_none() && to.is_none(),
    };
    anyhow::ensure!(is_range, DAMAGED);
    Ok(())
}

/// Calls a function with each event of a part that was checked before.
fn each_event_of<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    path: &str,
    mut each: impl FnMut(&Event<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let names: Vec<_> = zip
        .file_names()
        .flatten()
        .map(|name| name.into_owned())
        .collect();
    let is_it = |name: &&String| name.replace('\\', "/").eq_ignore_ascii_case(path);
    let name = names
        .iter()
        .find(is_it)
        .ok_or_else(|| anyhow::anyhow!(DAMAGED))?;
    let mut part = zip.by_name(name).map_err(|_| anyhow::anyhow!(DAMAGED))?;
    let mut left = LARGEST_PART;
    each_event(&mut part, &mut left, |event, _| each(event))
}

/// Calls a function with each event, and the number of bytes up to it.
fn each_event(
    part: &mut impl Read,
    left: &mut u64,
    mut each: impl FnMut(&Event<'_>, u64) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let limited = Limited {
        part,
        left: *left,
        of_event: LONGEST_EVENT,
    };
    let mut xml = quick_xml::Reader::from_reader(BufReader::new(limited));
    let config = xml.config_mut();
    config.check_end_names = false;
    config.expand_empty_elements = true;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let event = match xml.read_event_into(&mut buffer) {
            Ok(Event::Eof) => break,
            Ok(event) => event,
            Err(quick_xml::Error::Io(error)) if error.kind() == io::ErrorKind::FileTooLarge => {
                anyhow::bail!(TOO_LARGE)
            }
            Err(_) => anyhow::bail!(DAMAGED),
        };
        let read = *left - xml.get_ref().get_ref().left;
        each(&event, read)?;
        drop(event);
        xml.get_mut().get_mut().of_event = LONGEST_EVENT;
    }
    *left = xml.get_ref().get_ref().left;
    Ok(())
}

/// Reads a part up to the limits.
struct Limited<'a, R> {
    part: &'a mut R,
    left: u64,
    of_event: u64,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.part.read(buffer)?;
        let limits = [self.left, self.of_event].map(|left| left.checked_sub(count as u64));
        let [Some(left), Some(of_event)] = limits else {
            return Err(io::ErrorKind::FileTooLarge.into());
        };
        (self.left, self.of_event) = (left, of_event);
        Ok(count)
    }
}
