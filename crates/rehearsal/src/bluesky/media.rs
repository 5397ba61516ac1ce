//! Pictures: brought to the data server as blobs, shown by the AppView under addresses of its own, in two sizes that are one
//! here. Faces and people's own pictures are drawn when they are first looked at.

use super::asked::Asked;
use super::refusal::Refusal;
use super::server::Host;
use super::tokens::Caller;
use super::world::Blob;
use crate::hold;
use crate::pictures::{self, Drawing};
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Largest blob, in bytes, whatever it is.
const MOST: usize = 5_242_880;

pub(crate) fn take(host: &Host, asked: &Asked, caller: &Caller) -> Result<Value, Refusal> {
    if asked.header("content-type").is_empty() {
        return Err(Refusal::invalid("Request encoding (Content-Type) required but not provided"));
    }
    if asked.body.is_empty() {
        return Err(Refusal::invalid("Request body is empty"));
    }
    if asked.body.len() > MOST {
        return Err(Refusal::new(413, "PayloadTooLarge", "request entity too large"));
    }
    // What the bytes are counts, not what is said of them.
    let kind = kind_of(&asked.body).unwrap_or(asked.header("content-type")).to_owned();
    let size = asked.body.len();
    let blob = Blob::Brought { bytes: asked.body.clone(), kind: kind.clone(), by: caller.did.clone() };
    let cid = hold(&host.sky).keep(blob);
    Ok(json!({"blob": {"$type": "blob", "ref": {"$link": cid}, "mimeType": kind, "size": size}}))
}

fn kind_of(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

/// `/img/KIND/plain/DID/NAME@jpeg`
pub(crate) async fn picture(host: &Host, path: &str) -> Response {
    let missing = || StatusCode::NOT_FOUND.into_response();
    let parts: Vec<&str> = path.split('/').collect();
    let ["", "img", kind, "plain", did, file] = parts.as_slice() else { return missing() };
    let name = file.split('@').next().unwrap_or_default();
    let key = format!("{kind}/{did}/{name}");
    if let Some(drawn) = host.gallery.known(&key) {
        return shown(drawn);
    }
    let drawing = {
        let sky = hold(&host.sky);
        match (*kind, sky.people.get(*did), sky.blobs.get(name)) {
            ("avatar", Some(person), _) => Drawing::Avatar {
                letters: letters(&person.name, &person.handle),
                seed: pictures::seed_of(&person.handle),
            },
            ("feed_thumbnail" | "feed_fullsize", _, Some(Blob::Brought { bytes, kind, .. })) => {
                return ([(header::CONTENT_TYPE, kind.clone())], bytes.clone()).into_response();
            }
            ("feed_thumbnail" | "feed_fullsize", _, Some(Blob::Drawn { scene, seed })) => {
                Drawing::Scene { name: scene.clone(), seed: *seed, small: *kind == "feed_thumbnail" }
            }
            _ => return missing(),
        }
    };
    // Drawing takes milliseconds that the other requests need not wait for.
    let drawn = tokio::task::spawn_blocking(move || pictures::draw(&drawing)).await;
    match drawn.ok().flatten() {
        Some(bytes) => shown(host.gallery.keep(key, Bytes::from(bytes))),
        None => missing(),
    }
}

fn letters(name: &str, handle: &str) -> String {
    let first = |word: &str| word.chars().next().filter(|c| c.is_uppercase()).map(pictures::plain_letter);
    let letters: String = name.split(|c: char| !c.is_alphanumeric()).filter_map(first).take(2).collect();
    if letters.is_empty() { handle.chars().take(1).collect::<String>().to_uppercase() } else { letters }
}

fn shown(bytes: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "public, max-age=604800")], bytes).into_response()
}
