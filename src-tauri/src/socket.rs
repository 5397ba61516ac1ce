//! The local socket: the command line beside an open window hands its commands over, and hears what changed.
//!
//! One line of JSON each way: `{"name", "args"}` in; `{"answer"}` or `{"problem"}` out. Two names are the socket's own:
//! `raise` brings the window to the front, `changes` turns the connection into a stream of `{"change"}` lines. The
//! socket is 0600 in a 0700 folder, and a peer of another user is turned away all the same. A lock beside it, held for
//! life, says whose it is: the system lets go of it whichever way its holder ends.

use crate::contract::dispatch;
use crate::shell::Shell;
use guichet_core::view::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::broadcast;

/// Longest line either way, in bytes: an answer holds at most a page of rows.
const LONGEST: u64 = 16_000_000;
/// Somebody who connects and says nothing is let go.
const SILENCE: Duration = Duration::from_secs(600);
/// A window that is asked to come to the front and does not answer within this is not counted on.
const RAISING: Duration = Duration::from_secs(2);

#[derive(Serialize, Deserialize)]
struct Line {
    name: String,
    #[serde(default)]
    args: Value,
}

/// Listens until the process ends; the socket's file is removed when this is dropped.
pub struct Listening {
    file: PathBuf,
    task: tokio::task::JoinHandle<()>,
    /// Let go of after the file is removed: what is removed is always ours.
    _ours: File,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
        // Left behind, it would only be refused and replaced by the next start.
        let _ = std::fs::remove_file(&self.file);
    }
}

/// Serves the commands of `shell`; `raise` is called when another start asks for the window. `AddrInUse`: another
/// Guichet listens.
pub fn listen(shell: Shell, raise: impl Fn() + Send + Sync + 'static) -> io::Result<Listening> {
    let folder = shell.folder().to_owned();
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    let file = address(&folder);
    let ours = claim(&file)?;
    match std::fs::remove_file(&file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&file)?;
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))?;
    let owner = std::fs::metadata(&file)?.uid();
    let raise = std::sync::Arc::new(raise);
    let task = tokio::spawn(async move {
        loop {
            let Ok((peer, _)) = listener.accept().await else {
                // Out of descriptors, most likely: others must close first.
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            };
            if peer.peer_cred().is_ok_and(|them| them.uid() == owner) {
                let (shell, raise) = (shell.clone(), raise.clone());
                tokio::spawn(async move {
                    if let Err(error) = serve(peer, &shell, &*raise).await {
                        tracing::debug!(kind = ?error.kind(), "a local connection ended");
                    }
                });
            }
        }
    });
    Ok(Listening { file, task, _ours: ours })
}

/// Two starts at once would each find no socket, or a stale one: the lock settles which of them may replace it.
fn claim(socket: &Path) -> io::Result<File> {
    let lock = socket.with_extension("sock.lock");
    let lock = File::options().create(true).truncate(false).write(true).mode(0o600).open(lock)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(io::ErrorKind::AddrInUse.into()),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

async fn serve(peer: UnixStream, shell: &Shell, raise: &(dyn Fn() + Send + Sync)) -> io::Result<()> {
    let (reading, mut writing) = peer.into_split();
    let mut reading = BufReader::new(reading.take(LONGEST));
    let mut text = String::new();
    loop {
        text.clear();
        reading.get_mut().set_limit(LONGEST);
        let read = tokio::time::timeout(SILENCE, reading.read_line(&mut text)).await;
        if read.map_err(io::Error::other)?? == 0 {
            return Ok(());
        }
        let answer = match serde_json::from_str::<Line>(&text) {
            Ok(line) if line.name == "raise" => {
                raise();
                Ok(Value::Null)
            }
            Ok(line) if line.name == "changes" => return stream(shell, &mut writing).await,
            Ok(line) => dispatch(shell, &line.name, line.args).await,
            Err(_) => Err(Problem::Invalid { field: "line".into() }),
        };
        let line = match answer {
            Ok(answer) => json!({ "answer": answer }),
            Err(problem) => json!({ "problem": problem }),
        };
        write(&mut writing, &line).await?;
    }
}

async fn stream(shell: &Shell, writing: &mut (impl AsyncWriteExt + Unpin)) -> io::Result<()> {
    let mut changes = shell.changes();
    loop {
        let line = match changes.recv().await {
            Ok(change) => json!({ "change": change }),
            Err(broadcast::error::RecvError::Lagged(_)) => json!({ "change": { "all": true } }),
            Err(broadcast::error::RecvError::Closed) => return Ok(()),
        };
        write(writing, &line).await?;
    }
}

async fn write(writing: &mut (impl AsyncWriteExt + Unpin), line: &Value) -> io::Result<()> {
    writing.write_all(format!("{line}\n").as_bytes()).await
}

/// Brings the window of the Guichet that is open to the front. False: there is none, or it does not answer.
pub async fn raise_other(folder: &Path) -> bool {
    let raising = async { Beside::connect(folder).await?.call("raise", Value::Null).await.ok() };
    tokio::time::timeout(RAISING, raising).await.is_ok_and(|raised| raised.is_some())
}

/// A connection to the Guichet that is open.
pub struct Beside(BufReader<UnixStream>);

impl Beside {
    /// `None` where no window is open.
    pub async fn connect(folder: &Path) -> Option<Self> {
        let stream = UnixStream::connect(address(folder)).await.ok()?;
        Some(Self(BufReader::new(stream)))
    }

    /// Hands one command over.
    pub async fn call(&mut self, name: &str, args: Value) -> Result<Value, Problem> {
        let line = Line { name: name.to_owned(), args };
        let line = serde_json::to_value(line).unwrap_or_default();
        write(self.0.get_mut(), &line).await.map_err(Problem::from)?;
        let mut text = String::new();
        (&mut self.0).take(LONGEST).read_line(&mut text).await.map_err(Problem::from)?;
        let torn = || Problem::Unexpected { what: "local answer".into() };
        let mut answer: Value = serde_json::from_str(&text).map_err(|_| torn())?;
        match answer.get_mut("problem") {
            Some(problem) => Err(serde_json::from_value(problem.take()).map_err(|_| torn())?),
            None => Ok(answer.get_mut("answer").map(Value::take).unwrap_or_default()),
        }
    }
}

fn address(folder: &Path) -> PathBuf {
    folder.join("guichet.sock")
}

#[cfg(test)]
#[path = "socket_tests.rs"]
mod tests;
