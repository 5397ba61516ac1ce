//! Pictures over HTTP: avatars, headers, custom emojis, and what people post. Drawn once, then kept.

use super::params::Refusal;
use super::server::{Desk, Host};
use super::world::{BROUGHT, Id};
use crate::hold;
use crate::pictures::{self, Drawing};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

pub(crate) async fn picture(State(host): Desk, Path((kind, file)): Path<(String, String)>) -> Response {
    if let Some(brought) = brought(&host, &file) {
        return brought;
    }
    let name = format!("{kind}/{file}");
    if let Some(drawn) = host.gallery.known(&name) {
        return shown(drawn);
    }
    let Some(drawing) = wanted(&host, &kind, &file) else {
        return Refusal::not_found().into_response();
    };
    // Drawing takes milliseconds that the other requests need not wait for.
    let drawn = tokio::task::spawn_blocking(move || pictures::draw(&drawing)).await;
    match drawn.ok().flatten() {
        Some(bytes) => shown(host.gallery.keep(name, Bytes::from(bytes))),
        None => Refusal::not_found().into_response(),
    }
}

/// One that an account of ours brought, as it came.
fn brought(host: &Host, file: &str) -> Option<Response> {
    let id: Id = file.strip_prefix(BROUGHT)?.strip_prefix('-')?.strip_suffix(".png")?.parse().ok()?;
    let town = hold(&host.town);
    let upload = town.uploads.get(&id)?;
    Some(([(header::CONTENT_TYPE, upload.kind)], upload.bytes.clone()).into_response())
}

fn wanted(host: &Host, kind: &str, file: &str) -> Option<Drawing> {
    let stem = file.strip_suffix(".png")?;
    match kind {
        "avatars" => avatar(host, stem.parse().ok()?),
        "headers" => Some(Drawing::Header { hue: pictures::seed_of(stem) }),
        "emojis" => Some(Drawing::Emoji { name: stem.to_owned() }),
        "posts" | "small" => {
            let (scene, id) = stem.rsplit_once('-')?;
            Some(Drawing::Scene { name: scene.to_owned(), seed: id.parse().ok()?, small: kind == "small" })
        }
        _ => None,
    }
}

fn avatar(host: &Host, id: Id) -> Option<Drawing> {
    let town = hold(&host.town);
    let person = town.people.get(&id)?;
    let letters: String = person
        .name
        .split(|c: char| !c.is_alphanumeric())
        .filter_map(|word| word.chars().next())
        .filter(|c| c.is_uppercase())
        .map(pictures::plain_letter)
        .take(2)
        .collect();
    let fallback = person.username.chars().take(1).collect::<String>().to_uppercase();
    Some(Drawing::Avatar {
        letters: if letters.is_empty() { fallback } else { letters },
        seed: pictures::seed_of(&person.username),
    })
}

fn shown(bytes: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "public, max-age=604800, immutable")], bytes)
        .into_response()
}
