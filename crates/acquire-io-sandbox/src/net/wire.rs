//! The socket below HTTP and TLS.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::connection::Connection;

/// Writes no more than its connection allows, and returns the socket to it when dropped: how the socket is closed is
/// decided after the HTTP stack is gone.
pub(super) struct Wire {
    socket: Option<TcpStream>,
    connection: Connection,
}

impl Wire {
    pub(super) fn new(socket: TcpStream, connection: Connection) -> Self {
        Self {
            socket: Some(socket),
            connection,
        }
    }

    fn socket(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        let socket = self.socket.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        Ok(Pin::new(socket))
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if let Some(socket) = self.socket.take() {
            self.connection.release(socket);
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.socket()?.poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let allowed = self.connection.allowance(bytes.len());
        if allowed == 0 && !bytes.is_empty() {
            // The connection's task ends now and drops this.
            return Poll::Pending;
        }
        let written = self.socket()?.poll_write(cx, &bytes[..allowed]);
        if let Poll::Ready(Ok(written)) = written {
            self.connection.wrote(written);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket()?.poll_shutdown(cx)
    }
}
