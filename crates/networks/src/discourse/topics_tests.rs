//! Threads in a topic, as far as they are read.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::discourse::convert::{post_name, topic_name};
use crate::discourse::fake::{answer, forum, on, post, refusal, topic};
use guichet_model::{Kind, Visibility};
use serde_json::json;

#[tokio::test]
async fn a_window_brings_the_thread_and_our_answers() {
    let (server, account) = forum().await;
    let posts = vec![
        post(9, 1, "librairie", None, 9_000, "Le sujet"),
        post(9, 2, "lea", None, 8_000, "Une question"),
        post(9, 3, "tom", Some(1), 7_000, "Autre chose"),
        post(9, 4, "librairie", Some(2), 6_000, "Notre réponse"),
        post(9, 5, "lea", Some(4), 5_000, "Merci"),
    ];
    for number in [3, 5] {
        let told = topic(9, "librairie", false, posts.clone());
        on(&server, "GET", &format!("/t/9/{number}.json"), answer(told)).await;
    }
    let brought = told_of(&account, 9, &[(905, 5)]).await.unwrap();
    let told: Vec<_> = brought.items.iter().map(|item| item.remote.as_str()).collect();
    assert_eq!(told, ["topic:9", "post:9.902", "post:9.904", "post:9.905"], "nobody was told of the third");
    let third = told_of(&account, 9, &[(905, 5), (903, 3)]).await.unwrap().items.remove(2);
    assert_eq!(
        (third.conversation.clone(), third.in_reply_to),
        (Some(third.remote), None),
        "to our first post: at the top"
    );
    let last = &brought.items[3];
    assert_eq!((last.kind, last.conversation.clone()), (Kind::Comment, Some(post_name(9, 902))));
    assert_eq!(last.in_reply_to, Some(post_name(9, 904)));
    assert_eq!(last.post, Some(topic_name(9)));
    assert!(brought.items[2].ours && brought.gone.is_empty());
    assert_eq!(brought.items[0].body.text, "Un sujet\n\nLe sujet");
}

#[tokio::test]
async fn a_parent_out_of_the_window_is_asked_for_once() {
    let (server, account) = forum().await;
    let far = post(9, 40, "tom", Some(12), 100, "Enfin");
    let mut told = topic(9, "lea", false, vec![far]);
    told["post_stream"]["stream"] = json!([912, 940, 941]);
    on(&server, "GET", "/t/9/40.json", answer(told.clone())).await;
    told["post_stream"]["posts"] = json!([post(9, 12, "librairie", Some(3), 900, "Nous")]);
    on(&server, "GET", "/t/9/12.json", answer(told)).await;
    let brought = told_of(&account, 9, &[(940, 40), (999, 41)]).await.unwrap();
    let of = |id: u64| brought.items.iter().find(|item| item.remote == post_name(9, id)).unwrap();
    assert_eq!((of(940).kind, of(940).in_reply_to.clone()), (Kind::Mention, Some(post_name(9, 912))));
    assert_eq!(of(940).conversation, None, "what stands above is not known");
    assert!(of(912).ours);
    assert_eq!(brought.gone, [post_name(9, 999)], "not in the topic: taken away");
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_the_window_lacks_is_asked_for_by_its_ids() {
    let (server, account) = forum().await;
    let mut told = topic(9, "librairie", false, vec![post(9, 2, "lea", None, 900, "Un")]);
    told["post_stream"]["stream"] = json!([901, 902, 931]);
    on(&server, "GET", "/t/9/2.json", answer(told)).await;
    let more = json!({ "post_stream": { "posts": [post(9, 31, "tom", None, 90, "Deux"), { "id": 1 }] }, "id": 9 });
    on(&server, "GET", "/t/9/posts.json", answer(more)).await;
    let brought = told_of(&account, 9, &[(902, 2), (931, 31)]).await.unwrap();
    assert_eq!(brought.items.iter().filter(|item| item.kind == Kind::Comment).count(), 2);
    assert_eq!(brought.unreadable.len(), 1);
    let asked = server.received_requests().await.unwrap();
    assert_eq!(asked[1].url.query(), Some("post_ids%5B%5D=931&include_raw=1"));
}

#[tokio::test]
async fn a_private_exchange_comes_whole_as_far_back_as_asked() {
    let (server, account) = forum().await;
    let mut told = topic(9, "lea", true, vec![post(9, 3, "lea", None, 60, "Trois")]);
    told["post_stream"]["stream"] = json!([901, 902, 903]);
    on(&server, "GET", "/t/9/3.json", answer(told)).await;
    let before = json!({ "post_stream": { "posts": [
        post(9, 1, "lea", None, 9_000, "Un"), post(9, 2, "librairie", None, 8_000, "Deux") ] } });
    on(&server, "GET", "/t/9/posts.json", answer(before)).await;
    let brought = private(&account, 9, 3, guichet_model::Millis(0)).await.unwrap();
    assert_eq!(brought.items.len(), 3);
    let whole = |item: &Item| item.kind == Kind::Message && item.conversation == Some(topic_name(9));
    assert!(brought.items.iter().all(|item| whole(item) && item.visibility == Some(Visibility::Direct)));
    assert!(brought.items[1].ours && account.is_private(9));
}

#[tokio::test]
async fn a_topic_that_is_closed_to_us_brings_nothing() {
    let (server, account) = forum().await;
    on(&server, "GET", "/t/9/1.json", refusal(404, "not_found")).await;
    let brought = told_of(&account, 9, &[(901, 1)]).await.unwrap();
    assert!(brought.items.is_empty() && brought.gone.is_empty(), "one missing answer deletes nothing");
}

#[tokio::test]
async fn a_ring_of_numbers_ends() {
    let (server, account) = forum().await;
    let posts = vec![post(9, 2, "lea", Some(3), 9, "Un"), post(9, 3, "tom", Some(2), 8, "Deux")];
    on(&server, "GET", "/t/9/2.json", answer(topic(9, "lea", false, posts))).await;
    on(&server, "GET", "/t/9/3.json", refusal(404, "not_found")).await;
    assert_eq!(told_of(&account, 9, &[(902, 2), (903, 3)]).await.unwrap().items.len(), 3);
}

#[tokio::test]
async fn what_we_write_to_all_in_anothers_topic_answers_its_first_post() {
    let (server, account) = forum().await;
    let posts = vec![
        post(9, 1, "lea", None, 900, "Que pense @librairie ?"),
        post(9, 2, "tom", None, 800, "Moi, rien"),
        post(9, 3, "librairie", None, 700, "Du bien"),
    ];
    on(&server, "GET", "/t/9/1.json", answer(topic(9, "lea", false, posts))).await;
    let brought = told_of(&account, 9, &[(901, 1)]).await.unwrap();
    let told: Vec<_> = brought.items.iter().map(|item| item.remote.as_str()).collect();
    assert_eq!(told, ["topic:9", "post:9.901", "post:9.903"]);
    assert_eq!(brought.items[2].conversation, Some(post_name(9, 901)));
    assert_eq!(brought.items[0].body.text, "Un sujet", "the first post is told once");
}
