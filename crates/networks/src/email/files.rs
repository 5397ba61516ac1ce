//! A file that hangs on a message, fetched when somebody wants it: out of the message itself where that is short, else its
//! part alone, piece by piece, so that a slow line is given time for each and nothing larger than a piece is waited for.

use super::convert;
use super::imap::Imap;
use super::parts;
use super::session::Account;
use guichet_model::{Fault, RefusalCode, RemoteId};

/// The largest, in bytes: what servers let through in one message.
pub(crate) const LARGEST: usize = 25_000_000;
/// The same as it is sent, in base64 with its line ends.
const SENT: usize = LARGEST / 57 * 78 + 100;
const PIECE: usize = 512 << 10;
/// Questions for one file: a server that gives a byte at a time is not asked for ever.
const MOST_PIECES: usize = 4 * (SENT / PIECE + 1);

pub(crate) async fn file(account: &Account, item: &RemoteId, url: &str) -> Result<Vec<u8>, Fault> {
    let number = convert::part_of(item, url).ok_or_else(gone)?;
    let access = account.access().await?;
    let mut imap = account.imap(&access).await?;
    let found = account.anywhere(&mut imap, &access, item).await?;
    let sent = match found {
        None => None,
        Some((met, ..)) if !met.raw.is_cut() => parts::part(&met.raw.bytes, number),
        Some((met, ..)) => {
            let header = imap.section(met.raw.uid, &format!("{number}.MIME"), None).await?;
            // A message of one part has its header above it, and some servers no other.
            let header = if header.is_empty() && number == "1" { met.raw.bytes } else { header };
            let sent = whole(&mut imap, met.raw.uid, number).await?;
            (!sent.is_empty()).then(|| (parts::encoding(&header), sent))
        }
    };
    imap.done();
    let (encoding, sent) = sent.ok_or_else(gone)?;
    let file = parts::decoded(&encoding, &sent).ok_or_else(|| Fault::unreadable("a torn file"))?;
    if file.len() > LARGEST { Err(too_large()) } else { Ok(file) }
}

/// Until nothing more comes: some give less of a piece than was asked for.
async fn whole(imap: &mut Imap, uid: u32, number: &str) -> Result<Vec<u8>, Fault> {
    let mut sent = Vec::new();
    for _ in 0..MOST_PIECES {
        let piece = imap.section(uid, number, Some((sent.len(), PIECE))).await?;
        if piece.is_empty() {
            return Ok(sent);
        }
        sent.extend(piece);
        if sent.len() > SENT {
            break;
        }
    }
    Err(too_large())
}

fn gone() -> Fault {
    Fault::refused(RefusalCode::Gone, None)
}

fn too_large() -> Fault {
    Fault::refused(RefusalCode::TooLong, None)
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
