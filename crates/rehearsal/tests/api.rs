//! The simulated Mastodon as a plain client sees it: shapes, pages without holes, writing once, limits, pictures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod stage;

use guichet_rehearsal::{Say, Scenario, Speaker, Visibility};
use serde_json::{Value, json};
use stage::{account, ids, neighbour, quiet};

fn ines() -> Speaker {
    Speaker::new("ines_tarrade@grandplace.example", "Inès Tarrade")
}

#[tokio::test]
async fn a_scenario_is_whole() {
    assert_eq!(Scenario::names(), ["soirée", "calme", "sites", "ciels", "forums", "courriers"]);
    assert!(Scenario::named("soiree").is_some() && Scenario::named("absent").is_none());
    let rehearsal = quiet("soirée").await;
    let clients = rehearsal.clients();
    assert_eq!(clients.len(), 3);
    for client in &clients {
        assert!(client.templates.len() >= 4 && client.color_index < 4);
        let mastodon = client.accounts.iter().filter(|account| account.network == "mastodon");
        assert_eq!(mastodon.count(), 1, "{}", client.name);
    }
    let mut items = 0;
    for n in 0..clients.len() {
        let list = account(&rehearsal, n).get("/api/v1/notifications?limit=80&types[]=mention").await;
        items += list.as_array().unwrap().len();
    }
    assert!(items >= 35, "{items} mentions");
    let bakery = account(&rehearsal, 0);
    assert_eq!(bakery.try_get("/api/v1/accounts/personne/statuses").await.unwrap().status(), 404);
    assert!(rehearsal.posted().is_empty(), "what was there before is not counted");
}

#[tokio::test]
async fn the_evening_arrives_by_itself() {
    let quiet = quiet("soirée").await;
    let before = account(&quiet, 0).get("/api/v1/notifications?limit=80").await.as_array().unwrap().len();
    let evening = stage::start("soirée", 1.0e6).await;
    let alice = account(&evening, 0);
    let mut after = 0;
    for _ in 0..200 {
        after = alice.get("/api/v1/notifications?limit=80").await.as_array().unwrap().len();
        if after >= before + 15 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{before} before, {after} after");
}

#[tokio::test]
async fn shapes_are_mastodon_s() {
    let rehearsal = quiet("soirée").await;
    let bakery = account(&rehearsal, 0);
    let me = bakery.get("/api/v1/accounts/verify_credentials").await;
    assert_eq!(me["id"], bakery.card.remote.as_str());
    assert_eq!(me["source"]["privacy"], "public");
    let first = &bakery.get("/api/v1/notifications?types[]=mention&limit=1").await[0];
    for field in ["id", "created_at", "uri", "url", "content", "visibility", "mentions", "media_attachments", "emojis"]
    {
        assert!(!first["status"][field].is_null(), "{field}");
    }
    assert!(first["created_at"].as_str().unwrap().ends_with('Z'));
    let content = first["status"]["content"].as_str().unwrap();
    assert!(content.starts_with("<p><span class=\"h-card\" translate=\"no\"><a href=\"http://127.0.0.1"), "{content}");
    let instance = bakery.get("/api/v2/instance").await;
    assert_eq!(instance["configuration"]["statuses"]["max_characters"], 500);
    assert!(instance["configuration"]["urls"]["streaming"].as_str().unwrap().starts_with("ws://127.0.0.1"));
    assert_eq!(instance["api_versions"]["mastodon"], 7);
    rehearsal.honour_keys(false);
    let instance = bakery.get("/api/v2/instance").await;
    assert!(instance["version"].as_str().unwrap().contains("compatible; Snac"));
    assert!(instance["api_versions"].is_null());
}

#[tokio::test]
async fn pages_have_no_holes_in_either_direction() {
    let rehearsal = quiet("calme").await;
    let bakery = account(&rehearsal, 0);
    let mark = ids(&bakery.get("/api/v1/notifications?limit=1").await)[0];
    for n in 0..23 {
        rehearsal.say(Say::mention(ines(), "boulangerie_halles", &format!("numéro {n}"))).unwrap();
    }
    // Forwards: the page nearest to the mark, newest first inside, until empty.
    let (mut at, mut seen) = (mark, Vec::new());
    loop {
        let page = ids(&bakery.get(&format!("/api/v1/notifications?limit=5&types[]=mention&min_id={at}")).await);
        let Some(newest) = page.first() else { break };
        assert!(page.is_sorted_by(|a, b| a > b));
        at = *newest;
        seen.extend(page.into_iter().rev());
    }
    assert_eq!(seen.len(), 23);
    assert!(seen.is_sorted_by(|a, b| a < b));
    // Backwards, by the links.
    let mut back = Vec::new();
    let mut address = Some("/api/v1/notifications?limit=4&types[]=mention".to_owned());
    while let Some(page) = address {
        let response = bakery.try_get(&page).await.unwrap();
        address = neighbour(&response, "next");
        back.extend(ids(&response.json().await.unwrap()));
    }
    assert_eq!(back.len(), seen.len() + 2, "the two mentions of the scenario are older");
    assert!(seen.iter().all(|id| back.contains(id)));
    // From the top: what is new, but only one page of it.
    let top = ids(&bakery.get(&format!("/api/v1/notifications?limit=5&since_id={mark}")).await);
    assert_eq!(top, back[..5]);
}

#[tokio::test]
async fn a_key_makes_one_post_and_its_absence_two() {
    let rehearsal = quiet("calme").await;
    let bakery = account(&rehearsal, 0);
    let first = bakery.publish("Bonjour", Some("clef-1")).await;
    assert_eq!(first["id"], bakery.publish("Bonjour", Some("clef-1")).await["id"]);
    assert_eq!(rehearsal.posted().len(), 1);
    assert_eq!(rehearsal.posted()[0].key.as_deref(), Some("clef-1"));
    rehearsal.honour_keys(false);
    bakery.publish("Bonjour", Some("clef-1")).await;
    assert_eq!(rehearsal.posted().len(), 2);
    bakery.publish("Bonjour", None).await;
    assert_eq!(rehearsal.posted().len(), 3);
}

#[tokio::test]
async fn a_reply_is_checked_as_mastodon_checks() {
    let rehearsal = quiet("calme").await;
    let bakery = account(&rehearsal, 0);
    let refused = |body: Value| {
        let bakery = &bakery;
        async move {
            let response = bakery.try_post("/api/v1/statuses", body, None).await.unwrap();
            let code = response.status().as_u16();
            let words: Value = response.json().await.unwrap();
            (code, words["error"].as_str().unwrap_or_default().to_owned())
        }
    };
    assert_eq!(refused(json!({"status": " "})).await, (422, "Validation failed: Text can't be blank".to_owned()));
    assert_eq!(refused(json!({"status": "x".repeat(501)})).await.0, 422);
    assert_eq!(refused(json!({"status": "x", "in_reply_to_id": "12"})).await.0, 404);
    // 23 for the link, 6 for the mention, 1 for the family: exactly 500.
    let fits = format!("{} @marie@exemple.example 👩‍👩‍👧 https://exemple.example/{}", "x".repeat(467), "y".repeat(90));
    assert_eq!(refused(json!({"status": fits})).await.0, 200);
    assert_eq!(refused(json!({"status": format!("x{fits}")})).await.0, 422);
    assert_eq!(rehearsal.posted().len(), 1);
}

#[tokio::test]
async fn a_thread_is_read_answered_edited_and_deleted() {
    let rehearsal = quiet("calme").await;
    let bakery = account(&rehearsal, 0);
    let asked = rehearsal.say(Say::mention(ines(), "boulangerie_halles", "Ouvert lundi ?")).unwrap();
    let body = json!({"status": "@ines_tarrade Non, désolés.", "in_reply_to_id": asked, "visibility": "unlisted"});
    let reply = bakery.post("/api/v1/statuses", body).await;
    let id = reply["id"].as_str().unwrap();
    assert_eq!(reply["mentions"][0]["acct"], "ines_tarrade");
    let context = bakery.get(&format!("/api/v1/statuses/{id}/context")).await;
    assert_eq!(context["ancestors"][0]["id"], asked.as_str());
    let posted = rehearsal.posted();
    assert_eq!(posted[0].in_reply_to.as_deref(), Some(asked.as_str()));
    assert_eq!((posted[0].visibility, posted[0].native), (Visibility::Unlisted, false));

    let edited = bakery.http.put(bakery.at(&format!("/api/v1/statuses/{id}"))).bearer_auth(&bakery.card.token);
    let edited: Value =
        edited.json(&json!({"status": "@ines_tarrade Si !"})).send().await.unwrap().json().await.unwrap();
    assert!(edited["edited_at"].is_string());
    assert_eq!(bakery.get(&format!("/api/v1/statuses/{id}/source")).await["text"], "@ines_tarrade Si !");

    rehearsal.say(Say::Delete { status: asked.clone() }).unwrap();
    assert_eq!(bakery.try_get(&format!("/api/v1/statuses/{asked}")).await.unwrap().status(), 404);
    let still = bakery.get(&format!("/api/v1/statuses?id[]={asked}&id[]={id}")).await;
    assert_eq!(ids(&still), [id.parse::<u64>().unwrap()]);
    assert_eq!(rehearsal.posted()[0].in_reply_to.as_deref(), Some(asked.as_str()), "asked for, though gone");

    let gone = bakery.http.delete(bakery.at(&format!("/api/v1/statuses/{id}"))).bearer_auth(&bakery.card.token);
    let gone: Value = gone.send().await.unwrap().json().await.unwrap();
    assert_eq!(gone["text"], "@ines_tarrade Si !");
    assert!(rehearsal.posted().is_empty());
}

#[tokio::test]
async fn direct_posts_are_conversations() {
    let rehearsal = quiet("calme").await;
    let bakery = account(&rehearsal, 0);
    let secret = rehearsal.say(Say::direct(ines(), "boulangerie_halles", "C'est une surprise")).unwrap();
    let talks = bakery.get("/api/v1/conversations").await;
    assert_eq!(talks[0]["last_status"]["id"], secret.as_str());
    assert_eq!((talks[0]["unread"].as_bool(), &talks[0]["accounts"][0]["acct"]), (Some(true), &json!("ines_tarrade")));
    let stranger = bakery.http.get(bakery.at(&format!("/api/v1/statuses/{secret}"))).send().await.unwrap();
    assert_eq!(stranger.status(), 404);
    let other = account(&rehearsal, 2);
    assert_eq!(other.try_get(&format!("/api/v1/statuses/{secret}")).await.unwrap().status(), 404);
    let talk = talks[0]["id"].as_str().unwrap();
    let read = bakery.post(&format!("/api/v1/conversations/{talk}/read"), json!({})).await;
    assert_eq!(read["unread"], false);
    let body = json!({"status": "@ines_tarrade Promis", "in_reply_to_id": secret, "visibility": "direct"});
    let reply = bakery.post("/api/v1/statuses", body).await;
    let talks = bakery.get("/api/v1/conversations").await;
    assert_eq!((ids(&talks).len(), &talks[0]["last_status"]["id"]), (1, &reply["id"]));
}

#[tokio::test]
async fn what_the_policy_sets_aside_waits_outside() {
    let rehearsal = quiet("soirée").await;
    let bakery = account(&rehearsal, 0);
    let plain = ids(&bakery.get("/api/v1/notifications?limit=80").await);
    let all = ids(&bakery.get("/api/v1/notifications?limit=80&include_filtered=true").await);
    assert_eq!(all.len(), plain.len() + 2);
    let requests = bakery.get("/api/v1/notifications/requests").await;
    let gaspard = requests.as_array().unwrap().iter().find(|r| r["account"]["acct"] == "gaspard_n@neuf.example");
    let id = gaspard.unwrap()["id"].as_str().unwrap();
    bakery.post(&format!("/api/v1/notifications/requests/{id}/accept"), json!({})).await;
    assert_eq!(ids(&bakery.get("/api/v1/notifications?limit=80").await).len(), plain.len() + 1);
}

#[tokio::test]
async fn people_can_be_liked_muted_blocked_reported() {
    let rehearsal = quiet("calme").await;
    let bakery = account(&rehearsal, 0);
    let said = rehearsal.say(Say::mention(ines(), "boulangerie_halles", "Coucou")).unwrap();
    for _ in 0..2 {
        let liked = bakery.post(&format!("/api/v1/statuses/{said}/favourite"), json!({})).await;
        assert_eq!((liked["favourited"].as_bool(), liked["favourites_count"].as_u64()), (Some(true), Some(1)));
    }
    let status = bakery.get(&format!("/api/v1/statuses/{said}")).await;
    let who = status["account"]["id"].as_str().unwrap();
    assert_eq!(bakery.post(&format!("/api/v1/accounts/{who}/mute"), json!({})).await["muting"], true);
    let before = ids(&bakery.get("/api/v1/notifications").await).len();
    rehearsal.say(Say::mention(ines(), "boulangerie_halles", "Tu m'entends ?")).unwrap();
    assert_eq!(ids(&bakery.get("/api/v1/notifications").await).len(), before);
    let report = json!({"account_id": who, "status_ids": [said], "comment": "trop poli", "category": "spam"});
    assert_eq!(bakery.post("/api/v1/reports", report).await["category"], "spam");
    assert_eq!(bakery.post(&format!("/api/v1/accounts/{who}/block"), json!({})).await["blocking"], true);
    assert_eq!(bakery.try_get(&format!("/api/v1/statuses/{said}")).await.unwrap().status(), 404);
}

#[tokio::test]
async fn limits_are_counted_and_told() {
    let rehearsal = quiet("calme").await;
    let bakery = account(&rehearsal, 0);
    let response = bakery.try_get("/api/v1/notifications").await.unwrap();
    assert_eq!(response.headers()["x-ratelimit-limit"], "300");
    assert_eq!(response.headers()["x-ratelimit-remaining"], "299");
    let reset = response.headers()["x-ratelimit-reset"].to_str().unwrap();
    assert!(reset.len() == 27 && reset.ends_with('Z'), "{reset}");
    rehearsal.limits(2, 300);
    for code in [200, 200, 429] {
        assert_eq!(bakery.try_get("/api/v1/notifications").await.unwrap().status(), code);
    }
}

#[tokio::test]
async fn pictures_are_real() {
    let rehearsal = quiet("soirée").await;
    let bakery = account(&rehearsal, 0);
    let own = bakery.get(&format!("/api/v1/accounts/{}/statuses?exclude_replies=true", bakery.card.remote)).await;
    let mut pictures = vec![own[0]["account"]["avatar"].clone(), own[0]["account"]["header"].clone()];
    for post in own.as_array().unwrap() {
        for media in post["media_attachments"].as_array().unwrap() {
            assert!(!media["description"].as_str().unwrap().is_empty());
            pictures.extend([media["url"].clone(), media["preview_url"].clone()]);
        }
    }
    assert!(pictures.len() >= 6);
    for url in pictures {
        let response = bakery.http.get(url.as_str().unwrap()).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "image/png");
        assert!(response.bytes().await.unwrap().starts_with(b"\x89PNG\r\n"));
    }
}
