//! Pictures for the window: the web view knows them by our own ids and never by their address.
//!
//! An answer on its way to the window has each `avatar` and `preview` replaced by `picture://localhost/ID`; the protocol
//! serves those ids and nothing else, so that a page gone astray cannot make the program call an address of its
//! choice. A picture of a draft or a reply is served as `own/ID`, from the inbox. What was fetched
//! stays in memory, within a set size, and in an encrypted file beside the inbox; it never touches the disk in clear.

use crate::shell::Shell;
use guichet_model::AttachmentId;
use guichet_networks::Reach;
use guichet_networks::pictures::Pictures;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use tauri::http::{Response, StatusCode, header};
use tokio::sync::Semaphore;

/// How many addresses are remembered: far more than a list and a conversation show.
const MOST_KNOWN: usize = 20_000;
/// Bytes of fetched pictures kept.
const MOST_KEPT: usize = 24_000_000;
/// Fetched at once: a screen of avatars must not become a burst.
const AT_ONCE: usize = 6;

/// Its media type and its bytes.
type Picture = (String, Vec<u8>);

pub struct Album {
    pictures: Pictures,
    at_once: Semaphore,
    known: Mutex<Known>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Known {
    by_id: HashMap<String, String>,
    order: VecDeque<String>,
}

#[derive(Default)]
struct Kept {
    by_id: HashMap<String, Arc<Picture>>,
    /// Least recently fetched first.
    order: VecDeque<String>,
    bytes: usize,
}

impl Album {
    pub fn new(reach: Reach) -> Self {
        Self {
            pictures: Pictures::new(reach),
            at_once: Semaphore::new(AT_ONCE),
            known: Mutex::default(),
            kept: Mutex::default(),
        }
    }

    /// Gives every picture of an answer our name for it.
    pub fn name(&self, answer: &mut Value) {
        match answer {
            Value::Array(values) => values.iter_mut().for_each(|value| self.name(value)),
            Value::Object(fields) => {
                // A picture without a smaller one of its own is its own preview.
                if fields.get("kind").is_some_and(|k| k == "image")
                    && fields.get("preview").is_some_and(Value::is_null)
                    && let Some(url) = fields.get("url").cloned()
                {
                    fields.insert("preview".into(), url);
                }
                for (key, value) in fields.iter_mut() {
                    match value {
                        Value::String(url) if key == "avatar" || key == "preview" => {
                            *url = self.ours(url);
                        }
                        Value::Array(_) | Value::Object(_) => self.name(value),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn ours(&self, url: &str) -> String {
        let id: String = Sha256::digest(url).iter().take(16).map(|b| format!("{b:02x}")).collect();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.by_id.insert(id.clone(), url.to_owned()).is_none() {
            known.order.push_back(id.clone());
        }
        while known.order.len() > MOST_KNOWN {
            if let Some(oldest) = known.order.pop_front() {
                known.by_id.remove(&oldest);
            }
        }
        match cfg!(windows) {
            true => format!("http://picture.localhost/{id}"),
            false => format!("picture://localhost/{id}"),
        }
    }

    /// The answer of the protocol to `/ID` and to `/own/ID`.
    pub async fn serve(&self, shell: &Shell, path: &str) -> Response<Vec<u8>> {
        let path = path.trim_start_matches('/');
        if let Some(id) = path.strip_prefix("own/") {
            return own(shell, id).await;
        }
        match self.find(shell, path).await {
            Some(picture) => answer(StatusCode::OK, &picture.0, picture.1.clone()),
            None => answer(StatusCode::NOT_FOUND, "text/plain", Vec::new()),
        }
    }

    /// In memory, or in the encrypted file beside the inbox, or at its address.
    async fn find(&self, shell: &Shell, id: &str) -> Option<Arc<Picture>> {
        if let Some(picture) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).by_id.get(id) {
            return Some(picture.clone());
        }
        let url = self.known.lock().unwrap_or_else(PoisonError::into_inner).by_id.get(id)?.clone();
        let desk = shell.desk().ok();
        let mut found = None;
        if let Some(desk) = &desk {
            found = desk.kept_picture(id.to_owned()).await.unwrap_or_default();
        }
        let picture = match found {
            Some(kept) => kept,
            None => {
                let _turn = self.at_once.acquire().await.ok()?;
                let fetched = self.pictures.fetch(&url).await.ok()?;
                let (kind, bytes) = (fetched.kind.media_type().to_owned(), fetched.bytes);
                if let Some(desk) = &desk
                    && let Err(problem) = desk.keep_picture(id.to_owned(), kind.clone(), bytes.clone()).await
                {
                    tracing::debug!(%problem, "a picture is not kept");
                }
                (kind, bytes)
            }
        };
        let picture = Arc::new(picture);
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).keep(id, picture.clone());
        Some(picture)
    }
}

/// A picture that waits to leave, or left with a reply.
async fn own(shell: &Shell, id: &str) -> Response<Vec<u8>> {
    let found = match (shell.desk(), id.parse()) {
        (Ok(desk), Ok(id)) => desk.attached(AttachmentId(id)).await.ok(),
        _ => None,
    };
    match found {
        Some((media_type, bytes)) => answer(StatusCode::OK, &media_type, bytes),
        None => answer(StatusCode::NOT_FOUND, "text/plain", Vec::new()),
    }
}

impl Kept {
    fn keep(&mut self, id: &str, picture: Arc<Picture>) {
        self.bytes += picture.1.len();
        self.order.push_back(id.to_owned());
        if let Some(before) = self.by_id.insert(id.to_owned(), picture) {
            // Two rows asked for it at the same time.
            self.bytes -= before.1.len();
            self.order.pop_back();
        }
        while self.bytes > MOST_KEPT && self.order.len() > 1 {
            let gone = self.order.pop_front().and_then(|oldest| self.by_id.remove(&oldest));
            self.bytes -= gone.map_or(0, |picture| picture.1.len());
        }
    }
}

fn answer(status: StatusCode, kind: &str, bytes: Vec<u8>) -> Response<Vec<u8>> {
    let built = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, kind)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::CACHE_CONTROL, "no-store")
        .body(bytes);
    built.unwrap_or_default()
}

#[cfg(test)]
#[path = "picture_tests.rs"]
mod tests;
