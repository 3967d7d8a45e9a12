//! Compressed bodies.

use std::io::{self, Write as _};

use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use flate2::{Compress, Compression, FlushCompress};

/// A body as gzip.
///
/// # Errors
/// Never: it is written to memory.
pub fn gzip(body: impl AsRef<[u8]>) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body.as_ref())?;
    encoder.finish()
}

/// A body as `deflate`, by RFC 9110: in zlib's format.
///
/// # Errors
/// Never: it is written to memory.
pub fn zlib(body: impl AsRef<[u8]>) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body.as_ref())?;
    encoder.finish()
}

/// A body as `deflate` as some servers send it: without zlib's head.
///
/// # Errors
/// Never: it is written to memory.
pub fn raw_deflate(body: impl AsRef<[u8]>) -> io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body.as_ref())?;
    encoder.finish()
}

/// A gigabyte of zeros in about a megabyte: the same megabyte again and again. Without an end.
///
/// # Errors
/// When it can't be compressed.
pub fn bomb() -> io::Result<Vec<u8>> {
    const MEGABYTE: usize = 1 << 20;
    let mut megabyte = Vec::with_capacity(MEGABYTE);
    // After a full flush nothing refers back, so what follows may be the same bytes.
    Compress::new(Compression::best(), false).compress_vec(
        &vec![0; MEGABYTE],
        &mut megabyte,
        FlushCompress::Full,
    )?;
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    Ok([head.to_vec(), megabyte.repeat(1024)].concat())
}
