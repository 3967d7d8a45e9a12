//! HTTP/1.1: reading requests piece by piece, writing answers.

use std::io;

use tokio::io::AsyncReadExt as _;

use super::answer::Answer;
use super::record::{Arrival, Exchange, Record, RequestId};
use super::wire::Wire;

/// Reads requests no further than asked, so that "after the head" means what it says.
#[derive(Default)]
pub(super) struct Reader {
    /// The newest request, and how much of its body is still to come.
    body: Option<(RequestId, usize)>,
}

impl Reader {
    /// Reads a head, or a piece of the body that follows one, which is no longer than `most`.
    pub(super) async fn advance(
        &mut self,
        wire: &mut Wire,
        record: &Record,
        connection: usize,
        most: usize,
    ) -> io::Result<Arrival> {
        if let Some((request, missing @ 1..)) = &mut self.body {
            let mut piece = vec![0; (*missing).min(most).min(16 * 1024)];
            let length = wire.read(&mut piece).await?;
            if length == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            *missing -= length;
            record.received(*request, &piece[..length], *missing == 0);
            return Ok(Arrival::Other);
        }
        let head = String::from_utf8_lossy(&read_head(wire).await?).into_owned();
        if head.starts_with("CONNECT ") {
            record.tunnel(head);
            return Ok(Arrival::Tunnel);
        }
        let missing = content_length(&head);
        let request = record.request(connection, head, false);
        self.body = Some((request, missing));
        if missing == 0 {
            record.received(request, &[], true);
        }
        Ok(Arrival::Request(Exchange { request, stream: 1 }))
    }
}

/// Reads to the end of a head. What follows it stays on the wire.
async fn read_head(wire: &mut Wire) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    loop {
        match wire {
            Wire::Plain(tcp) => {
                let mut seen = [0; 4096];
                let length = tcp.peek(&mut seen).await?;
                if length == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                let read = head.len();
                head.extend(&seen[..length]);
                // The end may have begun in what was read before.
                let from = read.saturating_sub(END.len() - 1);
                let end = head[from..].windows(END.len()).position(|end| end == END);
                head.truncate(end.map_or(head.len(), |end| from + end + END.len()));
                tcp.read_exact(&mut seen[..head.len() - read]).await?;
            }
            // TLS has read ahead, and can't be looked into.
            Wire::Tls(tls) => head.push(tls.read_u8().await?),
        }
        if head.ends_with(END) {
            return Ok(head);
        }
    }
}

const END: &[u8] = b"\r\n\r\n";

fn content_length(head: &str) -> usize {
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    });
    length.unwrap_or(0)
}

pub(super) fn head(answer: &Answer) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} \r\n", answer.status).into_bytes();
    for (name, value) in answer.all_headers() {
        head.extend([name.as_bytes(), b": ", value.as_slice(), b"\r\n"].concat());
    }
    head.extend(b"\r\n");
    head
}
