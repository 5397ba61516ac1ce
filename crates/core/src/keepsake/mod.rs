//! The keepsake: what the CM wrote and no network can give back, in one small sealed file beside the store.
//!
//! Drafts, réponses types and unsettled replies, as JSON under the vault's key, replaced whole at most every thirty
//! seconds and when the desk stops. It names clients, accounts and conversations by what they are called outside, never
//! by rows: it is read when the store is gone. Pictures are left out; they are in every backup.

mod put_back;

pub(crate) use put_back::{PutBack, put_back};

use crate::desk::Desk;
use crate::intake::visibility_of;
use crate::view::{DraftView, Problem, TemplateUse};
use guichet_model::{Millis, TemplateId};
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use zeroize::Zeroizing;

/// From one writing to the next.
const PAUSE: Duration = Duration::from_secs(30);

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Keepsake {
    /// When it was written.
    pub at: Millis,
    templates: Vec<Template>,
    drafts: Vec<Text>,
    /// In the order written.
    replies: Vec<Text>,
}

#[derive(Serialize, Deserialize)]
struct Template {
    code: String,
    title: String,
    text: String,
    lang: Option<String>,
    /// By name; none: every client's.
    clients: Vec<String>,
}

/// A draft, or a reply as it would go back to the composer.
#[derive(Serialize, Deserialize)]
struct Text {
    client: String,
    network: String,
    server: String,
    account: String,
    /// Of its conversation.
    root: String,
    /// Whom it answers, as they are shown.
    answers: String,
    key: String,
    view: DraftView,
}

/// The digest of what was written last in this life.
#[derive(Default)]
pub(crate) struct Last(Mutex<Option<[u8; 32]>>);

pub(crate) fn file(folder: &Path) -> PathBuf {
    folder.join("keepsake")
}

/// Until told to stop; the last writing is `Engine::stop`'s, when nothing moves any more.
pub(crate) async fn run(desk: Desk, mut stop: watch::Receiver<bool>) {
    let mut changes = desk.changes();
    while !*stop.borrow() {
        tokio::select! {
            _ = stop.changed() => return,
            heard = changes.recv() => {
                if matches!(heard, Err(tokio::sync::broadcast::error::RecvError::Closed)) {
                    return;
                }
            }
        }
        keep(&desk).await;
        // What is said meanwhile is heard afterwards, and read in one go.
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Writes it if something of it changed. A trouble is no trouble of the desk's: the next writing tries again.
pub(crate) async fn keep(desk: &Desk) {
    let own = desk.clone();
    let kept = tokio::task::spawn_blocking(move || keep_now(&own)).await;
    if let Ok(Err(problem)) = kept {
        tracing::warn!(%problem, "the keepsake is as it was");
    }
}

fn keep_now(desk: &Desk) -> Result<(), Problem> {
    let mut last = desk.inner.kept.0.lock().unwrap_or_else(PoisonError::into_inner);
    let mut found = desk.store().read_now(read)?;
    let digest: [u8; 32] = Sha256::digest(Zeroizing::new(serde_json::to_vec(&found)?).as_slice()).into();
    if *last == Some(digest) {
        return Ok(());
    }
    found.at = desk.now();
    let plain = Zeroizing::new(serde_json::to_vec(&found)?);
    desk.inner.vault.keep_beside(&file(&desk.inner.doors.folder), &plain)?;
    *last = Some(digest);
    Ok(())
}

fn read(conn: &Connection) -> Result<Keepsake, Problem> {
    let mut found = Keepsake::default();
    let mut templates = conn.prepare_cached(
        "SELECT t.code, t.title, t.text, t.lang,
                (SELECT json_group_array(c.name) FROM template_client tc JOIN client c ON c.id = tc.client
                  WHERE tc.template = t.id)
           FROM template t WHERE t.removed_at IS NULL ORDER BY t.id",
    )?;
    let mut rows = templates.query([])?;
    while let Some(row) = rows.next()? {
        found.templates.push(Template {
            code: row.get(0)?,
            title: row.get(1)?,
            text: row.get(2)?,
            lang: row.get(3)?,
            clients: serde_json::from_str(&row.get::<_, String>(4)?)?,
        });
    }
    let place = "c.name, a.network, a.server, a.remote, f.root, ifnull(p.name, ''), d.key";
    let around = "JOIN conversation f ON f.id = d.conversation JOIN client c ON c.id = d.client
                  JOIN account a ON a.id = d.account LEFT JOIN person p ON p.id = m.person";
    let mut drafts = conn.prepare_cached(&format!(
        "SELECT {place}, d.view FROM draft d LEFT JOIN message m ON m.id =
           (SELECT latest FROM conversation WHERE id = d.conversation) {around} ORDER BY d.conversation"
    ))?;
    let mut rows = drafts.query([])?;
    while let Some(row) = rows.next()? {
        let view = serde_json::from_str(&row.get::<_, String>(7)?)?;
        found.drafts.push(text(row, view)?);
    }
    let mut replies = conn.prepare_cached(&format!(
        "SELECT {place}, d.text, d.addressees, d.visibility, d.warning, d.template, d.template_version, d.send_at,
                d.written_at
           FROM reply d LEFT JOIN message m ON m.id = d.answers {around}
          WHERE d.state IN ('to_approve','waiting','sending','refused','unsure') ORDER BY d.id"
    ))?;
    let mut rows = replies.query([])?;
    while let Some(row) = rows.next()? {
        let view = as_draft(row)?;
        found.replies.push(text(row, view)?);
    }
    Ok(found)
}

/// A reply as it would go back to the composer.
fn as_draft(row: &Row<'_>) -> Result<DraftView, Problem> {
    let (template, version): (Option<i64>, Option<u32>) = (row.get(11)?, row.get(12)?);
    Ok(DraftView {
        text: row.get(7)?,
        to: serde_json::from_str(&row.get::<_, String>(8)?)?,
        visibility: row.get::<_, Option<String>>(9)?.as_deref().and_then(visibility_of),
        warning: row.get(10)?,
        template: template.zip(version).map(|(id, version)| TemplateUse { id: TemplateId(id), version }),
        send_at: row.get::<_, Option<i64>>(13)?.map(Millis),
        at: Millis(row.get(14)?),
    })
}

fn text(row: &Row<'_>, view: DraftView) -> rusqlite::Result<Text> {
    Ok(Text {
        client: row.get(0)?,
        network: row.get(1)?,
        server: row.get(2)?,
        account: row.get(3)?,
        root: row.get(4)?,
        answers: row.get(5)?,
        key: row.get(6)?,
        view,
    })
}

#[cfg(test)]
mod tests;
