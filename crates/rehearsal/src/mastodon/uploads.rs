//! Pictures that our accounts bring: taken apart from the multipart form, kept until a post shows them, shown to their owner
//! meanwhile. A GIF is made into a film first, so that it is not ready at once, as on a real server.

use super::instance::{LARGEST_PICTURE, LONGEST_ALT};
use super::oauth::Who;
use super::params::{Params, Refusal, id_of, text_of};
use super::server::{Desk, Host};
use super::shapes;
use super::world::{Id, Picture, Town, now_ms};
use crate::hold;
use axum::Json;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

/// Most pictures of a post.
const MOST: usize = 4;
/// How long a film is in the making.
const MAKING_MS: i64 = 1_500;

/// A picture brought by one of our accounts.
pub(crate) struct Upload {
    owner: Id,
    pub kind: &'static str,
    pub bytes: Bytes,
    alt: String,
    ready_ms: i64,
    shown: bool,
}

pub(crate) async fn take(State(host): Desk, request: Request) -> Result<(StatusCode, Json<Value>), Refusal> {
    let who = host.signed_in(request.headers(), "write:media")?;
    let content_type = text_of(request.headers(), header::CONTENT_TYPE.as_str());
    let body = to_bytes(request.into_body(), LARGEST_PICTURE + (1 << 20)).await;
    let body = body.map_err(|_| Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "Payload too large"))?;
    let parts = parts(&content_type, &body);
    let part = |name: &str| parts.iter().find(|part| part.name == name).map(|part| part.value.clone());
    let bytes = part("file").ok_or_else(|| Refusal::invalid("File can't be blank"))?;
    let kind = kind(&bytes).ok_or_else(|| Refusal::invalid("File content type is invalid"))?;
    if bytes.len() > LARGEST_PICTURE {
        return Err(Refusal::invalid("File file size must be less than 16 MB"));
    }
    let alt = String::from_utf8_lossy(&part("description").unwrap_or_default()).into_owned();
    if alt.chars().count() > LONGEST_ALT {
        return Err(Refusal::invalid("Description is too long"));
    }
    let now = now_ms();
    let film = kind == "image/gif";
    let upload =
        Upload { owner: who.id, kind, bytes, alt, ready_ms: if film { now + MAKING_MS } else { now }, shown: false };
    let mut town = hold(&host.town);
    let id = town.next_number();
    let shape = shape(&host, id, &upload, now);
    town.uploads.insert(id, upload);
    Ok((if film { StatusCode::ACCEPTED } else { StatusCode::OK }, Json(shape)))
}

pub(crate) async fn one(
    State(host): Desk,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let who = host.signed_in(&headers, "write:media")?;
    let town = hold(&host.town);
    let id = id_of(&id)?;
    let upload = town.uploads.get(&id).filter(|upload| upload.owner == who.id && !upload.shown);
    let upload = upload.ok_or_else(Refusal::not_found)?;
    let now = now_ms();
    let code = if upload.ready_ms > now { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    Ok((code, Json(shape(&host, id, upload, now))))
}

fn shape(host: &Host, id: Id, upload: &Upload, now: i64) -> Value {
    let mut shape = shapes::media(host, &Picture::brought(id, &upload.alt));
    if upload.ready_ms > now {
        shape["url"] = Value::Null;
    }
    if upload.alt.is_empty() {
        shape["description"] = json!(null);
    }
    shape
}

/// The pictures that a post names: the author's own, ready, in no other post.
pub(crate) fn named(town: &Town, who: &Who, params: &Params) -> Result<Vec<Picture>, Refusal> {
    let ids = params.all("media_ids");
    if ids.len() > MOST {
        return Err(Refusal::invalid("Cannot attach more than 4 files"));
    }
    let mut pictures = Vec::new();
    for id in ids {
        let known = id.parse().ok().and_then(|id: Id| Some((id, town.uploads.get(&id)?)));
        let (id, upload) = known
            .filter(|(_, upload)| upload.owner == who.id && !upload.shown)
            .ok_or_else(|| Refusal::invalid(&format!("Media {id} not found or already attached to another post")))?;
        if upload.ready_ms > now_ms() {
            return Err(Refusal::invalid(
                "Cannot attach files that have not finished processing. Try again in a moment!",
            ));
        }
        pictures.push(Picture::brought(id, &upload.alt));
    }
    Ok(pictures)
}

/// They are part of a post from now on.
pub(crate) fn show(town: &mut Town, pictures: &[Picture]) {
    for picture in pictures {
        if let Some(upload) = town.uploads.get_mut(&picture.id) {
            upload.shown = true;
        }
    }
}

fn kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

struct Part {
    name: String,
    value: Bytes,
}

/// The parts of a `multipart/form-data` body (RFC 7578); what is not one has none.
fn parts(content_type: &str, body: &Bytes) -> Vec<Part> {
    let Some((_, boundary)) = content_type.split_once("boundary=") else {
        return Vec::new();
    };
    let line = format!("--{}", boundary.trim_matches('"'));
    let places: Vec<usize> = found(body, line.as_bytes());
    places.windows(2).filter_map(|pair| part(body, pair[0] + line.len(), pair[1])).collect()
}

/// One part, between two boundaries: its head, an empty line, its value, and a line end.
fn part(body: &Bytes, from: usize, to: usize) -> Option<Part> {
    let end = found(&body[from..to], b"\r\n\r\n").first().map(|at| from + at)?;
    let head = String::from_utf8_lossy(&body[from..end]).into_owned();
    let name = head.split("name=\"").nth(1)?.split('"').next()?.to_owned();
    let value = body.slice(end + 4..to.checked_sub(2).filter(|last| *last >= end + 4)?);
    Some(Part { name, value })
}

fn found(body: &[u8], wanted: &[u8]) -> Vec<usize> {
    body.windows(wanted.len()).enumerate().filter(|(_, window)| *window == wanted).map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_form_is_taken_apart() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\nUne tarte\r\n--x\r\n\
                    Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\
                    \u{1}\r\n\u{2}\r\n--x--\r\n";
        let parts = parts("multipart/form-data; boundary=x", &Bytes::from(body));
        let told: Vec<_> = parts.iter().map(|part| (part.name.as_str(), part.value.as_ref())).collect();
        assert_eq!(told, [("description", "Une tarte".as_bytes()), ("file", &b"\x01\r\n\x02"[..])]);
        assert!(super::parts("text/plain", &Bytes::from(body)).is_empty());
    }
}
