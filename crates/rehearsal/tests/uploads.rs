//! Pictures brought to a simulated server: once, by their owner, ready before they are shown.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod stage;

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use stage::{Account, account, quiet};
use std::time::Duration;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n a drawing";

async fn bring(account: &Account, bytes: &'static [u8], alt: &str) -> (u16, Value) {
    let form = Form::new().part("file", Part::bytes(bytes).file_name("x")).text("description", alt.to_owned());
    let request = account.http.post(account.at("/api/v2/media")).bearer_auth(&account.card.token).multipart(form);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn a_picture_is_shown_once_with_its_description() {
    let rehearsal = quiet("soirée").await;
    let bakery = account(&rehearsal, 0);
    let (code, brought) = bring(&bakery, PNG, "Une tarte").await;
    assert_eq!((code, &brought["description"], &brought["type"]), (200, &json!("Une tarte"), &json!("image")));
    let id = brought["id"].as_str().unwrap();
    // A post may be pictures alone.
    let post = bakery.post("/api/v1/statuses", json!({ "status": "", "media_ids": [id] })).await;
    assert_eq!(post["media_attachments"][0]["id"], id);
    assert_eq!(rehearsal.posted()[0].pictures, ["Une tarte"]);
    let shown = bakery.http.get(post["media_attachments"][0]["url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(shown.bytes().await.unwrap(), PNG);
    // Taken: by another post, and by another account.
    let again =
        bakery.try_post("/api/v1/statuses", json!({ "status": "Encore", "media_ids": [id] }), None).await.unwrap();
    assert_eq!(again.status(), 422);
    let (_, other) = bring(&bakery, PNG, "").await;
    let body = json!({ "status": "Volée", "media_ids": [other["id"]] });
    let stolen = account(&rehearsal, 1).try_post("/api/v1/statuses", body, None).await.unwrap();
    assert_eq!(stolen.status(), 422);
    assert_eq!((rehearsal.uploads(), rehearsal.posted().len()), (2, 1));
    assert_eq!(bring(&bakery, b"<svg>", "").await.0, 422);
}

#[tokio::test]
async fn a_film_is_not_ready_at_once() {
    let rehearsal = quiet("soirée").await;
    let bakery = account(&rehearsal, 0);
    let (code, brought) = bring(&bakery, b"GIF89a...", "").await;
    assert_eq!((code, &brought["url"]), (202, &Value::Null));
    let body = json!({ "status": "Voilà", "media_ids": [brought["id"]] });
    let path = format!("/api/v1/media/{}", brought["id"].as_str().unwrap());
    assert_eq!(bakery.try_get(&path).await.unwrap().status(), 206);
    assert_eq!(bakery.try_post("/api/v1/statuses", body.clone(), None).await.unwrap().status(), 422);
    for _ in 0..100 {
        if bakery.try_get(&path).await.unwrap().status() == 200 {
            bakery.post("/api/v1/statuses", body).await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never ready");
}
