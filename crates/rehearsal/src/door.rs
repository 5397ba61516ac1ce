//! The door of a simulated server: one loopback socket that can be shut and opened again on the same port, and
//! connections that can be cut in the middle of an exchange.
//!
//! axum's own listener cannot do either, so this one keeps a flag beside every accepted connection. A request finds the
//! flag of the connection it came by (`Caller`), and raising it makes the next read or write fail: not one more byte
//! leaves, as when a train enters a tunnel.

use crate::hold;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use futures::task::AtomicWaker;
use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;

/// One loopback port. Shut, it refuses connections.
pub(crate) struct Door {
    port: u16,
    listener: Mutex<Option<TcpListener>>,
    opened: AtomicWaker,
    wires: Mutex<Vec<Weak<Wire>>>,
    runtime: Handle,
}

impl Door {
    /// Binds 127.0.0.1 at `port` (0 = any free one). Must be called inside a tokio runtime.
    pub fn bind(port: u16) -> io::Result<Arc<Door>> {
        let listener = listen(port)?;
        Ok(Arc::new(Door {
            port: listener.local_addr()?.port(),
            listener: Mutex::new(Some(listener)),
            opened: AtomicWaker::new(),
            wires: Mutex::new(Vec::new()),
            runtime: Handle::current(),
        }))
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Refuses new connections and cuts the existing ones, at once.
    pub fn shut(&self) {
        hold(&self.listener).take();
        for wire in hold(&self.wires).drain(..) {
            if let Some(wire) = wire.upgrade() {
                wire.cut();
            }
        }
    }

    /// Listens again on the same port. Does nothing while open.
    pub fn open(&self) -> io::Result<()> {
        let _inside = self.runtime.enter();
        let mut listener = hold(&self.listener);
        if listener.is_none() {
            *listener = Some(listen(self.port)?);
        }
        drop(listener);
        self.opened.wake();
        Ok(())
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        // Registered before looking, so that a door opened in between still wakes us.
        self.opened.register(cx.waker());
        match hold(&self.listener).as_ref() {
            Some(listener) => listener.poll_accept(cx),
            None => Poll::Pending,
        }
    }

    fn take_in(&self, stream: TcpStream) -> Line {
        let wire = Arc::new(Wire::default());
        let mut wires = hold(&self.wires);
        wires.retain(|known| known.strong_count() > 0);
        wires.push(Arc::downgrade(&wire));
        Line { stream, wire }
    }
}

fn listen(port: u16) -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// The flag of one connection.
#[derive(Default)]
pub(crate) struct Wire {
    cut: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Wire {
    pub fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        self.reader.wake();
        self.writer.wake();
    }

    fn broken(&self, waker: &AtomicWaker, cx: &mut Context<'_>) -> bool {
        waker.register(cx.waker());
        self.cut.load(Ordering::SeqCst)
    }
}

/// The connection a request came by.
#[derive(Clone)]
pub(crate) struct Caller(pub Arc<Wire>);

impl Connected<IncomingStream<'_, Porch>> for Caller {
    fn connect_info(stream: IncomingStream<'_, Porch>) -> Self {
        Caller(Arc::clone(&stream.io().wire))
    }
}

/// What axum listens on.
pub(crate) struct Porch(pub Arc<Door>);

impl Listener for Porch {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        loop {
            match poll_fn(|cx| self.0.poll_accept(cx)).await {
                Ok((stream, from)) => {
                    // Small answers and event frames must not wait for each other; failing to say so only slows.
                    let _ = stream.set_nodelay(true);
                    return (self.0.take_in(stream), from);
                }
                Err(error) => {
                    tracing::debug!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, self.0.port)))
    }
}

/// An accepted connection that can be cut.
pub(crate) struct Line {
    stream: TcpStream,
    wire: Arc<Wire>,
}

impl Line {
    /// Its flag, for who speaks on it without axum.
    pub fn wire(&self) -> Arc<Wire> {
        Arc::clone(&self.wire)
    }
}

impl AsyncRead for Line {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        if line.wire.broken(&line.wire.reader, cx) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut line.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let line = self.get_mut();
        if line.wire.broken(&line.wire.writer, cx) {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        Pin::new(&mut line.stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
