//! What the page is told of pictures, what is served, and what is kept.
//!
//! Tests of the file of the same name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use guichet_networks::pictures::PictureKind;
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
    let answer = album().serve("/https://exemple.social/a.png").await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(answer.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
}

#[test]
fn the_oldest_pictures_leave_when_memory_is_full() {
    let picture = |bytes| Arc::new(Picture { kind: PictureKind::Png, width: 1, height: 1, bytes: vec![0; bytes] });
    let mut kept = Kept::default();
    kept.keep("a", picture(MOST_KEPT / 2));
    kept.keep("b", picture(MOST_KEPT / 2));
    kept.keep("b", picture(MOST_KEPT / 2));
    assert_eq!((kept.by_id.len(), kept.bytes), (2, MOST_KEPT / 2 * 2));
    kept.keep("c", picture(10));
    assert!(!kept.by_id.contains_key("a"));
    assert_eq!(kept.bytes, MOST_KEPT / 2 + 10);
}
