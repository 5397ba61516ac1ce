//! The simulated Bluesky's private messages, its limits, and what goes wrong by command.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod stage;

use guichet_rehearsal::{Effect, FaultRule, Posted, Say, Speaker, Visibility};
use reqwest::Method;
use serde_json::{Value, json};
use stage::ciel::{CHAT, Ciel, POST, ciel, post, read, refused, told};
use stage::{quiet, start};
use std::time::Duration;

const CONVO: &str = "chat.bsky.convo.";

fn odile() -> Speaker {
    Speaker::new("odile-ferrand.ouvert.test", "Odile Ferrand")
}

async fn convos(inn: &Ciel, query: &str) -> Vec<Value> {
    inn.get(&format!("{CONVO}listConvos{query}")).await["convos"].as_array().unwrap().clone()
}

async fn texts(inn: &Ciel, convo: &Value) -> Vec<String> {
    let told = inn.get(&format!("{CONVO}getMessages?convoId={}", convo["id"].as_str().unwrap())).await;
    let text = |one: &Value| one["text"].as_str().unwrap_or("(gone)").to_owned();
    told["messages"].as_array().unwrap().iter().map(text).collect()
}

#[tokio::test]
async fn the_chat_is_behind_a_door_of_its_own() {
    let rehearsal = quiet("ciels").await;
    let (inn, terrace) = (ciel(&rehearsal, "auberge").await, ciel(&rehearsal, "terrasse").await);
    let list = format!("{CONVO}listConvos");
    let bad = (400, "InvalidToken".to_owned(), "Bad token method".to_owned());
    assert_eq!(refused(terrace.ask(Method::GET, &list)).await, bad);
    let token = inn.session["accessJwt"].as_str().unwrap();
    let straight = inn.plain(Method::GET, &list).bearer_auth(token);
    assert_eq!(refused(straight.try_clone().unwrap()).await.0, 501);
    for (header, why) in [
        ("nope", "no service id specified in proxy header"),
        ("did:web:nobody.invalid#bsky_chat", "could not resolve proxy did"),
        ("did:web:api.bsky.chat#chat", "could not resolve proxy did service url"),
    ] {
        let request = straight.try_clone().unwrap().header(CHAT.0, header);
        assert_eq!(refused(request).await, (400, "InvalidRequest".to_owned(), why.to_owned()));
    }
    let view = straight.header(CHAT.0, "did:web:api.bsky.app#bsky_appview");
    assert_eq!(refused(view).await.0, 501, "the AppView has no messages");
    let wrong = inn.ask(Method::GET, "app.bsky.notification.getUnreadCount").header(CHAT.0, CHAT.1);
    assert_eq!(refused(wrong).await.0, 501, "the chat has no notifications");
}

#[tokio::test]
async fn an_exchange_is_asked_for_and_accepted() {
    let rehearsal = quiet("ciels").await;
    let inn = ciel(&rehearsal, "auberge").await;
    let convo = convos(&inn, "?status=request").await[0].clone();
    assert_eq!((&convo["unreadCount"], &convo["status"]), (&json!(1), &json!("request")));
    assert_eq!(convo["lastMessage"]["text"], "Une table pour six, vendredi\u{a0}?");
    assert!(convos(&inn, "?status=accepted").await.is_empty());
    let start = inn.get(&format!("{CONVO}getLog")).await;
    assert_eq!(start["logs"], json!([]), "from now on");
    let since = async |cursor: &Value| inn.get(&format!("{CONVO}getLog?cursor={}", cursor.as_str().unwrap())).await;

    let id = json!({"convoId": convo["id"]});
    assert!(inn.post(&format!("{CONVO}acceptConvo"), id.clone()).await["rev"].is_string());
    assert_eq!(inn.post(&format!("{CONVO}acceptConvo"), id.clone()).await, json!({}));
    inn.post(&format!("{CONVO}updateRead"), id).await;
    assert!(convos(&inn, "?readState=unread").await.is_empty());
    let body = json!({"convoId": convo["id"], "message": {"text": "Avec plaisir."}});
    let sent = inn.post(&format!("{CONVO}sendMessage"), body.clone()).await;
    assert_eq!(
        (&sent["sender"]["did"], &sent["$type"]),
        (&json!(inn.did()), &json!("chat.bsky.convo.defs#messageView"))
    );
    let said = rehearsal.say(Say::reply(odile(), convo["id"].as_str().unwrap(), None, "À vendredi !")).unwrap();
    assert_eq!(texts(&inn, &convo).await, ["À vendredi !", "Avec plaisir.", "Une table pour six, vendredi\u{a0}?"]);
    let logs = since(&start["cursor"]).await;
    let kinds: Vec<&str> = logs["logs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["$type"].as_str().unwrap().split('#').nth(1).unwrap())
        .collect();
    assert_eq!(kinds, ["logAcceptConvo", "logReadConvo", "logCreateMessage", "logCreateMessage"]);
    assert_eq!(since(&logs["cursor"]).await["logs"], json!([]));
    // Sent again, it is there again: nothing here knows a copy.
    inn.post(&format!("{CONVO}sendMessage"), body).await;
    let ours: Vec<Posted> = rehearsal.posted();
    assert_eq!(ours.len(), 2);
    assert!(
        ours.iter().all(|one| one.visibility == Visibility::Direct && convo["id"] == one.in_reply_to.clone().unwrap())
    );
    let sign = json!({"convoId": convo["id"], "messageId": said, "value": "💙"});
    for _ in 0..2 {
        let told = inn.post(&format!("{CONVO}addReaction"), sign.clone()).await;
        assert_eq!(
            (told["message"]["reactions"].as_array().unwrap().len(), &told["message"]["reactions"][0]["value"]),
            (1, &json!("💙"))
        );
    }
    let told = inn.post(&format!("{CONVO}removeReaction"), sign.clone()).await;
    assert!(told["message"].get("reactions").is_none());
    let mut letters = sign;
    letters["value"] = "ok".into();
    assert_eq!(refused(inn.posting(&format!("{CONVO}addReaction"), &letters)).await.0, 400);
    let gone = json!({"convoId": convo["id"], "messageId": said});
    assert_eq!(
        inn.post(&format!("{CONVO}deleteMessageForSelf"), gone).await["$type"],
        "chat.bsky.convo.defs#deletedMessageView"
    );
    assert_eq!(texts(&inn, &convo).await[1], "(gone)");

    let send = |message: Value| {
        inn.posting(&format!("{CONVO}sendMessage"), &json!({"convoId": convo["id"], "message": message}))
    };
    assert_eq!(refused(send(json!({}))).await.1, "InvalidRequest");
    assert_eq!(refused(send(json!({"text": "x".repeat(1001)}))).await.1, "InvalidRequest");
    let nowhere = inn.posting(&format!("{CONVO}sendMessage"), &json!({"convoId": "x", "message": {"text": "x"}}));
    assert_eq!(refused(nowhere).await, (400, "InvalidConvo".to_owned(), "Convo not found".to_owned()));
}

#[tokio::test]
async fn whom_one_may_write_to() {
    let rehearsal = quiet("ciels").await;
    let inn = ciel(&rehearsal, "auberge").await;
    let did = async |handle: &str| {
        inn.get(&format!("app.bsky.actor.getProfile?actor={handle}")).await["did"].as_str().unwrap().to_owned()
    };
    let (basile, closed) = (did("basile.ouvert.test").await, did("porte-close.ouvert.test").await);
    let may = async |did: &str| inn.get(&format!("{CONVO}getConvoAvailability?members={did}")).await["canChat"].clone();
    assert_eq!((may(&basile).await, may(&closed).await), (json!(true), json!(false)));
    let open = |did: &str| inn.ask(Method::GET, &format!("{CONVO}getConvoForMembers?members={did}"));
    assert_eq!(refused(open(&closed)).await.1, "MessagesDisabled");
    assert_eq!(refused(open("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa")).await.1, "RecipientNotFound");
    let (status, first) = told(open(&basile)).await;
    assert_eq!((status, told(open(&basile)).await.1["convo"]["id"].clone()), (200, first["convo"]["id"].clone()));
    let block = json!({"$type": "app.bsky.graph.block", "subject": basile, "createdAt": "2026-11-21T22:01:06.741Z"});
    assert_eq!(told(inn.creating("app.bsky.graph.block", &block, None)).await.0, 200);
    assert_eq!(refused(open(&basile)).await.1, "BlockedActor");
}

#[tokio::test]
async fn something_is_reported() {
    let rehearsal = quiet("ciels").await;
    let inn = ciel(&rehearsal, "auberge").await;
    let place = inn.saying("La courge est un légume").await;
    let mut subject = place.clone();
    subject["$type"] = "com.atproto.repo.strongRef".into();
    let reason = "com.atproto.moderation.defs#reasonSpam";
    let report = |body: Value| inn.posting("com.atproto.moderation.createReport", &body);
    let (status, said) = told(report(json!({"reasonType": reason, "subject": subject, "reason": "faux"}))).await;
    assert_eq!((status, &said["reportedBy"], &said["reasonType"]), (200, &json!(inn.did()), &json!(reason)));
    let labeler = "did:plc:ar7c4by46qjdydhdevvrndac#atproto_labeler";
    let through = report(json!({"reasonType": reason, "subject": subject})).header(CHAT.0, labeler);
    assert_eq!(told(through).await.0, 200);
    assert_eq!(
        refused(report(json!({"reasonType": reason, "subject": place}))).await.0,
        400,
        "a subject says its kind"
    );
    assert_eq!(refused(report(json!({"reasonType": "spam", "subject": subject}))).await.0, 400);
}

#[tokio::test]
async fn limits_are_told_and_kept() {
    let rehearsal = quiet("ciels").await;
    let inn = ciel(&rehearsal, "auberge").await;
    let answer = inn.ask(Method::GET, "app.bsky.notification.getUnreadCount").send().await.unwrap();
    assert_eq!(
        (&answer.headers()["ratelimit-limit"], &answer.headers()["ratelimit-policy"]),
        (&"3000".parse().unwrap(), &"3000;w=300".parse().unwrap())
    );
    assert_eq!(answer.headers()["ratelimit-reset"].to_str().unwrap().len(), 10, "seconds since 1970");
    rehearsal.limits(1000, 2);
    for _ in 0..2 {
        assert_eq!(told(inn.creating(POST, &post("encore"), None)).await.0, 200);
    }
    let over = inn.creating(POST, &post("trop"), None).send().await.unwrap();
    assert_eq!(over.headers()["ratelimit-remaining"], "0");
    assert!(over.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() <= 3600);
    assert_eq!(read(over).await, (429, json!({"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"})));
    assert_eq!(rehearsal.posted().len(), 2);
    let wrong = json!({"identifier": inn.card.handle, "password": "faux"});
    let mut last = 0;
    for _ in 0..31 {
        last = told(inn.plain(Method::POST, "com.atproto.server.createSession").json(&wrong)).await.0;
    }
    assert_eq!(last, 429, "thirty sign-ins in five minutes");
}

#[tokio::test]
async fn what_goes_wrong_by_command() {
    let rehearsal = quiet("ciels").await;
    let inn = ciel(&rehearsal, "auberge").await;
    let create = "=/xrpc/com.atproto.repo.createRecord";
    let fault = |effect: Effect| rehearsal.fault(FaultRule::on("POST", create, effect).once());
    let publish = |text: &str| inn.creating(POST, &post(text), None).send();
    for (effect, status, error) in [
        (Effect::TokenExpired, 400, "ExpiredToken"),
        (Effect::RateLimited { after_s: 30 }, 429, "RateLimitExceeded"),
        (Effect::Status { code: 502, body: String::new(), headers: Vec::new() }, 502, "UpstreamFailure"),
    ] {
        fault(effect);
        let (code, body) = read(publish("rien").await.unwrap()).await;
        assert_eq!((code, body["error"].as_str()), (status, Some(error)));
    }
    fault(Effect::CutBefore);
    assert!(publish("avant").await.is_err() && rehearsal.posted().is_empty());
    fault(Effect::CutAfter);
    assert!(publish("après").await.is_err());
    fault(Effect::AppliedLate { after_ms: 100 });
    assert!(publish("tard").await.is_err());
    while rehearsal.late() > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let said: Vec<String> = rehearsal.posted().into_iter().map(|one| one.text).collect();
    assert_eq!(said, ["après", "tard"]);

    // The AppView lags; what one's own server keeps does not, nor do one's own words in a thread.
    rehearsal.fault(FaultRule::on("GET", "", Effect::ReadsLag { ms: 600_000 }));
    let uri = rehearsal.posted()[0].id.clone();
    let key = uri.rsplit('/').next().unwrap().to_owned();
    assert_eq!(inn.get(&format!("app.bsky.feed.getPosts?uris={uri}")).await["posts"], json!([]));
    assert_eq!(
        inn.get(&format!("com.atproto.repo.getRecord?repo={}&collection={POST}&rkey={key}", inn.did())).await["uri"],
        uri
    );
    assert_eq!(inn.get(&format!("app.bsky.feed.getPostThread?uri={uri}")).await["thread"]["post"]["uri"], uri);
    rehearsal.say(Say::mention(odile(), "auberge", "pas encore")).unwrap();
    assert!(!inn.notices("").await.iter().any(|(_, text)| text.contains("pas encore")));
    rehearsal.clear_faults();
    assert!(inn.notices("").await.iter().any(|(_, text)| text.contains("pas encore")));
}

#[tokio::test]
async fn an_evening_arrives() {
    let rehearsal = start("soirée", 20_000.0).await;
    let theatre = ciel(&rehearsal, "theatre-quai-vert").await;
    for _ in 0..200 {
        if theatre
            .notices("")
            .await
            .iter()
            .any(|(_, text)| text.contains("où est-ce qu’on se range") || text.contains("Gants achetés"))
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let notices = theatre.notices("").await;
    let reasons = |reason: &str| notices.iter().filter(|(known, _)| known == reason).count();
    assert!(reasons("quote") == 2 && reasons("mention") == 1 && reasons("like") == 1, "{notices:?}");
    assert!(notices.iter().any(|(_, text)| text.contains("le sol qui insiste")), "rewritten");
    let asked = convos(&theatre, "?status=request").await;
    assert_eq!(asked.len(), 2);
    assert!(texts(&theatre, &asked[0]).await.len() == 2 && texts(&theatre, &asked[1]).await.len() == 2);
}
