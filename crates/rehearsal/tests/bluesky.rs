//! The simulated Bluesky as a plain client sees it: sign-in, records and their refusals, notifications, threads, pictures.
//! The words of the refusals are those of the reference server, asked the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod stage;

use guichet_rehearsal::{Say, Speaker};
use reqwest::Method;
use serde_json::{Value, json};
use stage::ciel::{Ciel, POST, answer, ciel, post, refused, told};
use stage::quiet;

const CREATE: &str = "com.atproto.repo.createRecord";
const PUT: &str = "com.atproto.repo.putRecord";
const KEY: &str = "3lpe5oldeev2w";

fn invalid(why: &str) -> (u16, String, String) {
    (400, "InvalidRequest".into(), why.into())
}

fn named(status: u16, error: &str, message: &str) -> (u16, String, String) {
    (status, error.into(), message.into())
}

#[tokio::test]
async fn somebody_is_found_and_signs_in() {
    let rehearsal = quiet("ciels").await;
    let inn = ciel(&rehearsal, "auberge").await;
    assert_eq!(inn.session["handle"], "auberge.ouvert.test");
    assert_eq!(inn.session["didDoc"]["service"][0]["serviceEndpoint"], inn.card.server.as_str());
    let found = inn.plain(Method::GET, "com.atproto.identity.resolveHandle?handle=AUBERGE.ouvert.test");
    assert_eq!(told(found).await, (200, json!({"did": inn.did()})));
    let nobody = inn.plain(Method::GET, "com.atproto.identity.resolveHandle?handle=cave.voisin.test");
    assert_eq!(refused(nobody).await, named(400, "HandleNotFound", "Unable to resolve handle"));
    let page = inn.http.get(format!("{}/.well-known/atproto-did", inn.card.server)).header("host", &inn.card.handle);
    assert_eq!(page.send().await.unwrap().text().await.unwrap(), inn.did());
    let document: Value = told(inn.http.get(format!("{}/{}", inn.card.server, inn.did()))).await.1;
    assert_eq!(document["alsoKnownAs"], json!(["at://auberge.ouvert.test"]));
    assert_eq!(told(inn.http.get(format!("{}/did:plc:aaaa", inn.card.server))).await.0, 404);

    let enter = |body: Value| inn.plain(Method::POST, "com.atproto.server.createSession").json(&body);
    let wrong = named(401, "AuthenticationRequired", "Invalid identifier or password");
    assert_eq!(refused(enter(json!({"identifier": inn.card.handle, "password": "faux"}))).await, wrong);
    assert_eq!(refused(enter(json!({"identifier": "x.test", "password": inn.card.token}))).await, wrong);
    let nothing = enter(json!({"identifier": inn.card.handle}));
    assert_eq!(refused(nothing).await, invalid("Missing required key \"password\" at $"));
}

#[tokio::test]
async fn a_refresh_token_is_good_once() {
    let rehearsal = quiet("ciels").await;
    let inn = ciel(&rehearsal, "auberge").await;
    let (access, refresh) = (inn.session["accessJwt"].as_str().unwrap(), inn.session["refreshJwt"].as_str().unwrap());
    let renew = |token: &str| inn.plain(Method::POST, "com.atproto.server.refreshSession").bearer_auth(token);
    let unverified = named(400, "InvalidToken", "Token could not be verified");
    assert_eq!(refused(renew(access)).await, unverified);
    assert_eq!(refused(inn.plain(Method::GET, "com.atproto.server.getSession").bearer_auth(refresh)).await, unverified);
    let body = renew(refresh).json(&json!({}));
    assert_eq!(refused(body).await, invalid("A request body was provided when none was expected"));
    let (status, renewed) = told(renew(refresh)).await;
    assert_eq!(status, 200);
    assert!(renewed["refreshJwt"] != inn.session["refreshJwt"] && renewed["accessJwt"] != inn.session["accessJwt"]);
    assert_eq!(refused(renew(refresh)).await, named(400, "ExpiredToken", "Token has been revoked"));
    // What was given before lives on to its end.
    assert_eq!(inn.get("com.atproto.server.getSession").await["did"], inn.did());
    let nobody = inn.plain(Method::GET, "app.bsky.notification.getUnreadCount");
    assert_eq!(refused(nobody).await, named(401, "AuthMissing", "Authentication Required"));
    let unknown = inn.ask(Method::GET, "app.bsky.nope.nope");
    assert_eq!(refused(unknown).await, named(501, "MethodNotImplemented", "Method Not Implemented"));
    let verb = inn.ask(Method::GET, CREATE);
    assert_eq!(refused(verb).await, invalid("Incorrect HTTP method (GET) expected POST"));
}

#[tokio::test]
async fn records_are_checked_as_the_lexicons_want() {
    let rehearsal = quiet("ciels").await;
    let inn = ciel(&rehearsal, "auberge").await;
    let with = |name: &str, value: Value| {
        let mut record = post("bonjour");
        record[name] = value;
        record
    };
    let place = inn.saying("carte d’automne").await;
    let cases = [
        (with("text", "x".repeat(301).into()), "grapheme too big (maximum 300, got 301) at $.record.text"),
        (with("text", "👨‍👩‍👧‍👦".repeat(125).into()), "string too big (maximum 3000, got 3125) at $.record.text"),
        (json!({"$type": POST, "text": "x"}), "Missing required key \"createdAt\" at $.record"),
        (with("createdAt", "hier".into()), "Invalid datetime (got \"hier\") at $.record.createdAt"),
        (with("langs", json!(["fr", "en", "de", "it"])), "array too big (maximum 3, got 4) at $.record.langs"),
        (with("langs", json!(["français"])), "Invalid language (got \"français\") at $.record.langs[0]"),
        (
            with("reply", json!({"root": {"uri": place["uri"]}, "parent": place})),
            "Missing required key \"cid\" at $.record.reply.root",
        ),
        (
            with("reply", json!({"root": {"uri": "x", "cid": place["cid"]}, "parent": place})),
            "Invalid at-uri (got \"x\") at $.record.reply.root.uri",
        ),
        (
            with("reply", json!({"root": place, "parent": {"uri": place["uri"], "cid": "abc"}})),
            "Invalid CID string (got \"abc\") at $.record.reply.parent.cid",
        ),
        (
            with("facets", json!([{"index": {"byteStart": 0}, "features": []}])),
            "Missing required key \"byteEnd\" at $.record.facets[0].index",
        ),
        (
            with(
                "facets",
                json!([{"index": {"byteStart": 0, "byteEnd": 4},
                    "features": [{"$type": "app.bsky.richtext.facet#mention", "did": "basile.test"}]}]),
            ),
            "Invalid DID (got \"basile.test\") at $.record.facets[0].features[0].did",
        ),
    ];
    for (record, why) in cases {
        let why = format!("Invalid app.bsky.feed.post record: {why}");
        assert_eq!(refused(inn.creating(POST, &record, None)).await, invalid(&why));
    }
    let wrong = with("$type", "app.bsky.feed.like".into());
    let why = "Invalid $type: expected app.bsky.feed.post, got app.bsky.feed.like";
    assert_eq!(refused(inn.creating(POST, &wrong, None)).await, invalid(why));
    let why = "Invalid record key for app.bsky.feed.post: Invalid TID string (got \"abc\") at $";
    assert_eq!(refused(inn.creating(POST, &post("x"), Some("abc"))).await, invalid(why));
    assert_eq!(refused(inn.creating(POST, &with("x", json!(1.5)), None)).await.0, 400);
    let elsewhere = json!({"repo": "odile-ferrand.ouvert.test", "collection": POST, "record": post("x")});
    let mine = named(401, "AuthenticationRequired", "Authentication Required");
    assert_eq!(refused(inn.posting(CREATE, &elsewhere)).await, mine);
    let plain = inn.ask(Method::POST, CREATE).header("content-type", "text/plain").body("{}");
    assert_eq!(refused(plain).await, invalid("Wrong request encoding (Content-Type): text/plain"));
    assert!(rehearsal.posted().is_empty());
}

#[tokio::test]
async fn a_key_is_taken_once() {
    let rehearsal = quiet("ciels").await;
    let inn = ciel(&rehearsal, "auberge").await;
    let at =
        |collection: &str| format!("com.atproto.repo.getRecord?repo={}&collection={collection}&rkey={KEY}", inn.did());
    let missing = refused(inn.plain(Method::GET, &at(POST))).await;
    assert_eq!((missing.0, missing.1.as_str()), (400, "RecordNotFound"));
    let (status, made) = told(inn.creating(POST, &post("bonjour"), Some(KEY))).await;
    assert_eq!((status, &made["validationStatus"]), (200, &json!("valid")));
    assert_eq!(made["cid"], "bafyreidn2gwjlnsm5ydfhoctwdczsf6oixkl234qvb5fidl765dsbqfebu", "as the reference server");
    let again = refused(inn.creating(POST, &post("bonjour"), Some(KEY))).await;
    assert_eq!(again, named(500, "InternalServerError", "Internal Server Error"));
    assert_eq!(told(inn.plain(Method::GET, &at(POST))).await.1["value"], post("bonjour"));
    let put = |text: &str, swap: Option<Value>| {
        let mut body = json!({"repo": inn.did(), "collection": POST, "rkey": KEY, "record": post(text)});
        if let Some(swap) = swap {
            body["swapRecord"] = swap;
        }
        inn.posting(PUT, &body)
    };
    let (status, same) = told(put("bonjour", None)).await;
    assert!(status == 200 && same["commit"].is_null() && same["cid"] == made["cid"], "nothing happened: {same}");
    let why = format!("Record was at {}", made["cid"].as_str().unwrap());
    assert_eq!(refused(put("autre", Some(Value::Null))).await, named(400, "InvalidSwap", &why));
    assert_eq!(
        refused(put("autre", Some("zzz".into()))).await,
        invalid("Invalid CID string (got \"zzz\") at $.swapRecord")
    );
    let (status, other) = told(put("autre", Some(made["cid"].clone()))).await;
    assert!(status == 200 && other["uri"] == made["uri"] && other["cid"] != made["cid"]);
    let posted = rehearsal.posted();
    assert_eq!((posted.len(), posted[0].text.as_str(), posted[0].key.as_deref()), (1, "autre", Some(KEY)));
    let gone = json!({"repo": inn.did(), "collection": POST, "rkey": KEY});
    assert!(inn.post("com.atproto.repo.deleteRecord", gone.clone()).await["commit"]["rev"].is_string());
    assert_eq!(inn.post("com.atproto.repo.deleteRecord", gone).await, json!({}));
    assert!(rehearsal.posted().is_empty());
}

#[tokio::test]
async fn a_second_like_takes_the_place_of_the_first() {
    let rehearsal = quiet("ciels").await;
    let inn = ciel(&rehearsal, "auberge").await;
    let place = inn.saying("La courge est un légume").await;
    let like = json!({"$type": "app.bsky.feed.like", "subject": place, "createdAt": "2026-11-21T22:01:06.741Z"});
    for _ in 0..2 {
        assert_eq!(told(inn.creating("app.bsky.feed.like", &like, None)).await.0, 200);
    }
    let shown = async || {
        inn.get(&format!("app.bsky.feed.getPosts?uris={}", place["uri"].as_str().unwrap())).await["posts"][0].clone()
    };
    let post = shown().await;
    assert_eq!(post["likeCount"], 1);
    let mine = post["viewer"]["like"].as_str().unwrap();
    let key = mine.rsplit('/').next().unwrap();
    let back = json!({"repo": inn.did(), "collection": "app.bsky.feed.like", "rkey": key});
    inn.post("com.atproto.repo.deleteRecord", back).await;
    assert!(shown().await["viewer"]["like"].is_null());
}

#[tokio::test]
async fn notices_go_into_the_past() {
    let rehearsal = quiet("ciels").await;
    let inn = ciel(&rehearsal, "auberge").await;
    let all = inn.notices("").await;
    let reasons: Vec<&str> = all.iter().map(|(reason, _)| reason.as_str()).collect();
    assert_eq!(reasons, ["reply", "follow", "like", "quote", "mention", "reply", "reply", "reply"]);
    assert_eq!(inn.notices("&reasons=mention&reasons=quote").await.len(), 2);
    assert_eq!(inn.get("app.bsky.notification.getUnreadCount").await, json!({"count": 8}));
    let (mut seen, mut cursor) = (0, String::new());
    loop {
        let page = inn.get(&format!("app.bsky.notification.listNotifications?limit=3{cursor}")).await;
        seen += page["notifications"].as_array().unwrap().len();
        let Some(next) = page["cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, 8);
    let first = inn.get("app.bsky.notification.listNotifications?limit=1").await["notifications"][0].clone();
    assert_eq!((&first["isRead"], &first["labels"]), (&json!(false), &json!([])));
    assert!(first["reasonSubject"].as_str().unwrap().starts_with("at://did:plc:"));
    let until = json!({"seenAt": first["indexedAt"]});
    assert_eq!(inn.post("app.bsky.notification.updateSeen", until).await, Value::Null);
    assert_eq!(inn.get("app.bsky.notification.getUnreadCount").await, json!({"count": 0}));
    for (query, why) in [
        ("seenAt=2026-11-21T22:01:06.741Z", "The seenAt parameter is unsupported"),
        ("limit=0", "Invalid app.bsky.notification.listNotifications params: integer too small (minimum 1, got 0)"),
        ("limit=101", "Invalid app.bsky.notification.listNotifications params: integer too big (maximum 100, got 101)"),
    ] {
        let request = inn.ask(Method::GET, &format!("app.bsky.notification.listNotifications?{query}"));
        assert_eq!(refused(request).await, invalid(why));
    }
    let mute = json!({"actor": "basile.ouvert.test"});
    inn.post("app.bsky.graph.muteActor", mute.clone()).await;
    assert_eq!(inn.notices("").await.len(), 5);
    inn.post("app.bsky.graph.unmuteActor", mute).await;
    let basile = inn.get("app.bsky.actor.getProfile?actor=basile.ouvert.test").await["did"].clone();
    let block = json!({"$type": "app.bsky.graph.block", "subject": basile, "createdAt": "2026-11-21T22:01:06.741Z"});
    assert_eq!(told(inn.creating("app.bsky.graph.block", &block, None)).await.0, 200);
    assert_eq!(inn.notices("").await.len(), 5);
    let viewer = inn.get("app.bsky.actor.getProfile?actor=basile.ouvert.test").await["viewer"].clone();
    assert!(viewer["blocking"].is_string() && viewer["muted"] == false);
}

async fn thread(inn: &Ciel, place: &Value, query: &str) -> Value {
    inn.get(&format!("app.bsky.feed.getPostThread?uri={}{query}", place["uri"].as_str().unwrap())).await
}

#[tokio::test]
async fn a_thread_has_all_sides() {
    let rehearsal = quiet("ciels").await;
    let inn = ciel(&rehearsal, "auberge").await;
    let root = inn.saying("carte d’automne").await;
    let whole = thread(&inn, &root, "").await["thread"].clone();
    assert_eq!((whole["post"]["replyCount"].as_u64(), whole["post"]["likeCount"].as_u64()), (Some(3), Some(1)));
    let down = &whole["replies"][0]["replies"][0]["replies"][0];
    assert_eq!(down["post"]["record"]["text"], "Le jeudi, je travaille. Je compte sur la tarte.");
    assert!(thread(&inn, &root, "&depth=0").await["thread"].get("replies").is_none());
    let below = json!({"uri": down["post"]["uri"], "cid": down["post"]["cid"]});
    let up = thread(&inn, &below, "").await["thread"].clone();
    assert_eq!(up["parent"]["parent"]["parent"]["post"]["uri"], root["uri"]);
    assert!(thread(&inn, &below, "&parentHeight=0").await["thread"].get("parent").is_none());
    // Who names another root stands nowhere.
    let lost = inn.publish(&answer("nulle part", &below, &below)).await;
    assert!(!thread(&inn, &root, "").await.to_string().contains("nulle part"));
    let kept = inn.publish(&answer("à sa place", &root, &below)).await;
    assert!(thread(&inn, &root, "").await.to_string().contains("à sa place"));
    assert_eq!(rehearsal.posted().len(), 2);
    let of = |place: &Value| rehearsal.posted().into_iter().find(|one| place["uri"] == one.id).unwrap().in_reply_to;
    assert_eq!((of(&lost), of(&kept)), (Some(below["uri"].as_str().unwrap().to_owned()), of(&lost)));

    let said = rehearsal.say(Say::reply(
        Speaker::new("odile-ferrand.ouvert.test", ""),
        kept["uri"].as_str().unwrap(),
        None,
        "bien noté",
    ));
    assert!(inn.notices("").await.contains(&("reply".into(), "bien noté".into())));
    rehearsal.say(Say::Edit { status: said.clone().unwrap(), text: "bien noté !".into() }).unwrap();
    assert!(inn.notices("").await.contains(&("reply".into(), "bien noté !".into())));
    rehearsal.say(Say::Delete { status: said.clone().unwrap() }).unwrap();
    assert!(!inn.notices("").await.iter().any(|(_, text)| text.contains("bien noté")));
    let gone = inn.ask(Method::GET, &format!("app.bsky.feed.getPostThread?uri={}", said.clone().unwrap()));
    assert_eq!(refused(gone).await, named(400, "NotFound", &format!("Post not found: {}", said.unwrap())));
}

#[tokio::test]
async fn an_answer_is_hidden_in_ones_own_thread() {
    let rehearsal = quiet("ciels").await;
    let inn = ciel(&rehearsal, "auberge").await;
    let (root, wanted) = (inn.saying("carte d’automne").await, inn.saying("La courge est un légume").await);
    let key = root["uri"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let gate = "app.bsky.feed.threadgate";
    let record = json!({"$type": gate, "post": root["uri"], "createdAt": "2026-11-21T22:01:06.741Z", "hiddenReplies": [wanted["uri"]]});
    let body = json!({"repo": inn.did(), "collection": gate, "rkey": key, "record": record, "swapRecord": null});
    inn.post(PUT, body.clone()).await;
    let mut again = body.clone();
    again["record"]["hiddenReplies"] = json!([]);
    assert_eq!(refused(inn.posting(PUT, &again)).await.1, "InvalidSwap", "read before it is written");
    assert!(!inn.notices("").await.iter().any(|(_, text)| text.contains("légume")));
    let told = thread(&inn, &root, "").await;
    assert_eq!(told["threadgate"]["record"]["hiddenReplies"][0], wanted["uri"]);
    assert_eq!(told["thread"]["post"]["viewer"]["replyDisabled"], false, "whoever may answer, may");
    assert!(told.to_string().contains("légume"), "hidden by whoever shows it, not taken away");
    let mut many = body;
    many["record"]["hiddenReplies"] = vec![wanted["uri"].clone(); 301].into();
    let why = "Invalid app.bsky.feed.threadgate record: array too big (maximum 300, got 301) at $.record.hiddenReplies";
    assert_eq!(refused(inn.posting(PUT, &many)).await, invalid(why));
}

#[tokio::test]
async fn pictures_are_brought_then_shown() {
    let rehearsal = quiet("ciels").await;
    let inn = ciel(&rehearsal, "auberge").await;
    let feed = inn.get(&format!("app.bsky.feed.getAuthorFeed?actor={}", inn.did())).await;
    let card = feed["feed"].as_array().unwrap().iter().find(|item| item["post"]["embed"].is_object()).unwrap();
    let image = &card["post"]["embed"]["images"][0];
    assert_eq!(image["alt"], "Une courge entière sur une planche");
    let drawn = inn.http.get(image["thumb"].as_str().unwrap()).send().await.unwrap().bytes().await.unwrap();
    assert!(drawn.starts_with(b"\x89PNG"));
    let face = inn.http.get(card["post"]["author"]["avatar"].as_str().unwrap()).send().await.unwrap();
    assert!(face.bytes().await.unwrap().starts_with(b"\x89PNG"));

    let upload = "com.atproto.repo.uploadBlob";
    let request = inn.ask(Method::POST, upload).header("content-type", "image/jpeg").body(drawn.to_vec());
    let blob = told(request).await.1["blob"].clone();
    assert_eq!(
        (&blob["mimeType"], &blob["size"]),
        (&json!("image/png"), &json!(drawn.len())),
        "what the bytes are counts"
    );
    let mut record = post("voilà");
    record["embed"] = json!({"$type": "app.bsky.embed.images", "images": [{"alt": "la même", "image": blob}]});
    let place = inn.publish(&record).await;
    let uri = place["uri"].as_str().unwrap();
    let shown = inn.get(&format!("app.bsky.feed.getPosts?uris={uri}")).await["posts"][0]["embed"]["images"][0].clone();
    assert_eq!(inn.http.get(shown["fullsize"].as_str().unwrap()).send().await.unwrap().bytes().await.unwrap(), drawn);
    assert_eq!((rehearsal.uploads(), rehearsal.shown(uri)), (1, vec![drawn.to_vec()]));
    record["embed"]["images"][0]["image"]["ref"]["$link"] =
        json!("bafkreibsed6hqogm3kykhiq3lwcjqj24pk7gsmflxmcz5h63je43xkgc7u");
    assert_eq!(refused(inn.creating(POST, &record, None)).await.1, "BlobNotFound");
    record["embed"]["images"][0].as_object_mut().unwrap().remove("alt");
    assert_eq!(refused(inn.creating(POST, &record, None)).await.1, "InvalidRequest");
}
