//! Pictures, brought to the server before the status that shows them.
//!
//! A server may take a picture and need a while before it can be shown: it is asked until it is ready, some times. What was
//! taken and is not ready by then is remembered, so that the next try asks for it instead of uploading it again.

use super::session::{Account, segment};
use super::wire;
use crate::asked::Ask;
use guichet_model::{Fault, Picture, RefusalCode, RemoteId, SECOND};
use reqwest::multipart::{Form, Part};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often a picture that is being made ready is asked for.
const ASKED: u32 = 20;
/// A reply has a handful; far more than wait at one time.
const MOST_REMEMBERED: usize = 100;

/// Pictures taken and not ready yet, by what they are; and how long to wait from one asking to the next.
pub(crate) struct Unfinished {
    known: Mutex<HashMap<[u8; 32], String>>,
    pub pause: Duration,
}

impl Default for Unfinished {
    fn default() -> Self {
        Self { known: Mutex::default(), pause: Duration::from_secs(1) }
    }
}

impl Unfinished {
    fn known(&self) -> MutexGuard<'_, HashMap<[u8; 32], String>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, what: [u8; 32], id: &str) {
        let mut known = self.known();
        if known.len() >= MOST_REMEMBERED {
            known.clear();
        }
        known.insert(what, id.to_owned());
    }
}

pub(crate) async fn upload(account: &Account, picture: &Picture) -> Result<RemoteId, Fault> {
    let what = digest(picture);
    let begun = account.unfinished.known().get(&what).cloned();
    let id = match begun {
        Some(id) => id,
        None => match send(account, picture).await? {
            (id, true) => return Ok(RemoteId(id)),
            (id, false) => {
                account.unfinished.keep(what, &id);
                id
            }
        },
    };
    let ready = ready(account, &id).await;
    // Ready or refused, nothing is left to wait for.
    if matches!(ready, Ok(()) | Err(Fault::Refused { .. })) {
        account.unfinished.known().remove(&what);
    }
    match ready {
        // Forgotten by the server meanwhile: the next try brings it again.
        Err(Fault::Refused { reason }) if reason.code == RefusalCode::Gone => Err(soon(account)),
        ready => ready.map(|()| RemoteId(id)),
    }
}

fn digest(picture: &Picture) -> [u8; 32] {
    Sha256::new().chain_update(&picture.bytes).chain_update([0]).chain_update(&picture.alt).finalize().into()
}

/// The server's name for it, and whether it is ready to be shown.
async fn send(account: &Account, picture: &Picture) -> Result<(String, bool), Fault> {
    let file = Part::bytes(picture.bytes.clone()).file_name(picture.name.clone());
    let file = file.mime_str(&picture.media_type).map_err(|_| Fault::refused(RefusalCode::Invalid, None))?;
    let mut form = Form::new().part("file", file);
    let alt = picture.alt.trim();
    if !alt.is_empty() {
        form = form.text("description", alt.to_owned());
    }
    let answer = account.api.upload("/api/v2/media", form).await?;
    // Somebody else's page, or half an answer: what it hides is never shown, and is brought again later.
    let told = answer.json().map_err(|_| soon(account))?;
    let id = wire::id(told.at("id")).ok_or_else(|| soon(account))?;
    Ok((id, answer.status == 200))
}

async fn ready(account: &Account, id: &str) -> Result<(), Fault> {
    let path = format!("/api/v1/media/{}", segment(id));
    for _ in 0..ASKED {
        tokio::time::sleep(account.unfinished.pause).await;
        // 206: still being made ready.
        if account.api.get(&path, &[]).await?.status == 200 {
            return Ok(());
        }
    }
    Err(soon(account))
}

fn soon(account: &Account) -> Fault {
    Fault::Later { after: account.api.now().plus(60 * SECOND) }
}

#[cfg(test)]
#[path = "uploads_tests.rs"]
mod tests;
