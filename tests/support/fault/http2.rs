//! HTTP/2 frames (RFC 9113): reading requests frame by frame, writing answers.
//!
//! Reading needs no HPACK decoder: that a head arrived is all that counts. Every header is written as a
//! literal (RFC 7541, section 6.2.2).

use std::collections::BTreeMap;
use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::answer::Answer;
use super::record::{Arrival, Exchange, Record, RequestId};
use super::wire::Wire;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;
const MAX_WINDOW: u32 = (1 << 31) - 1;
const FIRST_WINDOW: u32 = 65_535;
/// What a peer accepts that said nothing else.
const MAX_FRAME: usize = 16 * 1024;

/// Names of settings.
pub mod setting {
    /// SETTINGS_MAX_CONCURRENT_STREAMS
    pub const MAX_CONCURRENT_STREAMS: u16 = 3;
    /// SETTINGS_INITIAL_WINDOW_SIZE
    pub const INITIAL_WINDOW_SIZE: u16 = 4;
}

/// Reads frame by frame.
#[derive(Default)]
pub(super) struct Reader {
    preface_read: bool,
    /// Whether SETTINGS are acknowledged.
    pub(super) polite: bool,
    /// Streams above it are not processed.
    pub(super) last_stream: Option<u32>,
    /// The requests of which more may come, by their streams.
    incomplete: BTreeMap<u32, RequestId>,
}

impl Reader {
    /// Reads one frame.
    pub(super) async fn advance(
        &mut self,
        wire: &mut Wire,
        record: &Record,
        connection: usize,
    ) -> io::Result<Arrival> {
        if !self.preface_read {
            let mut preface = vec![0; PREFACE.len()];
            wire.read_exact(&mut preface).await?;
            if preface != PREFACE {
                return Err(io::Error::other("no HTTP/2 preface"));
            }
            self.preface_read = true;
        }
        let mut head = [0; 9];
        wire.read_exact(&mut head).await?;
        let [l0, l1, l2, kind, flags, s0, s1, s2, s3] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, l0, l1, l2]) as usize];
        wire.read_exact(&mut payload).await?;
        let stream = u32::from_be_bytes([s0, s1, s2, s3]) & MAX_WINDOW;
        let ends = flags & END_STREAM != 0;
        match kind {
            HEADERS => {
                let disowned = self.last_stream.is_some_and(|last| stream > last);
                let request = record.request(connection, String::new(), disowned);
                self.incomplete.insert(stream, request);
                self.received(record, stream, &[], ends);
                return Ok(Arrival::Request(Exchange { request, stream }));
            }
            DATA if flags & PADDED != 0 => {
                return Err(io::Error::other("padding: not expected of this client"));
            }
            DATA => self.received(record, stream, &payload, ends),
            RST_STREAM => {
                self.incomplete.remove(&stream);
                return Ok(Arrival::Reset(stream));
            }
            SETTINGS if flags & ACK == 0 && self.polite => {
                wire.write_all(&frame(SETTINGS, ACK, 0, &[])).await?;
            }
            _ => {}
        }
        Ok(Arrival::Other)
    }

    fn received(&mut self, record: &Record, stream: u32, piece: &[u8], ends: bool) {
        if let Some(request) = self.incomplete.get(&stream) {
            record.received(*request, piece, ends);
        }
        if ends {
            self.incomplete.remove(&stream);
        }
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, l0, l1, l2] = (payload.len() as u32).to_be_bytes();
    let mut frame = vec![l0, l1, l2, kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// What a server says first. Opens the windows as far as they go.
pub(super) fn greeting() -> Vec<u8> {
    let mut greeting = settings(&[(setting::INITIAL_WINDOW_SIZE, MAX_WINDOW)]);
    let opened = (MAX_WINDOW - FIRST_WINDOW).to_be_bytes();
    greeting.extend(frame(WINDOW_UPDATE, 0, 0, &opened));
    greeting
}

pub(super) fn settings(values: &[(u16, u32)]) -> Vec<u8> {
    let mut payload = Vec::new();
    for (name, value) in values {
        payload.extend(name.to_be_bytes());
        payload.extend(value.to_be_bytes());
    }
    frame(SETTINGS, 0, 0, &payload)
}

pub(super) fn reset(stream: u32, code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &code.to_be_bytes())
}

pub(super) fn go_away(last_stream: u32, code: u32) -> Vec<u8> {
    let payload = [last_stream.to_be_bytes(), code.to_be_bytes()].concat();
    frame(GOAWAY, 0, 0, &payload)
}

pub(super) fn headers(stream: u32, answer: &Answer) -> Vec<u8> {
    let is_interim = answer.status.starts_with('1');
    let ends_stream = answer.body.is_empty() && !is_interim;
    let mut block = Vec::new();
    let status = (":status".to_owned(), answer.status.clone().into_bytes());
    for (name, value) in std::iter::once(status).chain(answer.all_headers()) {
        block.push(0);
        literal(&mut block, name.as_bytes());
        literal(&mut block, &value);
    }
    let mut frames = Vec::new();
    let mut pieces = block.chunks(MAX_FRAME).peekable();
    let mut kind = HEADERS;
    let mut flags = if ends_stream { END_STREAM } else { 0 };
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            flags |= END_HEADERS;
        }
        frames.extend(frame(kind, flags, stream, piece));
        (kind, flags) = (CONTINUATION, 0);
    }
    frames
}

pub(super) fn data(stream: u32, body: &[u8], ends_stream: bool) -> Vec<u8> {
    let mut frames = Vec::new();
    let mut pieces = body.chunks(MAX_FRAME).peekable();
    while let Some(piece) = pieces.next() {
        let ends = ends_stream && pieces.peek().is_none();
        frames.extend(frame(
            DATA,
            if ends { END_STREAM } else { 0 },
            stream,
            piece,
        ));
    }
    frames
}

/// A string (RFC 7541, section 5.2) without Huffman coding, its length in 7 bits and continuation bytes.
fn literal(block: &mut Vec<u8>, text: &[u8]) {
    let mut length = text.len();
    if length < 127 {
        block.push(length as u8);
    } else {
        block.push(127);
        length -= 127;
        while length >= 128 {
            block.push((length % 128) as u8 | 128);
            length /= 128;
        }
        block.push(length as u8);
    }
    block.extend(text);
}
