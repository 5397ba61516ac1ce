//! Threads in a topic, as far as they are read.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::discourse::convert::{post_name, topic_name};
use crate::discourse::fake::{NOW, answer, forum, on, post, refusal, topic};
use guichet_model::{Kind, Visibility};
use serde_json::json;

async fn named(account: &Account, posts: &[(u64, u64)]) -> Result<Brought, Fault> {
    told_of(account, 9, posts, Also::Nothing, Millis(0)).await
}

fn ids(brought: &Brought) -> Vec<&str> {
    let posts = brought.items.iter().map(|item| item.remote.as_str());
    posts.filter_map(|name| name.strip_prefix("post:9.")).collect()
}

/// A forum tells of the last of several answers, and no more of those before it.
#[tokio::test]
async fn answers_that_came_together_are_all_brought() {
    let (server, account) = forum().await;
    let posts = |by: &'static str| {
        let answers =
            |n: u64| post(9, n, "lea", Some(if n.is_multiple_of(2) { 21 } else { 22 }), 900 - n as i64, "Et lundi ?");
        let mut posts = vec![post(9, 21, "librairie", None, 5_000, "Nous"), post(9, 22, "tom", None, 4_000, "Tom")];
        posts.extend((23..=27).map(answers));
        topic(9, by, false, posts)
    };
    let told = |by| {
        let mut told = posts(by);
        let all = told["post_stream"]["posts"].as_array_mut().unwrap();
        *all = all.split_off(5);
        told
    };
    let before = json!({ "post_stream": { "posts": posts("lea")["post_stream"]["posts"] } });
    on(&server, "GET", "/t/9/posts.json", answer(before)).await;
    on(&server, "GET", "/t/9/1.json", refusal(404, "not_found")).await;
    let from = NOW.plus(-3_600_000);
    {
        let end = wiremock::Mock::given(wiremock::matchers::path("/t/9/999999.json"));
        let _theirs = end.respond_with(answer(told("lea"))).mount_as_scoped(&server).await;
        let brought = told_of(&account, 9, &[(927, 23)], Also::Answers, from).await.unwrap();
        assert_eq!(ids(&brought), ["921", "922", "924", "926", "927"], "those to Tom are not for us");
        let brought = told_of(&account, 9, &[(927, 23)], Also::All, from).await.unwrap();
        assert!(["923", "924", "925", "926", "927"].iter().all(|id| ids(&brought).contains(id)), "it is followed");
    }
    on(&server, "GET", "/t/9/999999.json", answer(told("librairie"))).await;
    let brought = told_of(&account, 9, &[(927, 23)], Also::Answers, from).await.unwrap();
    assert!(["923", "924", "925", "926", "927"].iter().all(|id| ids(&brought).contains(id)), "it is our topic");
    assert_eq!(brought.lost, None);
}

#[tokio::test]
async fn who_is_answered_is_known_by_name_too_and_what_was_not_reached_is_told() {
    let (server, account) = forum().await;
    let mut answers = post(9, 400, "lea", Some(12), 900, "Et lundi ?");
    answers["reply_to_user"] = json!({ "username": "Librairie" });
    let mut told = topic(9, "lea", false, vec![answers, post(9, 401, "tom", None, 800, "Bof")]);
    told["post_stream"]["stream"] = json!((1..=401).map(|n| 900 + n).collect::<Vec<_>>());
    on(&server, "GET", "/t/9/999999.json", answer(&told)).await;
    on(&server, "GET", "/t/9/12.json", refusal(404, "not_found")).await;
    on(&server, "GET", "/t/9/posts.json", answer(json!({ "post_stream": { "posts": [] } }))).await;
    let brought = told_of(&account, 9, &[(1301, 12)], Also::Answers, NOW.plus(-3_600_000)).await.unwrap();
    assert_eq!(ids(&brought), ["1300", "1301"]);
    assert_eq!(brought.lost, Some(NOW.plus(-900_000)));
}

/// A topic of ten thousand posts does not say which they are.
#[tokio::test]
async fn a_topic_without_its_stream_takes_nothing_away_and_is_never_read_whole() {
    let (server, account) = forum().await;
    let mut told = topic(9, "librairie", false, vec![post(9, 41, "lea", None, 900, "Deux")]);
    told["post_stream"] = json!({ "posts": told["post_stream"]["posts"], "isMegaTopic": true, "lastId": 941 });
    on(&server, "GET", "/t/9/40.json", answer(&told)).await;
    on(&server, "GET", "/t/9/999999.json", answer(&told)).await;
    let more = json!({ "post_stream": { "posts": [post(9, 40, "tom", None, 950, "Un")] } });
    on(&server, "GET", "/t/9/posts.json", answer(more)).await;
    assert_eq!(ids(&named(&account, &[(940, 40)]).await.unwrap()), ["940"]);
    let mut read = around(&account, For::Pull, 9, LAST).await.unwrap().unwrap();
    assert!(!read.fetch_back(&account, For::Pull, NOW.plus(-3_600_000)).await.unwrap());
    assert!(read.fetch_back(&account, For::Pull, NOW.plus(-60_000)).await.unwrap(), "the window reaches back that far");
}

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
    let brought = named(&account, &[(905, 5)]).await.unwrap();
    let told: Vec<_> = brought.items.iter().map(|item| item.remote.as_str()).collect();
    assert_eq!(told, ["topic:9", "post:9.902", "post:9.904", "post:9.905"], "nobody was told of the third");
    let third = named(&account, &[(905, 5), (903, 3)]).await.unwrap().items.remove(2);
    assert_eq!(
        (third.conversation.clone(), third.in_reply_to),
        (Some(third.remote), None),
        "to our first post: at the top"
    );
    let last = &brought.items[3];
    assert_eq!((last.kind, last.conversation.clone()), (Kind::Comment, Some(post_name(9, 902))));
    assert_eq!(last.in_reply_to, Some(post_name(9, 904)));
    assert_eq!(last.post, Some(topic_name(9)));
    assert!(brought.items[2].ours);
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
    let brought = named(&account, &[(940, 40), (999, 41)]).await.unwrap();
    let of = |id: u64| brought.items.iter().find(|item| item.remote == post_name(9, id)).unwrap();
    assert_eq!((of(940).kind, of(940).in_reply_to.clone()), (Kind::Mention, Some(post_name(9, 912))));
    assert_eq!(of(940).conversation, None, "what stands above is not known");
    assert!(of(912).ours);
    assert!(brought.items.iter().all(|item| item.remote != post_name(9, 999)), "not in the topic: looking again tells");
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
    let brought = named(&account, &[(902, 2), (931, 31)]).await.unwrap();
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
    let brought = private(&account, 9, 3, Millis(0)).await.unwrap();
    assert_eq!(brought.items.len(), 3);
    let whole = |item: &Item| item.kind == Kind::Message && item.conversation == Some(topic_name(9));
    assert!(brought.items.iter().all(|item| whole(item) && item.visibility == Some(Visibility::Direct)));
    assert!(brought.items[1].ours && account.is_private(9));
}

#[tokio::test]
async fn a_topic_that_is_closed_to_us_brings_nothing() {
    let (server, account) = forum().await;
    on(&server, "GET", "/t/9/1.json", refusal(404, "not_found")).await;
    let brought = named(&account, &[(901, 1)]).await.unwrap();
    assert!(brought.items.is_empty());
}

#[tokio::test]
async fn a_ring_of_numbers_ends() {
    let (server, account) = forum().await;
    let posts = vec![post(9, 2, "lea", Some(3), 9, "Un"), post(9, 3, "tom", Some(2), 8, "Deux")];
    on(&server, "GET", "/t/9/2.json", answer(topic(9, "lea", false, posts))).await;
    on(&server, "GET", "/t/9/3.json", refusal(404, "not_found")).await;
    assert_eq!(named(&account, &[(902, 2), (903, 3)]).await.unwrap().items.len(), 3);
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
    let brought = named(&account, &[(901, 1)]).await.unwrap();
    let told: Vec<_> = brought.items.iter().map(|item| item.remote.as_str()).collect();
    assert_eq!(told, ["topic:9", "post:9.901", "post:9.903"]);
    assert_eq!(brought.items[2].conversation, Some(post_name(9, 901)));
    assert_eq!(brought.items[0].body.text, "Un sujet", "the first post is told once");
}
