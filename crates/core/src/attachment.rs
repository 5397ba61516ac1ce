//! Pictures that go with a reply: in the encrypted store from the moment they are chosen, and nowhere else on the disk.
//!
//! A picture hangs on a key: the draft's, which its reply takes over when it is sent and gives up when it is taken back.
//! So it follows the text by itself, except where a text comes back under another key: then `follow` brings it along.
//! What the network calls it once it is uploaded is kept beside it, so that it is uploaded once.

use crate::desk::Desk;
use crate::draft;
use crate::store::Durability;
use crate::view::{AttachmentView, Change, Hint, PictureTrouble, Problem};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use guichet_model::{AttachmentId, Capabilities, ConversationId, Picture, PictureLimit, RemoteId};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

/// No picture larger than this, whatever a network takes: 10 MB.
const LARGEST: u64 = 10_000_000;
const MEGABYTE: u64 = 1_000_000;
const LONGEST_NAME: usize = 200;
/// What is held to until the account has told its own limits; the sending checks again.
const UNTOLD: (u32, u32) = (4, 1_500);

impl Desk {
    /// A picture for the draft of a conversation, on the disk when it returns; alone it begins one. `bytes` in base64;
    /// its kind is told from its bytes. `Picture` says why it cannot go along, `NotOffered` where none may.
    pub async fn attach(
        &self,
        conversation: ConversationId,
        name: String,
        bytes: String,
    ) -> Result<AttachmentView, Problem> {
        if bytes.len() as u64 > LARGEST / 3 * 4 + 16 {
            return Err(too_large(LARGEST));
        }
        let bytes = STANDARD.decode(bytes.as_bytes()).map_err(|_| Problem::Invalid { field: "bytes".into() })?;
        let (now, key) = (self.now(), self.inner.doors.uuid());
        let view = self
            .store()
            .write(Durability::Full, move |tx| {
                let limit = limit(tx, conversation)?.ok_or(Problem::NotOffered)?;
                let key = draft::begin(tx, conversation, key, now)?;
                put(tx, conversation, &key, &file_name(&name), &bytes, &limit)
            })
            .await?;
        let _told = self.draft_changed(conversation);
        Ok(view)
    }

    /// What a picture of a draft shows, for those who do not see it. `TooLate` once its reply is in the outbox.
    pub async fn describe(&self, attachment: AttachmentId, alt: String) -> Result<Change, Problem> {
        let conversation = self
            .store()
            .write(Durability::Full, move |tx| {
                let (conversation, _) = of_a_draft(tx, attachment)?;
                let most = limit(tx, conversation)?.map_or(UNTOLD.1, |limit| limit.alt);
                if alt.chars().count() > most as usize {
                    return Err(Problem::Picture { what: PictureTrouble::Alt, most });
                }
                // The network was told the description with the picture: another one is another upload.
                tx.prepare_cached("UPDATE attachment SET alt = ?2, uploaded = NULL WHERE id = ?1 AND alt <> ?2")?
                    .execute(params![attachment.0, alt.trim()])?;
                Ok(conversation)
            })
            .await?;
        Ok(self.draft_changed(conversation))
    }

    /// Takes a picture off its draft. `TooLate` once its reply is in the outbox.
    pub async fn detach(&self, attachment: AttachmentId) -> Result<Change, Problem> {
        let conversation = self
            .store()
            .write(Durability::Full, move |tx| {
                let (conversation, _) = of_a_draft(tx, attachment)?;
                tx.prepare_cached("DELETE FROM attachment WHERE id = ?")?.execute([attachment.0])?;
                draft::end_if_empty(tx, conversation)?;
                Ok(conversation)
            })
            .await?;
        Ok(self.draft_changed(conversation))
    }

    /// The picture itself, for the window: its media type and its bytes.
    pub async fn attached(&self, attachment: AttachmentId) -> Result<(String, Vec<u8>), Problem> {
        let read = move |conn: &Connection| {
            let sql = "SELECT media_type, bytes FROM attachment WHERE id = ?";
            Ok(conn.prepare_cached(sql)?.query_row([attachment.0], |row| Ok((row.get(0)?, row.get(1)?)))?)
        };
        self.store().read(read).await
    }
}

/// Those of a draft or of its reply, in order.
pub(crate) fn of_key(conn: &Connection, key: &str) -> Result<Vec<AttachmentView>, Problem> {
    let sql = "SELECT id, name, media_type, length(bytes), alt FROM attachment WHERE key = ? ORDER BY position, id";
    let mut read = conn.prepare_cached(sql)?;
    let rows = read.query_map([key], |row| {
        Ok(AttachmentView {
            id: AttachmentId(row.get(0)?),
            name: row.get(1)?,
            media_type: row.get(2)?,
            size: row.get::<_, u32>(3)?.into(),
            alt: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn of_draft(conn: &Connection, conversation: ConversationId) -> Result<Vec<AttachmentView>, Problem> {
    match draft::key_of(conn, conversation)? {
        Some(key) => of_key(conn, &key),
        None => Ok(Vec::new()),
    }
}

pub(crate) fn any(conn: &Connection, key: &str) -> Result<bool, Problem> {
    let sql = "SELECT EXISTS (SELECT 1 FROM attachment WHERE key = ?)";
    Ok(conn.prepare_cached(sql)?.query_row([key], |row| row.get(0))?)
}

/// What could be said better about the pictures of a draft.
pub(crate) fn hints(conn: &Connection, conversation: ConversationId) -> Result<Vec<Hint>, Problem> {
    let pictures = of_draft(conn, conversation)?;
    let silent = pictures.iter().filter(|picture| picture.alt.trim().is_empty());
    Ok(silent.map(|picture| Hint::NoAlt { attachment: picture.id }).collect())
}

/// Whether the account may send all pictures of its draft: drafts are joined, and limits change.
pub(crate) fn fits(conn: &Connection, conversation: ConversationId) -> Result<(), Problem> {
    let pictures = of_draft(conn, conversation)?;
    if pictures.is_empty() {
        return Ok(());
    }
    let limit = limit(conn, conversation)?.ok_or(Problem::NotOffered)?;
    for picture in &pictures {
        fit(&picture.media_type, picture.size, &limit)?;
    }
    if pictures.len() > limit.most as usize {
        return Err(Problem::Picture { what: PictureTrouble::Many, most: limit.most });
    }
    Ok(())
}

/// A text came back to the draft from under another key: its pictures come with it, behind those already there.
pub(crate) fn follow(tx: &Transaction<'_>, conversation: ConversationId, from: &str) -> Result<(), Problem> {
    let Some(to) = draft::key_of(tx, conversation)?.filter(|to| to != from) else {
        return Ok(());
    };
    rename(tx, from, &to)
}

/// These pictures, from a draft back to a reply.
pub(crate) fn take(tx: &Connection, pictures: &[AttachmentId], to: &str) -> Result<(), Problem> {
    for picture in pictures {
        tx.prepare_cached("UPDATE attachment SET key = ?2 WHERE id = ?1")?.execute(params![picture.0, to])?;
    }
    Ok(())
}

/// The same pictures under another key.
pub(crate) fn rename(tx: &Connection, from: &str, to: &str) -> Result<(), Problem> {
    let sql = "SELECT ifnull(max(position) + 1, 0) FROM attachment WHERE key = ?";
    let behind: i64 = tx.prepare_cached(sql)?.query_row([to], |row| row.get(0))?;
    tx.prepare_cached("UPDATE attachment SET key = ?2, position = position + ?3 WHERE key = ?1")?
        .execute(params![from, to, behind])?;
    Ok(())
}

/// What was uploaded may be part of a message already, or forgotten by the network: it is uploaded again.
pub(crate) fn forget_uploads(tx: &Transaction<'_>, key: &str) -> Result<(), Problem> {
    tx.prepare_cached("UPDATE attachment SET uploaded = NULL WHERE key = ?")?.execute([key])?;
    Ok(())
}

/// One picture of a reply on its way: what the network calls it, once it is uploaded.
pub(crate) struct Carried {
    pub id: AttachmentId,
    pub uploaded: Option<RemoteId>,
}

pub(crate) fn carried(conn: &Connection, key: &str) -> Result<Vec<Carried>, Problem> {
    let sql = "SELECT id, uploaded FROM attachment WHERE key = ? ORDER BY position, id";
    let mut read = conn.prepare_cached(sql)?;
    let rows = read.query_map([key], |row| {
        let uploaded: Option<String> = row.get(1)?;
        Ok(Carried { id: AttachmentId(row.get(0)?), uploaded: uploaded.map(RemoteId) })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// As it is uploaded. Its file's name stays here: it may name a client, a person, a machine.
pub(crate) fn picture(conn: &Connection, id: AttachmentId) -> Result<Picture, Problem> {
    let sql = "SELECT media_type, bytes, alt FROM attachment WHERE id = ?";
    Ok(conn.prepare_cached(sql)?.query_row([id.0], |row| {
        let media_type: String = row.get(0)?;
        let ending = media_type.rsplit('/').next().unwrap_or_default();
        Ok(Picture { name: format!("picture.{ending}"), bytes: row.get(1)?, alt: row.get(2)?, media_type })
    })?)
}

/// The network has it, under this name. A reply taken back meanwhile, or another description, has no use for it.
pub(crate) fn uploaded(tx: &Transaction<'_>, id: AttachmentId, key: &str, remote: &RemoteId) -> Result<(), Problem> {
    tx.prepare_cached("UPDATE attachment SET uploaded = ?3 WHERE id = ?1 AND key = ?2")?.execute(params![
        id.0,
        key,
        remote.as_str()
    ])?;
    Ok(())
}

/// The conversation and key of a picture that a draft still has.
fn of_a_draft(conn: &Connection, attachment: AttachmentId) -> Result<(ConversationId, String), Problem> {
    let sql = "SELECT a.conversation, a.key, EXISTS (SELECT 1 FROM draft d WHERE d.key = a.key)
                 FROM attachment a WHERE a.id = ?";
    let (conversation, key, free): (i64, String, bool) =
        conn.prepare_cached(sql)?.query_row([attachment.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    if free { Ok((ConversationId(conversation), key)) } else { Err(Problem::TooLate) }
}

fn put(
    tx: &Transaction<'_>,
    conversation: ConversationId,
    key: &str,
    name: &str,
    bytes: &[u8],
    limit: &PictureLimit,
) -> Result<AttachmentView, Problem> {
    let media_type = media_type(bytes).ok_or(WRONG_KIND)?;
    fit(media_type, bytes.len() as u64, limit)?;
    let (there, position): (u32, i64) = tx
        .prepare_cached("SELECT count(*), ifnull(max(position) + 1, 0) FROM attachment WHERE key = ?")?
        .query_row([key], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if there >= limit.most {
        return Err(Problem::Picture { what: PictureTrouble::Many, most: limit.most });
    }
    tx.prepare_cached(
        "INSERT INTO attachment (key, conversation, position, name, media_type, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![key, conversation.0, position, name, media_type, bytes])?;
    Ok(AttachmentView {
        id: AttachmentId(tx.last_insert_rowid()),
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        size: bytes.len() as u64,
        alt: String::new(),
    })
}

const WRONG_KIND: Problem = Problem::Picture { what: PictureTrouble::Kind, most: 0 };

fn fit(media_type: &str, size: u64, limit: &PictureLimit) -> Result<(), Problem> {
    if !limit.media_types.iter().any(|taken| taken == media_type) {
        return Err(WRONG_KIND);
    }
    let most = limit.bytes.min(LARGEST);
    if size > most { Err(too_large(most)) } else { Ok(()) }
}

fn too_large(most: u64) -> Problem {
    let megabytes = u32::try_from(most / MEGABYTE).unwrap_or(u32::MAX).max(1);
    Problem::Picture { what: PictureTrouble::Large, most: megabytes }
}

/// What the account of a conversation takes; `None`: no picture.
fn limit(conn: &Connection, conversation: ConversationId) -> Result<Option<PictureLimit>, Problem> {
    let told: Option<Option<String>> = conn
        .prepare_cached("SELECT a.capabilities FROM conversation c JOIN account a ON a.id = c.account WHERE c.id = ?")?
        .query_row([conversation.0], |row| row.get(0))
        .optional()?;
    let told = told.ok_or(Problem::NotFound)?;
    // Told by an older connector in another shape: as if it had not been told.
    let told: Option<Capabilities> = told.and_then(|told| serde_json::from_str(&told).ok());
    Ok(match told {
        Some(capabilities) => capabilities.pictures,
        None => Some(PictureLimit {
            most: UNTOLD.0,
            bytes: LARGEST,
            media_types: ["image/png", "image/jpeg", "image/gif", "image/webp"].map(str::to_owned).to_vec(),
            alt: UNTOLD.1,
        }),
    })
}

/// By its first bytes, never by its name.
fn media_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

/// The last part of what may be a path, in one line.
fn file_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect()
}

#[cfg(test)]
#[path = "attachment_tests.rs"]
mod tests;
