//! A wire that can be cut: a port of loopback that passes everything on to a server, until it is told to lose an
//! answer. The request arrives and is done; the connection breaks before a byte of the answer comes back. No
//! server can be asked to do that to itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The request whose answer is lost, on servers that speak Mastodon's language.
const WRITING: &[u8] = b"POST /api/v1/statuses ";

/// Ends when dropped.
pub struct Wire {
    pub port: u16,
    to_lose: Arc<AtomicU32>,
    task: JoinHandle<()>,
}

impl Wire {
    pub async fn lay(server: u16) -> Wire {
        Wire::losing(server, WRITING).await
    }

    /// `writing`: how the request begins whose answer may be lost.
    pub async fn losing(server: u16, writing: &'static [u8]) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port of loopback");
        let port = listener.local_addr().expect("its number").port();
        let to_lose = Arc::new(AtomicU32::new(0));
        let losing = Arc::clone(&to_lose);
        let task = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                // A server that is not there yet refuses; so do we, by hanging up.
                let Ok(far) = TcpStream::connect(("127.0.0.1", server)).await else { continue };
                tokio::spawn(pass(near, far, writing, Arc::clone(&losing)));
            }
        });
        Wire { port, to_lose, task }
    }

    /// The next so many answers to a published text are lost.
    pub fn lose_answers(&self, times: u32) {
        self.to_lose.store(times, Ordering::SeqCst);
    }

    pub fn still_to_lose(&self) -> u32 {
        self.to_lose.load(Ordering::SeqCst)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(near: TcpStream, far: TcpStream, writing: &'static [u8], to_lose: Arc<AtomicU32>) {
    let (near_in, near_out) = near.into_split();
    let (far_in, far_out) = far.into_split();
    let doomed = Arc::new(AtomicU32::new(0));
    let doom = Doom { writing, to_lose, doomed: Arc::clone(&doomed) };
    let asking = tokio::spawn(ask(near_in, far_out, doom));
    answer(far_in, near_out, &doomed).await;
    asking.abort();
}

/// The request to doom, how many more of them, and whether this connection's answer is to be lost.
struct Doom {
    writing: &'static [u8],
    to_lose: Arc<AtomicU32>,
    doomed: Arc<AtomicU32>,
}

/// What the client says, watched for the request to doom.
async fn ask(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, doom: Doom) {
    let mut buffer = vec![0; 16 * 1024];
    // What is watched for may come in two pieces.
    let mut before = Vec::new();
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let said = &buffer[..read];
        before.extend_from_slice(said);
        let writes = before.windows(doom.writing.len()).any(|part| part == doom.writing);
        before.drain(..before.len().saturating_sub(doom.writing.len() - 1));
        let takes =
            || doom.to_lose.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if writes && takes() {
            doom.doomed.store(1, Ordering::SeqCst);
        }
        if to.write_all(said).await.is_err() {
            return;
        }
    }
    let _closed = to.shutdown().await;
}

async fn answer(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, doomed: &AtomicU32) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if doomed.load(Ordering::SeqCst) == 1 || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
