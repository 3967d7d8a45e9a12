//! The encoding of a text, and its conversion to UTF-8.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{DecoderResult, Encoding, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How many bytes are searched for null bytes.
const BEGINNING: usize = 1 << 12;
const BUFFER: usize = 1 << 16;

/// What the bytes say about their encoding.
pub(crate) enum Found {
    /// By the byte order mark, whose length this is, or by its null bytes.
    Certain(&'static Encoding, u64),
    /// Valid UTF-8, with this number of characters that are not ASCII.
    Utf8(u64),
    /// Not UTF-8, and most likely this.
    Likely(&'static Encoding),
    /// UTF-8, but for some bytes.
    Mixed,
    /// Null bytes, but not UTF-16.
    Binary,
}

/// Reads the whole file, since the only byte that is not UTF-8 may be the last.
pub(crate) fn find(file: &mut File) -> io::Result<Found> {
    file.rewind()?;
    let mut beginning = Vec::new();
    file.take(BEGINNING as u64).read_to_end(&mut beginning)?;
    if let Some((encoding, length)) = Encoding::for_bom(&beginning) {
        return Ok(Found::Certain(encoding, length as u64));
    }
    let nulls = |first| {
        let bytes = beginning.iter().skip(first).step_by(2);
        bytes.filter(|byte| **byte == 0).count()
    };
    // Of UTF-16 every other byte of a letter, a delimiter and a line break is null.
    let least = beginning.len() / 20;
    match (nulls(0), nulls(1)) {
        (0, 0) => {}
        (0, odd) if odd > least => return Ok(Found::Certain(UTF_16LE, 0)),
        (even, 0) if even > least => return Ok(Found::Certain(UTF_16BE, 0)),
        _ => return Ok(Found::Binary),
    }
    let Utf8 { valid, invalid } = Utf8::count(file)?;
    if invalid == 0 {
        return Ok(Found::Utf8(valid));
    }
    // Both "ß…" and "É€" of Windows-1252 are a character of UTF-8, but few words end so.
    if valid > invalid / 10 {
        return Ok(Found::Mixed);
    }
    guess(file).map(Found::Likely)
}

/// Counts of characters that are not ASCII, and of invalid sequences.
#[derive(Default)]
struct Utf8 {
    valid: u64,
    invalid: u64,
}

impl Utf8 {
    fn count(file: &mut File) -> io::Result<Self> {
        let mut counted = Self::default();
        // With the start of a character that continues in the next part.
        let mut text = Vec::new();
        each_part(file, |part| {
            text.extend_from_slice(part);
            let rest = counted.add(&text);
            text.drain(..text.len() - rest);
        })?;
        counted.invalid += u64::from(!text.is_empty());
        Ok(counted)
    }

    /// Returns the length of an unfinished character at the end.
    fn add(&mut self, text: &[u8]) -> usize {
        let mut chunks = text.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            let valid = chunk.valid().bytes();
            self.valid += valid.filter(|byte| *byte >= 0xc0).count() as u64;
            let invalid = chunk.invalid();
            let error = std::str::from_utf8(invalid).err();
            let is_unfinished = error.is_some_and(|error| error.error_len().is_none());
            if is_unfinished && chunks.peek().is_none() {
                return invalid.len();
            }
            self.invalid += u64::from(!invalid.is_empty());
        }
        0
    }
}

/// The legacy encoding that is most probable for the text.
fn guess(file: &mut File) -> io::Result<&'static Encoding> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut is_high = [false; 256];
    let mut within = Within::default();
    each_part(file, |part| {
        detector.feed(part, false);
        for byte in part {
            within.take(*byte);
            if let Some(is_high) = is_high.get_mut(usize::from(*byte)) {
                *is_high |= !byte.is_ascii();
            }
        }
    })?;
    if within.are_signs() {
        return Ok(MACINTOSH);
    }
    detector.feed(b"", true);
    let likely = detector.guess(None, Utf8Detection::Deny);
    // Windows-1252 if it has the same characters for the bytes that occur.
    let bytes: Vec<u8> = (0..=u8::MAX)
        .filter(|byte| is_high.get(usize::from(*byte)) == Some(&true))
        .collect();
    let (one, _, _) = likely.decode(&bytes);
    let (other, _, _) = WINDOWS_1252.decode(&bytes);
    let is_same = likely.is_single_byte() && one == other;
    Ok(if is_same { WINDOWS_1252 } else { likely })
}

/// Recognises Mac Roman, which chardetng doesn't know: between two small letters of ASCII it has letters where Windows-1252
/// has signs and capitals. `Müller` would be `MŸller`.
#[derive(Default)]
struct Within {
    before: [u8; 2],
    letters: u64,
    signs: u64,
}

impl Within {
    fn take(&mut self, byte: u8) {
        let [first, middle] = self.before;
        if first.is_ascii_lowercase() && byte.is_ascii_lowercase() && !middle.is_ascii() {
            match middle {
                // The small letters of Windows-1252, and its apostrophes and dashes.
                0xdf..=0xff | 0x9a | 0x9c | 0x9e | 0x91 | 0x92 | 0x96 | 0x97 | 0xad | 0xb7 => {
                    self.letters += 1;
                }
                _ => self.signs += 1,
            }
        }
        self.before = [middle, byte];
    }

    fn are_signs(&self) -> bool {
        self.signs > self.letters
    }
}

fn each_part(file: &mut File, mut each: impl FnMut(&[u8])) -> io::Result<()> {
    file.rewind()?;
    let mut reader = BufReader::with_capacity(BUFFER, file);
    loop {
        let part = reader.fill_buf()?;
        if part.is_empty() {
            return Ok(());
        }
        each(part);
        let length = part.len();
        reader.consume(length);
    }
}

/// Why a text can't be decoded.
pub(crate) enum Undecodable {
    /// On this line.
    Malformed(u64),
    Io(io::Error),
}

impl From<io::Error> for Undecodable {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Copies a file as UTF-8, without its byte order mark of this length.
pub(crate) fn to_utf8(
    file: &mut File,
    mark: u64,
    encoding: &'static Encoding,
) -> Result<File, Undecodable> {
    file.seek(SeekFrom::Start(mark))?;
    let mut reader = BufReader::with_capacity(BUFFER, file);
    let mut copy = BufWriter::with_capacity(BUFFER, tempfile::tempfile()?);
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut decoded = vec![0; BUFFER];
    let mut breaks = 0;
    loop {
        let part = reader.fill_buf()?;
        let is_last = part.is_empty();
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(part, &mut decoded, is_last);
        let text = decoded.get(..written).unwrap_or_default();
        breaks += text.iter().filter(|byte| **byte == b'\n').count() as u64;
        copy.write_all(text)?;
        reader.consume(read);
        match result {
            DecoderResult::Malformed(..) => return Err(Undecodable::Malformed(breaks + 1)),
            DecoderResult::InputEmpty if is_last => {
                return copy.into_inner().map_err(|error| error.into_error().into());
            }
            _ => {}
        }
    }
}

/// `Windows-1252`, `UTF-16LE`.
pub(crate) fn name(encoding: &'static Encoding) -> String {
    let name = encoding.name();
    match name.strip_prefix("windows-") {
        Some(number) => format!("Windows-{number}"),
        None if encoding == UTF_8 => "UTF-8".to_owned(),
        None => name.to_owned(),
    }
}
