//! Decompressing answers. Every request says `accept-encoding: identity`, but a server or proxy may ignore it.

use std::io::Read;
use std::sync::Arc;

use bytes::Bytes;
use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use crate::attempt::End;

/// Decompresses gzip and deflate, up to `limit` bytes. A body in another encoding, or not in the one that it claims, is
/// returned as it is.
pub(super) fn decode(headers: &HeaderMap, body: Bytes, end: End, limit: usize) -> (Bytes, End) {
    let encodings = headers.get_all(CONTENT_ENCODING).iter();
    let encodings: Vec<_> = encodings
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|encoding| encoding.trim().to_ascii_lowercase())
        .collect();
    let mut decoded = (body, end);
    // The last encoding was applied last.
    for encoding in encodings.iter().rev() {
        let (body, end) = decoded;
        let source = body.clone();
        let unpacked = match encoding.as_str() {
            "gzip" | "x-gzip" => unpack(MultiGzDecoder::new(&*source), limit),
            // RFC 9110 means zlib's format, but some servers send raw deflate, which has no header.
            "deflate" if is_zlib(&source) => unpack(ZlibDecoder::new(&*source), limit),
            "deflate" => match unpack(DeflateDecoder::new(&*source), limit) {
                Unpacked { error: Some(_), .. } => Unpacked::default(),
                unpacked => unpacked,
            },
            _ => Unpacked::default(),
        };
        decoded = match unpacked {
            Unpacked { bytes, .. } if bytes.is_empty() => (body, end),
            Unpacked { is_over: true, .. } => (unpacked.bytes.into(), End::TooLarge(limit)),
            Unpacked {
                error: Some(error), ..
            } if matches!(end, End::Complete) => {
                (unpacked.bytes.into(), End::Failed(Arc::new(error)))
            }
            Unpacked { bytes, .. } => (bytes.into(), end),
        };
    }
    decoded
}

#[derive(Default)]
struct Unpacked {
    bytes: Vec<u8>,
    is_over: bool,
    error: Option<std::io::Error>,
}

fn unpack(decoder: impl Read, limit: usize) -> Unpacked {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    // Keeps what was decompressed before an error.
    let error = decoder.take(most).read_to_end(&mut bytes).err();
    let is_over = bytes.len() > limit;
    bytes.truncate(limit);
    Unpacked {
        bytes,
        is_over,
        error,
    }
}

fn is_zlib(body: &[u8]) -> bool {
    let [method, flags, ..] = body else {
        return false;
    };
    method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]) % 31 == 0
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use http::HeaderValue;

    use super::*;

    const BODY: &[u8] = br#"{"data":{"id":1,"text":"aaaaaaaaaaaaaaaaaaaaaaaa"}}"#;

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(body: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    fn bare(body: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    fn decoded(encodings: &[&'static str], body: Vec<u8>, limit: usize) -> (Bytes, End) {
        let mut headers = HeaderMap::new();
        for encoding in encodings {
            headers.append(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        decode(&headers, body.into(), End::Complete, limit)
    }

    #[test]
    fn encodings_are_undone_from_the_last_to_the_first() {
        for (encodings, body) in [
            (&[][..], BODY.to_vec()),
            (&["identity"], BODY.to_vec()),
            (&["gzip"], gzip(BODY)),
            (&["X-GZIP"], gzip(BODY)),
            (&["deflate"], zlib(BODY)),
            (&["deflate"], bare(BODY)),
            (&["deflate, gzip"], gzip(&zlib(BODY))),
            (&["gzip", "deflate"], zlib(&gzip(BODY))),
            // Two members, of which the second is empty.
            (&["gzip"], [gzip(BODY), gzip(b"")].concat()),
        ] {
            let (found, end) = decoded(encodings, body, 1000);
            assert_eq!(found, BODY, "{encodings:?}");
            assert!(matches!(end, End::Complete), "{encodings:?}: {end:?}");
        }
    }

    /// Raw deflate may begin like half of zlib's header.
    #[test]
    fn both_kinds_of_deflate_are_recognised() {
        for number in 0..1000 {
            let body = format!(r#"{{"data":{{"id":{number}}}}}"#);
            for packed in [zlib(body.as_bytes()), bare(body.as_bytes())] {
                assert_eq!(decoded(&["deflate"], packed, 1000).0, body);
            }
        }
    }

    #[test]
    fn a_body_that_is_not_in_its_encoding_stays_as_it_is() {
        for encoding in ["gzip", "deflate", "br", "zstd", "unheard-of"] {
            let (found, end) = decoded(&[encoding], BODY.to_vec(), 1000);
            assert_eq!(found, BODY, "{encoding}");
            assert!(matches!(end, End::Complete), "{encoding}: {end:?}");
        }
    }

    #[test]
    fn decompression_stops_at_the_limit() {
        let length = BODY.len();
        for (limit, is_over) in [(length - 1, true), (length, false), (length + 1, false)] {
            let (found, end) = decoded(&["gzip"], gzip(BODY), limit);
            assert_eq!(found, BODY[..limit.min(length)]);
            assert_eq!(matches!(end, End::TooLarge(_)), is_over, "{limit}: {end:?}");
        }
    }

    #[test]
    fn data_before_the_damage_is_kept() {
        let body = "abcdefghijklmnopqrstuvwxyz0123456789".repeat(100);
        let mut cut = gzip(body.as_bytes());
        cut.truncate(cut.len() / 2);
        let (found, end) = decoded(&["gzip"], cut.clone(), 10_000);
        assert!(!found.is_empty() && body.as_bytes().starts_with(&found));
        assert!(matches!(end, End::Failed(_)), "{end:?}");

        // The first reason is kept.
        let headers = HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static("gzip"))]);
        let (found, end) = decode(&headers, cut.into(), End::TimedOut, 10_000);
        assert!(!found.is_empty());
        assert!(matches!(end, End::TimedOut), "{end:?}");
    }
}
