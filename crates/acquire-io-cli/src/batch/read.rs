//! The file of a list: what it is, in which encoding and dialect, and its records or JSON objects.
//!
//! It is copied when it is opened, so that what was checked is what is sent.

pub(crate) mod csv;
mod csv_lines;
mod dialect;
mod encoding;
pub(crate) mod json;
mod kind;
pub(crate) mod progress;
pub(crate) mod table;
mod xlsx;
mod xlsx_cell;
mod xlsx_parts;
mod xlsx_records;

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use acquire_io_sandbox::cli::inert::{self, inert};
use anyhow::Context as _;
use clap::Args;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use self::table::{Records, trimmed};
use super::problems::Unit;
use crate::exit::Failure;
pub(crate) use dialect::Dialect;
use encoding::{Found, Undecodable};
use kind::{Format, Kind};

/// How to read a file that isn't what it looks like.
#[derive(Args, Clone, Debug, Default)]
#[group(skip)]
pub(crate) struct Options {
    /// The format of the file [default: detected from its content and name]
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) format: Option<Format>,
    /// The delimiter of a CSV: a character, `tab`, `comma` or `semicolon` [default: detected]
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    pub(crate) delimiter: Option<u8>,
    /// The encoding of a text file, such as utf-8, utf-16le or windows-1252 [default: detected]
    #[arg(long, value_name = "NAME", value_parser = named_encoding)]
    pub(crate) encoding: Option<&'static Encoding>,
    /// The sheet of an .xlsx file to read, by its name or number [default: the first that is visible]
    #[arg(long, value_name = "NAME|NUMBER")]
    pub(crate) sheet: Option<String>,
}

fn delimiter(text: &str) -> Result<u8, String> {
    let named = [
        ("comma", b','),
        ("semicolon", b';'),
        ("tab", b'\t'),
        ("\\t", b'\t'),
    ];
    let named = named.iter().find(|(name, _)| *name == text);
    match (named, text.as_bytes()) {
        (Some((_, delimiter)), _) => Ok(*delimiter),
        (None, [b'"' | b'\r' | b'\n']) => Err("can't separate cells".to_owned()),
        (None, [delimiter]) if delimiter.is_ascii() => Ok(*delimiter),
        _ => Err("is not one character of ASCII, `tab`, `comma` or `semicolon`".to_owned()),
    }
}

fn named_encoding(name: &str) -> Result<&'static Encoding, String> {
    let named = match name.to_ascii_lowercase().as_str() {
        // Common, but not among the WHATWG's labels.
        "utf16" | "utf16le" => Some(UTF_16LE),
        "utf16be" => Some(UTF_16BE),
        name => Encoding::for_label_no_replacement(name.as_bytes()),
    };
    named.ok_or_else(|| {
        "is not a known encoding; there are utf-8, utf-16le, utf-16be, windows-1252 and others"
            .to_owned()
    })
}

/// What a file was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Csv(Dialect),
    Ndjson,
    Json,
    Xlsx,
}

/// A file that can be read any number of times.
pub(crate) struct Source {
    /// The text in UTF-8, or the records of a sheet.
    content: File,
    /// Where it begins, after a byte order mark.
    start: u64,
    pub(crate) form: Form,
    /// For people: its path, or `standard input`.
    name: String,
    sheet: Option<String>,
    /// `CSV, semicolons, Windows-1252`.
    read_as: String,
}

impl Source {
    /// Reads a file, or standard input for `-`.
    pub(crate) fn open(path: &Path, options: &Options) -> Result<Self, Failure> {
        let file = copy_of(path);
        let file = file.map_err(|error| Failure::usage(format_args!("{error:#}")))?;
        Self::new(file, path, options)
    }

    /// Reads this content, as that of a file with this path.
    pub(crate) fn read(content: &[u8], path: &Path, options: &Options) -> Result<Self, Failure> {
        Self::new(copy(content)?, path, options)
    }

    fn new(file: File, path: &Path, options: &Options) -> Result<Self, Failure> {
        let name = match path == Path::new("-") {
            true => "standard input".to_owned(),
            false => inert::path(path),
        };
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        match Self::find(file, &extension.to_string_lossy(), options) {
            Ok(source) => Ok(Self { name, ..source }),
            Err(problem) => Err(Failure::usage(format_args!("{name} {problem:#}"))),
        }
    }

    fn find(mut file: File, extension: &str, options: &Options) -> anyhow::Result<Self> {
        match kind::find(&file, extension)? {
            Kind::Refused(problem) => anyhow::bail!(problem),
            Kind::Xlsx => Self::sheet(&file, options),
            Kind::Text(format) => {
                let is_called_xlsx = options.format.is_none() && extension == "xlsx";
                anyhow::ensure!(
                    !is_called_xlsx && options.format != Some(Format::Xlsx),
                    "is a text file, not .xlsx: name its format with --format csv, ndjson or json"
                );
                Self::text(&mut file, options.format.unwrap_or(format), options)
            }
        }
    }

    fn sheet(file: &File, options: &Options) -> anyhow::Result<Self> {
        if let Some(other) = options.format.filter(|format| *format != Format::Xlsx) {
            anyhow::bail!("is an .xlsx file, not {other}: leave --format out");
        }
        anyhow::ensure!(
            options.delimiter.is_none() && options.encoding.is_none(),
            "is an .xlsx file: --delimiter and --encoding are for texts"
        );
        let read = xlsx::read(file, options.sheet.as_deref())?;
        let mut read_as = format!(".xlsx, sheet {}", inert(&read.sheet));
        if !read.notes.is_empty() {
            read_as.push_str(&format!(" ({})", read.notes.join(", ")));
        }
        Ok(Self {
            content: read.records,
            start: 0,
            form: Form::Xlsx,
            name: String::new(),
            sheet: Some(read.sheet),
            read_as,
        })
    }

    fn text(file: &mut File, format: Format, options: &Options) -> anyhow::Result<Self> {
        let is_csv = format == Format::Csv;
        anyhow::ensure!(
            options.sheet.is_none(),
            "is {format}, which has no sheets: leave --sheet out"
        );
        anyhow::ensure!(
            is_csv || options.delimiter.is_none(),
            "is {format}: --delimiter is for CSV"
        );
        let Decided {
            encoding,
            mark,
            note,
        } = decide(&encoding::find(file)?, is_csv, options.encoding)?;
        let (content, start) = match encoding == UTF_8 {
            // Each row that is not UTF-8 is reported.
            true => (file.try_clone()?, mark),
            false => {
                let copied = encoding::to_utf8(file, mark, encoding);
                let copy = copied.map_err(|error| match error {
                    Undecodable::Io(error) => error.into(),
                    Undecodable::Malformed(line) => {
                        let name = encoding::name(encoding);
                        anyhow::anyhow!("is not {name}: line {line} can't be read as that")
                    }
                })?;
                (copy, 0)
            }
        };
        let mut read_as = format.to_string();
        let form = match format {
            Format::Csv => {
                let mut dialect = dialect::find(reader(&content, start)?)?;
                dialect.delimiter = options.delimiter.unwrap_or(dialect.delimiter);
                read_as.push_str(&format!(", {dialect}"));
                Form::Csv(dialect)
            }
            Format::Json => Form::Json,
            Format::Ndjson | Format::Xlsx => Form::Ndjson,
        };
        read_as.push_str(&format!(", {}{note}", encoding::name(encoding)));
        Ok(Self {
            content,
            start,
            form,
            name: String::new(),
            sheet: None,
            read_as,
        })
    }

    /// Reads it from the start. Use one reader at a time: they share a position.
    pub(crate) fn reader(&self) -> io::Result<BufReader<File>> {
        reader(&self.content, self.start)
    }

    /// The share that was read, from 0 to 1.
    pub(crate) fn share(&self) -> Option<f64> {
        let length = self.content.metadata().ok()?.len();
        let place = (&self.content).stream_position().ok()?;
        (length > 0).then(|| place as f64 / length as f64)
    }

    /// The header and the rows of a table. None for JSON.
    pub(crate) fn records(&self) -> io::Result<Option<Records>> {
        Ok(match self.form {
            Form::Csv(dialect) => Some(csv::records(self.reader()?, dialect)),
            Form::Xlsx => Some(trimmed(xlsx_records::Reader::new(self.reader()?))),
            Form::Ndjson | Form::Json => None,
        })
    }

    /// What the numbers of its rows count.
    pub(crate) fn unit(&self) -> Unit {
        match self.form {
            Form::Csv(_) | Form::Ndjson => Unit::Line,
            Form::Json => Unit::Item,
            Form::Xlsx => Unit::Row,
        }
    }

    /// The file's name for people.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What it was read as: `CSV, semicolons, Windows-1252`.
    pub(crate) fn read_as(&self) -> &str {
        &self.read_as
    }
}

/// `june.xlsx, sheet June`.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.sheet {
            Some(sheet) => write!(f, ", sheet {}", inert(sheet)),
            None => Ok(()),
        }
    }
}

/// Copies a file, or standard input for `-`, to a temporary file without a name.
fn copy_of(path: &Path) -> anyhow::Result<File> {
    let source: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).with_context(|| inert::path(path))?)
    };
    copy(BufReader::with_capacity(1 << 16, source)).with_context(|| inert::path(path))
}

fn copy(mut source: impl BufRead) -> anyhow::Result<File> {
    let mut copy = tempfile::tempfile().context("a temporary file can't be made")?;
    loop {
        let part = source.fill_buf()?;
        if part.is_empty() {
            return Ok(copy);
        }
        copy.write_all(part)
            .context("the input can't be copied to a temporary file")?;
        let length = part.len();
        source.consume(length);
    }
}

fn reader(content: &File, start: u64) -> io::Result<BufReader<File>> {
    let mut file = content.try_clone()?;
    file.seek(SeekFrom::Start(start))?;
    Ok(BufReader::with_capacity(1 << 16, file))
}

/// How to decode a text.
struct Decided {
    encoding: &'static Encoding,
    /// The length of the byte order mark.
    mark: u64,
    note: &'static str,
}

fn decide(
    found: &Found,
    is_csv: bool,
    wanted: Option<&'static Encoding>,
) -> anyhow::Result<Decided> {
    let decided = |encoding| Decided {
        encoding,
        mark: 0,
        note: "",
    };
    match (found, wanted) {
        (Found::Binary, None) => anyhow::bail!("contains null bytes, so it is not a text file"),
        (Found::Certain(encoding, _), Some(wanted)) if *encoding != wanted => anyhow::bail!(
            "is {} by its first bytes: leave --encoding out",
            encoding::name(encoding)
        ),
        (Found::Certain(encoding, mark), _) => Ok(Decided {
            mark: *mark,
            ..decided(encoding)
        }),
        // A single character of UTF-8 may be two of another encoding.
        (Found::Utf8(2..), Some(wanted)) if wanted != UTF_8 => anyhow::bail!(
            "is UTF-8, which would be misread as {}: leave --encoding out",
            encoding::name(wanted)
        ),
        (_, Some(wanted)) => Ok(decided(wanted)),
        (Found::Utf8(_), None) => Ok(decided(UTF_8)),
        // JSON is UTF-8.
        (Found::Mixed | Found::Likely(_), None) if !is_csv => Ok(decided(UTF_8)),
        (Found::Mixed, None) => Ok(Decided {
            note: " but for some bytes: if it isn't, name its encoding with --encoding",
            ..decided(UTF_8)
        }),
        (Found::Likely(encoding), None) if *encoding == WINDOWS_1252 => Ok(decided(encoding)),
        (Found::Likely(encoding), None) => {
            let likely = encoding.name().to_ascii_lowercase();
            anyhow::bail!(
                "is not UTF-8, and looks like {likely}: save it as UTF-8, or name its encoding, such as --encoding {likely} \
                 or --encoding windows-1252"
            )
        }
    }
}
