//! What the page is told of pictures, what is served, and what is kept.
//!
//! Tests of the file of the same name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::contract::dispatch;
use crate::rehearsal::Rehearsal;
use serde_json::json;

fn album() -> Album {
    Album::new(Reach::Loopback)
}

#[test]
fn the_page_never_sees_the_address_of_a_picture() {
    let mut answer = json!({ "rows": [{ "avatar": "https://exemple.social/a.png" }, { "avatar": null }],
        "attachments": [{ "kind": "image", "url": "https://exemple.social/b.png", "preview": null }] });
    album().name(&mut answer);
    assert!(answer["rows"][0]["avatar"].as_str().unwrap().starts_with("picture://localhost/"));
    assert!(answer["rows"][1]["avatar"].is_null());
    assert!(answer["attachments"][0]["preview"].as_str().unwrap().starts_with("picture://localhost/"));
    // The link itself stays what it is: it is shown with its host, and opened by the system.
    assert_eq!(answer["attachments"][0]["url"], "https://exemple.social/b.png");
}

#[tokio::test]
async fn only_known_pictures_are_served() {
    let shell = Shell::rehearsing(Rehearsal::start("calme").await.unwrap());
    shell.open(None).await.unwrap();
    for path in ["/https://exemple.social/a.png", "/own/1", "/own/../1", "/own/"] {
        let answer = album().serve(&shell, path).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
    shell.rehearsal().unwrap().throw_away();
}

#[tokio::test]
async fn a_picture_of_a_draft_is_served_as_it_was_attached() {
    let shell = Shell::rehearsing(Rehearsal::start("soirée").await.unwrap());
    shell.open(None).await.unwrap();
    shell.start();
    let mut takes_pictures = None;
    let query = json!({ "query": { "view": "all", "client": null, "account": null }, "offset": 0, "limit": 50 });
    for _ in 0..200 {
        let rows = dispatch(&shell, "list", query.clone()).await.unwrap()["rows"].take();
        let mastodon = |row: &&Value| row["network"] == "mastodon";
        takes_pictures = rows.as_array().unwrap().iter().find(mastodon).map(|row| row["id"].clone());
        if takes_pictures.is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // "\x89PNG\r\n\x1a\n" in base64.
    let args = json!({ "conversation": takes_pictures.unwrap(), "name": "tarte.png", "bytes": "iVBORw0KGgo=" });
    let view = dispatch(&shell, "attach", args).await.unwrap();
    let answer = album().serve(&shell, &format!("/own/{}", view["id"])).await;
    assert_eq!((answer.status(), answer.body().as_slice()), (StatusCode::OK, &b"\x89PNG\r\n\x1a\n"[..]));
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "image/png");
    assert_eq!(answer.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    shell.stop().await;
    shell.rehearsal().unwrap().throw_away();
}

#[tokio::test]
async fn a_face_seen_before_is_there_without_a_network() {
    let shell = Shell::rehearsing(Rehearsal::start("calme").await.unwrap());
    shell.open(None).await.unwrap();
    let mut answer = json!({ "avatar": "http://127.0.0.1:1/nobody-answers.png" });
    let album = album();
    album.name(&mut answer);
    let id = answer["avatar"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(album.serve(&shell, &id).await.status(), StatusCode::NOT_FOUND);
    shell.desk().unwrap().keep_picture(id.clone(), "image/png".into(), b"seen".to_vec()).await.unwrap();
    let served = album.serve(&shell, &id).await;
    assert_eq!((served.status(), served.body().as_slice()), (StatusCode::OK, &b"seen"[..]));
    shell.rehearsal().unwrap().throw_away();
}

#[test]
fn the_oldest_pictures_leave_when_memory_is_full() {
    let picture = |bytes| Arc::new((String::from("image/png"), vec![0; bytes]));
    let mut kept = Kept::default();
    kept.keep("a", picture(MOST_KEPT / 2));
    kept.keep("b", picture(MOST_KEPT / 2));
    kept.keep("b", picture(MOST_KEPT / 2));
    assert_eq!((kept.by_id.len(), kept.bytes), (2, MOST_KEPT / 2 * 2));
    kept.keep("c", picture(10));
    assert!(!kept.by_id.contains_key("a"));
    assert_eq!(kept.bytes, MOST_KEPT / 2 + 10);
}
