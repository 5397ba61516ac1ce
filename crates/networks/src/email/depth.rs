//! How deep an answer of an IMAP server is nested, watched as it comes in.
//!
//! What a message is made of is told in brackets, as deep as somebody has written it, and the parser goes down with them
//! until its stack ends and takes the program along. So an answer deeper than any message ends the connection instead.
//! What stands in quotes or comes counted is no bracket.

use super::dial::Line;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Real messages stay below twenty.
const DEEPEST: usize = 60;

/// A line that breaks where it becomes too deep.
#[derive(Debug)]
pub(crate) struct Shallow {
    line: Line,
    depth: Depth,
}

/// Where in an answer the reading stands.
#[derive(Debug, Default)]
struct Depth {
    open: usize,
    quoted: bool,
    escaped: bool,
    /// The count in braces that may end this line, and whether it is closed.
    count: Option<(usize, bool)>,
    /// Counted bytes that are still to come.
    counted: usize,
}

impl Shallow {
    pub fn over(line: Line) -> Line {
        Box::new(Self { line, depth: Depth::default() })
    }
}

impl Depth {
    /// Whether it is still shallow after these.
    fn bears(&mut self, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        loop {
            let skipped = self.counted.min(rest.len());
            self.counted -= skipped;
            rest = &rest[skipped..];
            let Some((byte, more)) = rest.split_first() else {
                return true;
            };
            self.met(*byte);
            if self.open > DEEPEST {
                return false;
            }
            rest = more;
        }
    }

    fn met(&mut self, byte: u8) {
        let count = self.count.take();
        match byte {
            b'\n' => match count {
                Some((count, true)) => self.counted = count,
                _ => *self = Self::default(),
            },
            b'\r' => self.count = count,
            _ if self.escaped => self.escaped = false,
            b'\\' if self.quoted => self.escaped = true,
            b'"' => self.quoted = !self.quoted,
            _ if self.quoted => {}
            b'(' => self.open += 1,
            b')' => self.open = self.open.saturating_sub(1),
            b'{' => self.count = Some((0, false)),
            b'}' => self.count = count.map(|(count, _)| (count, true)),
            b'0'..=b'9' => {
                let digit = usize::from(byte - b'0');
                self.count = count.map(|(count, _)| (count.saturating_mul(10).saturating_add(digit), false));
            }
            _ => {}
        }
    }
}

impl AsyncRead for Shallow {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.line).poll_read(cx, buf))?;
        let shallow = this.depth.bears(&buf.filled()[before..]);
        Poll::Ready(if shallow { Ok(()) } else { Err(io::Error::other("an answer nested too deep")) })
    }
}

impl AsyncWrite for Shallow {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().line).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().line).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().line).poll_shutdown(cx)
    }
}

#[cfg(test)]
#[path = "depth_tests.rs"]
mod tests;
