//! A file that hangs on what somebody wrote, fetched from its network when the CM wants it, and kept nowhere: it may be
//! anything, and its place is where the CM puts it.

use crate::desk::Desk;
use crate::view::{FileTrouble, Problem};
use guichet_model::{AccountId, Attachment, Capabilities, Fault, MessageId, RefusalCode, RemoteId};
use rusqlite::{Connection, OptionalExtension};

const MEGABYTE: u64 = 1_000_000;

/// A file as it came.
#[derive(Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Safe on every disk; may be empty.
    pub name: String,
    /// As its sender says.
    pub media_type: String,
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetched").field("media_type", &self.media_type).field("bytes", &self.bytes.len()).finish()
    }
}

/// Where a file is to be asked for.
struct Hung {
    account: AccountId,
    remote: RemoteId,
    name: String,
    media_type: String,
    /// The largest that its network gives.
    most: u64,
}

impl Desk {
    /// Of a message, by its attachment's `url`. `NotFound` where no such file hangs on it, `NotOffered` where its account
    /// gives none; `File` where it is gone, torn or too large; `Network` with its fault.
    pub async fn file(&self, message: MessageId, url: String) -> Result<Fetched, Problem> {
        let asked = url.clone();
        let hung = self.store().read(move |conn| hung(conn, message, &asked)).await?;
        let session = self.session(hung.account).await?;
        let files = session.files().ok_or(Problem::NotOffered)?;
        let most = megabytes(hung.most);
        let fetched = files.file(&hung.remote, &url).await;
        let bytes = fetched.map_err(|fault| match fault {
            Fault::Refused { reason } if reason.code == RefusalCode::Gone => told(FileTrouble::Gone, 0),
            Fault::Refused { reason } if reason.code == RefusalCode::TooLong => told(FileTrouble::Large, most),
            Fault::Unreadable { .. } => told(FileTrouble::Torn, 0),
            fault => Problem::Network { fault },
        })?;
        if bytes.len() as u64 > hung.most {
            return Err(told(FileTrouble::Large, most));
        }
        Ok(Fetched { name: hung.name, media_type: hung.media_type, bytes })
    }
}

fn told(what: FileTrouble, most: u32) -> Problem {
    Problem::File { what, most }
}

/// As it is told of a limit: whole, and never none.
fn megabytes(bytes: u64) -> u32 {
    u32::try_from(bytes / MEGABYTE).unwrap_or(u32::MAX).max(1)
}

fn hung(conn: &Connection, message: MessageId, url: &str) -> Result<Hung, Problem> {
    let (account, remote, attachments, capabilities): (i64, String, String, Option<String>) = conn
        .prepare_cached(
            "SELECT m.account, m.remote, m.attachments, a.capabilities
               FROM message m JOIN account a ON a.id = m.account WHERE m.id = ?1",
        )?
        .query_row([message.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?
        .ok_or(Problem::NotFound)?;
    let attachments: Vec<Attachment> = serde_json::from_str(&attachments)?;
    let file = attachments.into_iter().find(|one| one.url == url).and_then(|one| one.file).ok_or(Problem::NotFound)?;
    let can: Option<Capabilities> = capabilities.and_then(|told| serde_json::from_str(&told).ok());
    let most = can.and_then(|can| can.files).ok_or(Problem::NotOffered)?;
    // Told before it is fetched: nobody waits for what cannot be had. A size is told about, and given some room.
    if file.size.is_some_and(|size| size > most + most / 50) {
        return Err(told(FileTrouble::Large, megabytes(most)));
    }
    Ok(Hung {
        account: AccountId(account),
        remote: RemoteId(remote),
        name: file.name,
        media_type: file.media_type,
        most,
    })
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
