//! A simulated forum by a plain client: what it gives, and what it refuses in the words of a real one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod stage;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeySize, OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey};
use aws_lc_rs::rsa::{Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use guichet_rehearsal::{AccountCard, Effect, FaultRule, Rehearsal, Say, Speaker};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use stage::quiet;

struct Member {
    card: AccountCard,
    http: Client,
}

fn member(rehearsal: &Rehearsal, username: &str) -> Member {
    let cards = rehearsal.clients().into_iter().flat_map(|client| client.accounts);
    let card = cards.into_iter().find(|card| card.remote == username).unwrap();
    assert_eq!(card.network, "discourse");
    Member { card, http: stage::http() }
}

impl Member {
    fn visit(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.card.server))
    }

    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.visit(method, path).header("User-Api-Key", &self.card.token);
        request.header("User-Api-Client-Id", &self.card.client_id)
    }

    async fn get(&self, path: &str) -> Value {
        let (status, told) = told(self.ask(Method::GET, path).send().await.unwrap()).await;
        assert_eq!(status, 200, "{path}: {told}");
        told
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        told(self.ask(Method::POST, path).json(&body).send().await.unwrap()).await
    }

    async fn reply(&self, topic: u64, number: Option<u64>, raw: &str) -> (u16, Value) {
        self.post("/posts.json", json!({"raw": raw, "topic_id": topic, "reply_to_post_number": number})).await
    }
}

async fn told(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn refused(request: RequestBuilder) -> (u16, String) {
    let (status, body) = told(request.send().await.unwrap()).await;
    assert!(body["errors"][0].is_string(), "{body}");
    (status, body["error_type"].as_str().unwrap_or_default().to_owned())
}

fn pem(key: &PrivateDecryptingKey) -> String {
    let der: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", BASE64_STANDARD.encode(der.as_ref()))
}

fn wish(pem: &str) -> Vec<(&'static str, String)> {
    [("application_name", "Essai"), ("client_id", "essai-1"), ("scopes", "read,write"), ("nonce", "n0nce")]
        .map(|(name, value)| (name, value.to_owned()))
        .into_iter()
        .chain([("public_key", pem.to_owned())])
        .collect()
}

fn bytes(payload: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(payload.split_whitespace().collect::<String>()).unwrap()
}

fn opened(text: &[u8]) -> Value {
    let told: Value = serde_json::from_slice(text).unwrap();
    assert_eq!((&told["nonce"], &told["api"]), (&json!("n0nce"), &json!(4)));
    told
}

#[tokio::test]
async fn a_key_is_sealed_for_the_program_that_asks_and_shown_to_be_copied() {
    let rehearsal = quiet("forums").await;
    let member = member(&rehearsal, "vasseur_ancien");
    let head = member.visit(Method::HEAD, "/user-api-key/new").send().await.unwrap();
    assert_eq!(head.headers()["auth-api-version"], "4");
    assert!(head.headers().get("auth-api-device-code").is_none(), "an old one");
    let key = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
    let mut page = url::Url::parse(&format!("{}/user-api-key/new", member.card.server)).unwrap();
    // An old forum does not know of paddings.
    page.query_pairs_mut().extend_pairs(wish(&pem(&key))).append_pair("padding", "oaep");
    let sealed = rehearsal.consent(page.as_str(), &member.card).await.unwrap().unwrap();
    assert!(sealed.contains('\n'), "as Ruby writes it");
    let key = Pkcs1PrivateDecryptingKey::new(key).unwrap();
    let mut room = [0; 256];
    let told = opened(key.decrypt(&bytes(&sealed), &mut room).unwrap());
    let secret = told["key"].as_str().unwrap();
    let current = member.visit(Method::GET, "/session/current.json").header("User-Api-Key", secret);
    let (status, told) = self::told(current.send().await.unwrap()).await;
    assert_eq!((status, &told["current_user"]["username"]), (200, &json!("vasseur_ancien")));
    let nobody = member.visit(Method::GET, "/session/current.json");
    assert_eq!(refused(nobody).await, (404, "not_found".into()));
    // Another key of the same program destroys this one.
    rehearsal.consent(page.as_str(), &member.card).await.unwrap();
    let old = member.visit(Method::GET, "/session/current.json").header("User-Api-Key", secret);
    assert_eq!(refused(old).await, (403, "invalid_access".into()));
}

#[tokio::test]
async fn a_device_code_gives_the_key_once() {
    let rehearsal = quiet("forums").await;
    let member = member(&rehearsal, "vasseur");
    let head = member.visit(Method::HEAD, "/user-api-key/new").send().await.unwrap();
    assert_eq!(head.headers()["auth-api-device-code"], "true");
    let key = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
    let mut asked: serde_json::Map<String, Value> =
        wish(&pem(&key)).into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    asked.insert("padding".into(), "oaep".into());
    let begin = member.visit(Method::POST, "/user-api-key/device.json");
    let form = begin.try_clone().unwrap().form(&asked);
    assert_eq!(refused(form).await, (403, "invalid_access".into()), "JSON alone");
    let (status, told) = self::told(begin.json(&asked).send().await.unwrap()).await;
    assert_eq!((status, &told["expires_in"], &told["interval"]), (200, &json!(600), &json!(1)));
    let page = told["verification_uri_with_request"].as_str().unwrap().to_owned();
    let code = json!({"device_code": told["device_code"]});
    let poll = || async {
        tokio::time::sleep(std::time::Duration::from_millis(1050)).await;
        let request = member.visit(Method::POST, "/user-api-key/device/poll.json").json(&code);
        self::told(request.send().await.unwrap()).await.1
    };
    assert_eq!(poll().await["status"], "authorization_pending");
    assert_eq!(rehearsal.consent(&page, &member.card).await.unwrap(), None);
    let told = poll().await;
    assert_eq!(told["status"], "authorized");
    let key = OaepPrivateDecryptingKey::new(key).unwrap();
    let mut room = [0; 256];
    let sealed = bytes(told["payload"].as_str().unwrap());
    opened(key.decrypt(&OAEP_SHA1_MGF1SHA1, &sealed, &mut room, None).unwrap());
    assert_eq!(poll().await["status"], "expired_token", "readable once");
}

#[tokio::test]
async fn what_a_forum_gives_no_key_for() {
    let rehearsal = quiet("forums").await;
    let member = member(&rehearsal, "vasseur");
    let key = pem(&PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap());
    let ask = |change: &[(&'static str, &str)]| {
        let mut wish = wish(&key);
        for (name, value) in change {
            wish.retain(|(known, _)| known != name);
            wish.push((name, (*value).to_owned()));
        }
        member.visit(Method::GET, "/user-api-key/new").header("accept", "application/json").query(&wish)
    };
    let access = (403, "invalid_access".to_owned());
    assert_eq!(refused(ask(&[("scopes", "read,everything")])).await, access);
    assert_eq!(refused(ask(&[("auth_redirect", "http://127.0.0.1:47811/cb")])).await, access);
    assert_eq!(
        refused(ask(&[("public_key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")])).await.0,
        400
    );
    assert_eq!(refused(ask(&[("nonce", "")])).await.0, 400);
    let page = ask(&[]).build().unwrap().url().clone();
    let new = self::member(&rehearsal, "vasseur_neuf");
    assert!(rehearsal.consent(page.as_str(), &new.card).await.is_err(), "too new for keys");
    // A nonce that does not fit into what the key can seal.
    let long = ask(&[("nonce", &"x".repeat(200))]).build().unwrap().url().clone();
    assert!(rehearsal.consent(long.as_str(), &member.card).await.is_err());
}

#[tokio::test]
async fn only_the_right_headers_are_somebody() {
    let rehearsal = quiet("forums").await;
    let member = member(&rehearsal, "vasseur");
    let access = (403, "invalid_access".to_owned());
    let notes = || member.visit(Method::GET, "/notifications.json");
    assert_eq!(refused(notes()).await, (403, "not_logged_in".into()));
    assert_eq!(refused(notes().header("User-Api-Key", "faux")).await, access);
    assert_eq!(refused(notes().header("Api-Key", &member.card.token)).await, access);
    let other = notes().header("User-Api-Key", &member.card.token).header("User-Api-Client-Id", "autre");
    assert_eq!(refused(other).await, access);
    let page = member.ask(Method::GET, "/notifications").send().await.unwrap();
    assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/html"), "JSON must be asked for");
    let bare = member.visit(Method::POST, "/posts.json").json(&json!({"raw": "x"})).send().await.unwrap();
    assert_eq!(told(bare).await, (403, json!(["BAD CSRF"])));
    let closed = self::member(&rehearsal, "vasseur_garde");
    let topic = closed.visit(Method::GET, "/t/511.json");
    assert_eq!(refused(topic).await, (403, "not_logged_in".into()));
    let (status, _) = told(closed.ask(Method::GET, "/t/511.json").send().await.unwrap()).await;
    assert_eq!(status, 200);
    rehearsal.say(Say::Put { status: "vasseur".into(), state: "revoke".into() }).unwrap();
    assert_eq!(refused(member.ask(Method::GET, "/notifications.json")).await, access);
}

#[tokio::test]
async fn what_a_user_is_told_leads_to_posts() {
    let rehearsal = quiet("forums").await;
    let member = member(&rehearsal, "vasseur");
    let notes = member.get("/notifications.json?limit=60&offset=0").await;
    let notes = notes["notifications"].as_array().unwrap();
    let kinds: Vec<u64> = notes.iter().map(|note| note["notification_type"].as_u64().unwrap()).collect();
    // Newest first: a private message, a mention, and the one that stands for two answers under our topic.
    assert_eq!(kinds, [6, 1, 9]);
    let topic = notes[2]["topic_id"].as_u64().unwrap();
    let told = member.get(&format!("/t/{topic}.json?include_raw=1")).await;
    let posts = told["post_stream"]["posts"].as_array().unwrap();
    assert_eq!(posts.len(), 3);
    assert_eq!(
        posts[0]["cooked"],
        "<p>Le M2 est arrivé. <strong>Posez ici vos questions</strong>, nous passons tous les jours.</p>"
    );
    assert_eq!((&posts[2]["reply_to_post_number"], &posts[0]["yours"]), (&json!(2), &json!(true)));
    let id = posts[1]["id"].as_u64().unwrap();
    // It leads to the first of them, and names the last.
    assert_eq!(notes[2]["post_number"], posts[1]["post_number"]);
    assert_eq!(notes[2]["data"]["original_post_id"], posts[2]["id"]);
    let some = member.get(&format!("/t/{topic}/posts.json?post_ids[]={id}")).await;
    assert_eq!(some["post_stream"]["posts"][0]["id"], id);
    assert!(some["post_stream"]["posts"][0]["raw"].is_null(), "raw is asked for");
    assert_eq!(refused(member.ask(Method::GET, &format!("/t/{topic}/posts.json"))).await.0, 400);
    let private = member.get("/topics/private-messages/vasseur.json").await;
    let private = &private["topic_list"]["topics"][0];
    assert_eq!((&private["archetype"], &private["posts_count"]), (&json!("private_message"), &json!(1)));
    let stranger = self::member(&rehearsal, "vasseur_neuf");
    let theirs = stranger.ask(Method::GET, &format!("/t/{}.json", private["id"]));
    assert_eq!(refused(theirs).await, (403, "invalid_access".into()));
    // Groups, quotes and answers have each their word.
    rehearsal.say(Say::reply(Speaker::new("nadege_b@ici.example", ""), &id.to_string(), None, "Et @equipe, alors ?"));
    let newest = member.get("/notifications.json?limit=1").await;
    assert_eq!(newest["notifications"][0]["notification_type"], 15);
    assert_eq!(refused(member.ask(Method::GET, "/notifications.json?limit=61")).await.0, 400);
}

#[tokio::test]
async fn a_text_twice_is_refused_but_to_staff() {
    let rehearsal = quiet("forums").await;
    let (member, staff) = (member(&rehearsal, "vasseur"), member(&rehearsal, "vasseur_equipe"));
    let text = "La trémie se démonte sans outil, un quart de tour.";
    let (status, posted) = member.reply(311, Some(2), text).await;
    assert_eq!((status, &posted["raw"], &posted["post_number"]), (200, &json!(text), &json!(4)));
    let (status, again) = member.reply(311, Some(2), text).await;
    assert_eq!((status, &again["action"]), (422, &json!("create_post")));
    for _ in 0..2 {
        assert_eq!(staff.reply(311, None, text).await.0, 200);
    }
    let posted: Vec<_> = rehearsal.posted().into_iter().map(|post| (post.account, post.native)).collect();
    let mine = |name: &str| posted.iter().filter(|(account, _)| account == name).count();
    assert_eq!((mine("vasseur"), mine("vasseur_equipe")), (1, 2));
    assert_eq!(member.reply(311, None, "Trop court").await.0, 422);
    assert_eq!(member.reply(311, None, &"x".repeat(32_001)).await.0, 422);
    assert_eq!(member.reply(999, None, text).await.0, 404);
}

#[tokio::test]
async fn what_waits_for_approval_is_nowhere_until_it_is_approved() {
    let rehearsal = quiet("forums").await;
    let member = member(&rehearsal, "vasseur_garde");
    let (status, told) = member.reply(511, Some(2), "Une demi-journée, rarement plus.").await;
    assert_eq!((status, &told["action"], &told["success"]), (200, &json!("enqueued"), &json!(true)));
    let topic = member.get("/t/511.json").await;
    assert_eq!(topic["post_stream"]["posts"].as_array().unwrap().len(), 2);
    assert_eq!(topic["pending_posts"][0]["raw"], "Une demi-journée, rarement plus.");
    let waits = rehearsal.posted();
    assert_eq!(waits[0].state.as_deref(), Some("queued"));
    rehearsal.say(Say::Put { status: waits[0].id.clone(), state: "approve".into() }).unwrap();
    let topic = member.get("/t/511.json").await;
    assert_eq!((topic["post_stream"]["posts"].as_array().unwrap().len(), &topic["pending_posts"]), (3, &Value::Null));
}

#[tokio::test]
async fn posts_are_liked_flagged_edited_and_taken_back() {
    let rehearsal = quiet("forums").await;
    let member = member(&rehearsal, "vasseur");
    let topic = member.get("/t/311.json").await;
    let id = topic["post_stream"]["posts"][1]["id"].as_u64().unwrap();
    let like = json!({"id": id, "post_action_type_id": 2});
    assert_eq!(member.post("/post_actions.json", like.clone()).await.1["actions_summary"][0]["acted"], true);
    assert_eq!(member.post("/post_actions.json", like).await.0, 403, "done before");
    let undo = member.ask(Method::DELETE, &format!("/post_actions/{id}.json?post_action_type_id=2"));
    assert_eq!(undo.send().await.unwrap().status(), 200);
    assert_eq!(member.post("/post_actions.json", json!({"id": id, "post_action_type_id": 8})).await.0, 200);
    assert_eq!(
        member.post("/post_actions.json", json!({"id": id, "post_action_type_id": 7})).await.0,
        400,
        "no message"
    );
    let (_, mine) = member.reply(311, Some(2), "Elle se démonte à la main, oui.").await;
    let mine = mine["id"].as_u64().unwrap();
    let at = format!("/posts/{mine}.json");
    let edit = member.ask(Method::PUT, &at).json(&json!({"post": {"raw": "Elle se démonte à la main, et se lave."}}));
    let (_, edited) = told(edit.send().await.unwrap()).await;
    assert_eq!((&edited["post"]["version"], &edited["post"]["raw"]), (&json!(2), &Value::Null));
    assert_eq!(refused(member.ask(Method::DELETE, &format!("/posts/{id}.json"))).await.0, 403, "not ours");
    assert_eq!(member.ask(Method::DELETE, &at).send().await.unwrap().status(), 200);
    assert_eq!(member.get(&at).await["user_deleted"], true);
    let level = |word: Value| member.ask(Method::PUT, "/u/nadege_b/notification_level.json").json(&word);
    assert_eq!(level(json!({"notification_level": "mute"})).send().await.unwrap().status(), 200);
    assert_eq!(refused(level(json!({"notification_level": "ignore"}))).await.0, 400, "until when?");
    assert_eq!(refused(level(json!({"notification_level": "gone"}))).await.0, 400);
}

#[tokio::test]
async fn requests_are_counted_for_each_key() {
    let rehearsal = quiet("forums").await;
    let member = member(&rehearsal, "vasseur");
    for _ in 0..20 {
        member.get("/notifications.json").await;
    }
    let over = member.ask(Method::GET, "/notifications.json").send().await.unwrap();
    assert_eq!(over.headers()["discourse-rate-limit-error-code"], "user_api_key_limiter_60_secs");
    let wait: u64 = over.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    let (status, told) = told(over).await;
    assert_eq!((status, &told["error_type"]), (429, &json!("rate_limit")));
    assert!(told["extras"]["wait_seconds"] == wait && (1..=60).contains(&wait), "{told}");
    let other = self::member(&rehearsal, "vasseur_equipe");
    other.get("/notifications.json").await;
}

#[tokio::test]
async fn faults_have_the_words_of_a_forum() {
    let rehearsal = quiet("forums").await;
    let member = member(&rehearsal, "vasseur_ancien");
    rehearsal.fault(FaultRule::on("POST", "=/posts", Effect::CutAfter).once());
    let body = json!({"raw": "Un peu d’huile, et il repart pour dix ans.", "topic_id": 411});
    let cut = member.ask(Method::POST, "/posts.json").json(&body).send().await;
    assert!(cut.is_err(), "cut");
    let posted = rehearsal.posted();
    assert_eq!((posted.len(), posted[0].in_reply_to.as_deref()), (1, Some("topic-411")), "and done");
    rehearsal.fault(FaultRule::on("GET", "/t/", Effect::TokenExpired).once());
    assert_eq!(refused(member.ask(Method::GET, "/t/411.json")).await, (403, "invalid_access".into()));
    rehearsal.fault(FaultRule::on("GET", "", Effect::RateLimited { after_s: 9 }).once());
    assert_eq!(refused(member.ask(Method::GET, "/t/411.json")).await, (429, "rate_limit".into()));
    rehearsal.fault(FaultRule::on("GET", "", Effect::ReadsLag { ms: 60_000 }).once());
    let behind = member.get("/t/411.json").await;
    assert_eq!(behind["post_stream"]["stream"].as_array().unwrap().len(), 2, "ours is not to be read yet");
}
