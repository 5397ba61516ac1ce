//! Looking again: there, changed, moved, gone, approved.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::discourse::fake::{answer, forum, on, post, refusal, topic};
use guichet_model::{Again, Publication, Session};
use serde_json::json;

const TEXT: &str = "Jeudi à 18 h 30, comme d’habitude.";

fn list(names: &[&str]) -> Vec<RemoteId> {
    names.iter().map(|name| RemoteId::new(*name)).collect()
}

#[tokio::test]
async fn a_topic_is_asked_once_and_only_its_word_makes_a_post_gone() {
    let (server, account) = forum().await;
    let mut told = topic(9, "librairie", false, vec![post(9, 2, "lea", None, 900, "Un")]);
    told["post_stream"]["stream"] = json!([901, 902, 940]);
    on(&server, "GET", "/t/9/1.json", answer(told)).await;
    let mut edited = post(9, 40, "tom", None, 90, "Deux, corrigé");
    edited["version"] = 2.into();
    edited["updated_at"] = "2026-09-30T14:13:00.000Z".into();
    on(&server, "GET", "/t/9/posts.json", answer(json!({ "post_stream": { "posts": [edited] } }))).await;
    on(&server, "GET", "/posts/950.json", refusal(404, "not_found")).await;
    // A moderator moved it to another topic, where it kept its number.
    on(&server, "GET", "/posts/951.json", answer(post(8, 3, "lea", None, 90, "Ailleurs"))).await;
    let page = account.look(&list(&["post:9.902", "topic:9"])).await.unwrap();
    let page2 = account.look(&list(&["post:9.940", "post:9.950", "post:9.951"])).await.unwrap();
    assert_eq!((page.gone, page2.gone), (vec![], list(&["post:9.950"])));
    let mut names: Vec<_> = page.items.iter().chain(&page2.items).map(|item| item.remote.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["post:9.902", "post:9.940", "post:9.951", "topic:9"]);
    let changed = page2.items.iter().find(|item| item.remote.as_str() == "post:9.940").unwrap();
    assert!(changed.edited_at.is_some());
    assert_eq!(server.received_requests().await.unwrap().len(), 4);
}

/// Twenty in eight topics were more than a forum allows in a minute: nothing of them was ever kept.
#[tokio::test]
async fn a_look_ends_within_what_a_forum_allows_and_keeps_what_it_learnt() {
    let (server, account) = forum().await;
    for id in 1..=3 {
        let told = topic(id, "librairie", false, vec![post(id, 2, "lea", None, 900, "Un")]);
        on(&server, "GET", &format!("/t/{id}/1.json"), answer(told)).await;
        on(&server, "GET", &format!("/posts/{}.json", id * 100 + 3), refusal(403, "invalid_access")).await;
    }
    on(&server, "GET", "/session/current.json", answer(json!({ "current_user": { "username": "librairie" } }))).await;
    assert_eq!(account.again().unwrap().most(), 3);
    // A refused one costs another question: the third topic is left for another time.
    let page = account.look(&list(&["post:1.103", "post:2.203", "post:3.303"])).await.unwrap();
    let topics = page.items.iter().filter(|item| item.remote.as_str().starts_with("topic")).count();
    assert_eq!((topics, page.unreadable.len()), (3, 1), "nothing counts as missed");
    let before = server.received_requests().await.unwrap().len();
    assert!(matches!(account.look(&list(&["post:1.102"])).await, Err(Fault::Later { .. })));
    assert_eq!(server.received_requests().await.unwrap().len(), before, "without room nothing is begun");
}

#[tokio::test]
async fn one_taken_back_by_its_author_is_gone() {
    let (server, account) = forum().await;
    let mut back = post(9, 2, "lea", None, 900, "(message supprimé par son auteur)");
    back["user_deleted"] = true.into();
    on(&server, "GET", "/t/9/1.json", answer(topic(9, "librairie", false, vec![back.clone()]))).await;
    on(&server, "GET", "/t/9/posts.json", answer(json!({ "post_stream": { "posts": [back] } }))).await;
    let page = account.look(&list(&["post:9.902"])).await.unwrap();
    assert_eq!((page.gone, page.items.iter().filter(|item| item.post.is_some()).count()), (list(&["post:9.902"]), 0));
}

#[tokio::test]
async fn what_waited_is_pending_then_itself() {
    let (server, account) = forum().await;
    let name = queued_name(9, TEXT);
    let mut told = topic(9, "lea", false, vec![]);
    told["pending_posts"] = json!([{ "id": 4, "raw": TEXT, "created_at": "2026-09-30T14:13:00.000Z" }]);
    {
        let here = wiremock::Mock::given(wiremock::matchers::path("/t/9/999999.json")).respond_with(answer(told));
        let _waits = here.mount_as_scoped(&server).await;
        let page = account.look(std::slice::from_ref(&name)).await.unwrap();
        let item = page.items.iter().find(|item| item.remote == name).unwrap();
        assert_eq!(item.publication, Publication::Pending);
    }
    let posted = topic(9, "lea", false, vec![post(9, 5, "librairie", Some(2), 10, TEXT)]);
    on(&server, "GET", "/t/9/999999.json", answer(posted)).await;
    let page = account.look(std::slice::from_ref(&name)).await.unwrap();
    let item = page.items.iter().find(|item| item.remote == post_name(9, 905)).unwrap();
    assert_eq!(item.publication, Publication::Published);
    assert!(item.aliases.iter().any(|alias| alias.scope == "id" && alias.name == name.as_str()));
    assert!(page.gone.is_empty());
}
