//! HTTP/1.1: reading requests piece by piece, spelling answers.

use std::io;

use tokio::io::AsyncReadExt as _;

use super::answer::Answer;
use super::record::{Record, RequestId};
use super::wire::Wire;

/// Reads requests no further than asked, so that "after the head" means what it says.
#[derive(Default)]
pub(super) struct Reader {
    current: Option<RequestId>,
    missing: usize,
}

impl Reader {
    pub(super) fn current(&self) -> Option<RequestId> {
        self.current
    }

    /// Reads a head, or a piece of the body that follows one.
    pub(super) async fn advance(
        &mut self,
        wire: &mut Wire,
        record: &Record,
        connection: usize,
    ) -> io::Result<()> {
        if let (Some(request), 1..) = (self.current, self.missing) {
            let mut piece = vec![0; self.missing.min(16 * 1024)];
            let length = wire.read(&mut piece).await?;
            if length == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.missing -= length;
            record.received(request, &piece[..length], self.missing == 0);
            return Ok(());
        }
        // Byte by byte: what follows the head stays on the wire.
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(wire.read_u8().await?);
        }
        let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
        if head.starts_with("connect ") {
            record.tunnel();
            return Ok(());
        }
        self.missing = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
            .unwrap_or(0);
        self.current = Some(record.request(connection, false));
        Ok(())
    }
}

pub(super) fn head(answer: &Answer) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} \r\n", answer.status);
    for (name, value) in answer.all_headers() {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head.into_bytes()
}
