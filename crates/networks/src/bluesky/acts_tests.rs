//! Likes, mutes, blocks and reports, and that each can be asked for twice.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::bluesky::fake::{self, *};
use guichet_model::Session;
use wiremock::MockServer;

const CREATE: &str = "com.atproto.repo.createRecord";
const DELETE: &str = "com.atproto.repo.deleteRecord";
const LIST: &str = "com.atproto.repo.listRecords";
const GET: &str = "com.atproto.repo.getRecord";

async fn sent(server: &MockServer, nsid: &str) -> Vec<Value> {
    asked(server, nsid).await.iter().map(|request| request.body_json().unwrap()).collect()
}

fn like_of(uri: &str) -> Value {
    json!({ "uri": format!("at://{ME}/{LIKE}/3k"), "cid": "x", "value": { "$type": LIKE, "subject": { "uri": uri } } })
}

#[tokio::test]
async fn a_like_is_a_record_of_one_version_and_is_made_once() {
    let (server, account) = fake::server().await;
    let mut liked = post(LEA, "liked", 50, "Oui");
    liked["viewer"]["like"] = format!("at://{ME}/{LIKE}/3j").into();
    shows(&server, vec![post(LEA, "new", 60, "Bravo"), liked]).await;
    says(&server, GET, json!({ "uri": "x", "cid": "y", "value": { "$type": LIKE } })).await;
    says(&server, CREATE, json!({ "uri": "x", "cid": "y" })).await;
    says(&server, DELETE, json!({})).await;
    says(&server, LIST, json!({ "records": [like_of(&uri(LEA, "new"))] })).await;
    let like = async |key: &str, on: bool| account.reactions().unwrap().like(&RemoteId(uri(LEA, key)), on).await;
    like("new", true).await.unwrap();
    like("liked", true).await.unwrap();
    let created = sent(&server, CREATE).await;
    assert_eq!(created.len(), 1, "one that is there is not made again");
    assert_eq!(created[0]["collection"], LIKE);
    assert_eq!(created[0]["record"]["subject"], json!({ "uri": uri(LEA, "new"), "cid": "cid-new" }));
    like("liked", false).await.unwrap();
    like("new", false).await.unwrap();
    let deleted: Vec<_> = sent(&server, DELETE).await.iter().map(|body| body["rkey"].clone()).collect();
    assert_eq!(deleted, ["3j", "3k"], "the second one was not shown yet");
    assert_eq!(code_of(&like("gone", true).await.unwrap_err()), Some(RefusalCode::Gone));
}

#[tokio::test]
async fn a_like_that_is_shown_and_no_longer_there_is_made_again() {
    let (server, account) = fake::server().await;
    let mut liked = post(LEA, "liked", 50, "Oui");
    liked["viewer"]["like"] = format!("at://{ME}/{LIKE}/3j").into();
    shows(&server, vec![liked]).await;
    on(GET).respond_with(refusal(400, "RecordNotFound", "x")).mount(&server).await;
    says(&server, CREATE, json!({ "uri": "x", "cid": "y" })).await;
    account.reactions().unwrap().like(&RemoteId(uri(LEA, "liked")), true).await.unwrap();
    assert_eq!(sent(&server, CREATE).await.len(), 1);
}

#[tokio::test]
async fn a_private_message_is_liked_by_a_heart() {
    let (server, account) = fake::server().await;
    says(&server, "chat.bsky.convo.addReaction", json!({ "message": {} })).await;
    says(&server, "chat.bsky.convo.removeReaction", json!({ "message": {} })).await;
    for on in [true, false] {
        account.reactions().unwrap().like(&RemoteId::new("chat:c1/m1"), on).await.unwrap();
    }
    let sent = sent(&server, "chat.bsky.convo.addReaction").await;
    assert_eq!(sent, [json!({ "convoId": "c1", "messageId": "m1", "value": HEART })]);
    assert!(account.reactions().unwrap().like(&RemoteId::new("chat:c1"), true).await.is_err());
}

#[tokio::test]
async fn people_are_muted_in_private_and_blocked_in_public_once() {
    let (server, account) = fake::server().await;
    for nsid in ["app.bsky.graph.muteActor", "app.bsky.graph.unmuteActor"] {
        on(nsid).respond_with(fake::at_our_time(wiremock::ResponseTemplate::new(200))).mount(&server).await;
    }
    says(&server, "app.bsky.actor.getProfile", person(LEA)).await;
    let block = json!({ "uri": format!("at://{ME}/{BLOCK}/3b"), "cid": "x", "value": { "subject": LEA } });
    asks(LIST).respond_with(fake::answer(json!({ "records": [] }))).up_to_n_times(1).mount(&server).await;
    says(&server, LIST, json!({ "records": [block] })).await;
    says(&server, CREATE, json!({ "uri": "x", "cid": "y" })).await;
    says(&server, DELETE, json!({})).await;
    let (who, moderation) = (RemoteId::new(LEA), account.moderation().unwrap());
    moderation.mute(&who, true).await.unwrap();
    moderation.mute(&who, false).await.unwrap();
    assert_eq!(sent(&server, "app.bsky.graph.muteActor").await, [json!({ "actor": LEA })]);
    moderation.block(&who, true).await.unwrap();
    moderation.block(&who, true).await.unwrap();
    let created = sent(&server, CREATE).await;
    assert_eq!(created.len(), 1);
    assert_eq!((&created[0]["collection"], &created[0]["record"]["subject"]), (&json!(BLOCK), &json!(LEA)));
    moderation.block(&who, false).await.unwrap();
    assert_eq!(sent(&server, DELETE).await[0]["rkey"], "3b");
    assert!(moderation.mute(&RemoteId::new("lea.test"), true).await.is_err());
}

#[tokio::test]
async fn reports_go_to_the_moderators_service_one_a_post() {
    let (server, account) = fake::server().await;
    shows(&server, vec![post(LEA, "a", 5, "x"), post(LEA, "b", 5, "y")]).await;
    let create = "com.atproto.moderation.createReport";
    says(&server, create, json!({ "id": 1 })).await;
    let report = |items: Vec<RemoteId>, comment: &str| Report {
        person: RemoteId::new(LEA),
        items,
        category: ReportCategory::Spam,
        comment: comment.into(),
        forward: true,
    };
    let moderation = account.moderation().unwrap();
    moderation.report(&report(vec![RemoteId(uri(LEA, "a")), RemoteId(uri(LEA, "b"))], "Publicité")).await.unwrap();
    moderation.report(&report(vec![RemoteId::new("chat:c1/m1")], "")).await.unwrap();
    let bodies = sent(&server, create).await;
    assert_eq!(bodies.len(), 3);
    assert_eq!(bodies[0]["reasonType"], "com.atproto.moderation.defs#reasonSpam");
    let strong = json!({ "$type": "com.atproto.repo.strongRef", "uri": uri(LEA, "a"), "cid": "cid-a" });
    assert_eq!((&bodies[0]["subject"], &bodies[0]["reason"]), (&strong, &json!("Publicité")));
    assert_eq!(bodies[2]["subject"], json!({ "$type": "com.atproto.admin.defs#repoRef", "did": LEA }));
    assert!(bodies[2].get("reason").is_none());
    let request = asked(&server, create).await.remove(0);
    assert_eq!(request.headers["atproto-proxy"], "did:plc:ar7c4by46qjdydhdevvrndac#atproto_labeler");
    let long = moderation.report(&report(vec![], &"é".repeat(1_001))).await.unwrap_err();
    assert_eq!(code_of(&long), Some(RefusalCode::TooLong));
}

#[tokio::test]
async fn only_our_own_records_are_ever_taken_away() {
    let (server, account) = fake::server().await;
    says(&server, DELETE, json!({})).await;
    let own = account.own().unwrap();
    own.delete(&RemoteId(uri(ME, "mine"))).await.unwrap();
    assert_eq!(
        sent(&server, DELETE).await,
        [json!({ "repo": ME, "collection": "app.bsky.feed.post", "rkey": "mine" })]
    );
    assert_eq!(code_of(&own.delete(&RemoteId(uri(LEA, "hers"))).await.unwrap_err()), Some(RefusalCode::Forbidden));
    assert_eq!(code_of(&own.delete(&RemoteId::new("chat:c1/m1")).await.unwrap_err()), Some(RefusalCode::NotOffered));
    assert_eq!(code_of(&own.edit(&RemoteId(uri(ME, "mine")), "x").await.unwrap_err()), Some(RefusalCode::NotOffered));
    assert_eq!(sent(&server, DELETE).await.len(), 1);
}
