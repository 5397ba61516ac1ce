//! Recordings, trimmed, with invented names and texts, through the readers that `examples/read` uses.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn lines(what: &str, text: &str) -> String {
    let reading = read_recorded("mastodon", what, text).unwrap();
    let lines = reading.lines.iter().map(ToString::to_string);
    let last = format!("read {} unreadable {}", reading.lines.len(), reading.unreadable);
    lines.chain([last]).collect::<Vec<_>>().join("\n")
}

macro_rules! recording {
    ($($name:ident $what:literal $file:literal)*) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(lines($what, include_str!(concat!("mastodon/fixtures/", $file, ".json"))));
        }
    )*};
}

recording! {
    notifications_of_mastodon "notifications" "notifications"
    conversations_of_mastodon "conversations" "conversations"
    requests_of_mastodon "requests" "requests"
    groups_of_mastodon "grouped" "grouped"
    notifications_of_snac "notifications" "snac-notifications"
    context_of_snac "context" "snac-context"
    groups_of_the_mock "grouped" "mock-grouped"
    context_of_the_mock "context" "mock-context"
}

#[test]
fn comments_of_a_site_are_read_as_they_stand() {
    let read = |what, text| read_recorded("wordpress", what, text).unwrap();
    let reading = read("comments", include_str!("wordpress/fixtures/comments.json"));
    assert_eq!((reading.lines.len(), reading.unreadable), (5, 0));
    assert_eq!(reading.lines[2]["conversation"], "comment:7");
    assert_eq!(reading.lines[2]["text"], "Oui, en rayon.");
    let reading = read("posts", include_str!("wordpress/fixtures/posts.json"));
    assert_eq!(reading.lines[0]["remote_id"], "post:4");
    let refused = include_str!("wordpress/fixtures/errors.json");
    assert_eq!(read("comments", refused).unreadable, 1);
}

#[test]
fn answers_of_bluesky_are_read_as_they_stand() {
    let read = |what: &str, text: &str| {
        let reading = read_recorded("bluesky", what, text).unwrap();
        let lines = reading.lines.iter().map(ToString::to_string);
        let last = format!("read {} unreadable {}", reading.lines.len(), reading.unreadable);
        lines.chain([format!("{what}: {last}")]).collect::<Vec<_>>().join("\n")
    };
    let all = [
        read("notifications", include_str!("bluesky/fixtures/notifications.json")),
        read("thread", include_str!("bluesky/fixtures/thread.json")),
        read("posts", include_str!("bluesky/fixtures/posts.json")),
        read("feed", include_str!("bluesky/fixtures/feed.json")),
        read("log", include_str!("bluesky/fixtures/log.json")),
        read("messages", include_str!("bluesky/fixtures/messages.json")),
        read("convos", include_str!("bluesky/fixtures/convos.json")),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn a_forum_is_read_as_it_stands() {
    let read = |what, text| {
        let reading = read_recorded("discourse", what, text).unwrap();
        let lines = reading.lines.iter().map(ToString::to_string);
        let last = format!("read {} unreadable {}", reading.lines.len(), reading.unreadable);
        lines.chain([last]).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!("topic_of_discourse", read("topic", include_str!("discourse/fixtures/topic.json")));
    let notifications = include_str!("discourse/fixtures/notifications.json");
    insta::assert_snapshot!("notifications_of_discourse", read("notifications", notifications));
    insta::assert_snapshot!("messages_of_discourse", read("messages", include_str!("discourse/fixtures/private.json")));
    assert!(read("posts", include_str!("discourse/fixtures/post.json")).ends_with("read 1 unreadable 0"));
    assert!(read("posts", include_str!("discourse/fixtures/edited.json")).ends_with("read 1 unreadable 0"));
}

#[test]
fn messages_are_read_alone_or_many_in_one_file() {
    let read = |what, text: &str| read_recorded("email", what, text).unwrap();
    let form = include_str!("email/fixtures/form.eml");
    let reading = read("message", form);
    assert_eq!((reading.lines.len(), reading.unreadable), (1, 0));
    assert_eq!(reading.lines[0]["author"], "idris@courrier.example");
    let many = format!("From a Mon Sep 21\n{form}\n>From ici\n\nFrom b Mon Sep 21\n{form}");
    let reading = read("mbox", &many);
    assert_eq!((reading.lines.len(), reading.unreadable), (2, 0));
    assert!(reading.lines[0]["text"].as_str().unwrap().ends_with("\nFrom ici"));
    assert_eq!(read("message", "").unreadable, 1);
    assert_eq!(read_recorded("email", "letter", form), Err(Unknown::What));
}

#[test]
fn names_that_are_not_known_are_told_apart() {
    assert_eq!(read_recorded("mastodonte", "status", "[]"), Err(Unknown::Network));
    assert_eq!(read_recorded("mastodon", "toots", "[]"), Err(Unknown::What));
    let kinds = recorded_kinds();
    assert!(kinds[0].1.contains(&"notifications"));
}

#[test]
fn exchanges_are_chosen_by_what_they_asked_for() {
    let status = r#"{"id":"1","account":{"id":"9","acct":"lea"},"created_at":"2026-01-02","content":"<p>x</p>"}"#;
    let exchange = |method: &str, uri: &str, code: u16, body: &str| {
        format!(
            r#"{{"request":{{"method":"{method}","uri":"http://h{uri}","body":null}},"response":{{"status":{code},"headers":{{}},"body":{body}}}}}"#
        )
    };
    let all = [
        exchange("GET", "/api/v1/instance", 200, "{}"),
        exchange("GET", "/api/v1/statuses/1", 200, status),
        exchange("GET", "/api/v1/statuses/2", 404, r#"{"error":"Not Found"}"#),
        exchange("DELETE", "/api/v1/statuses/1", 200, status),
        exchange("GET", "/api/v1/timelines/home?limit=2", 200, &format!("[{status},{{\"id\":2}}]")),
    ];
    let all = format!("[{}]", all.join(","));
    assert!(lines("status", &all).ends_with("read 1 unreadable 0"));
    assert!(lines("statuses", &all).ends_with("read 1 unreadable 1"));
    // The other spelling, alone: whoever gives one exchange has chosen it.
    let alone =
        format!(r#"{{"request":{{"method":"PUT","url":"http://h/x"}},"status":200,"headers":{{}},"body":{status}}}"#);
    assert!(lines("status", &alone).ends_with("read 1 unreadable 0"));
    assert!(lines("status", "<h1>404</h1>").ends_with("read 0 unreadable 1"));
    assert!(lines("status", r#"{"error":"x"}"#).ends_with("read 0 unreadable 1"));
    assert!(lines("statuses", "[]").ends_with("read 0 unreadable 0"));
}

#[test]
fn a_context_tells_its_root_where_it_can() {
    let status = |id: &str, to: &str| {
        format!(
            r#"{{"id":"{id}","in_reply_to_id":{to},"account":{{"id":"9","acct":"lea"}},"created_at":"2026-01-02","content":"x"}}"#
        )
    };
    let roots = |above: &[String], below: &[String]| {
        let text = format!(r#"{{"ancestors":[{}],"descendants":[{}]}}"#, above.join(","), below.join(","));
        let reading = read_recorded("mastodon", "context", &text).unwrap();
        reading.lines.iter().map(|l| l["conversation"].as_str().unwrap_or("-").to_owned()).collect::<Vec<_>>().join(" ")
    };
    // 1 ← 2 ← (3, asked for) ← 4 ← 5
    let above = [status("1", "null"), status("2", "\"1\"")];
    let below = [status("4", "\"3\""), status("5", "\"4\"")];
    assert_eq!(roots(&above, &below), "1 1 1 1");
    assert_eq!(roots(&[], &below), "3 3");
    assert_eq!(roots(&[status("2", "\"1\"")], &below), "- - -", "the first one is not told");
}

#[test]
fn a_stream_is_read_as_it_came() {
    let stream = ":)\nevent: update\ndata: {\"id\":1,\"account\":{\"id\":9,\"acct\":\"lea\"},\"created_at\":1700000000,\"content\":\"x\"}\n\n:thump\nevent: delete\ndata: 12\n\n";
    assert!(lines("streaming", stream).ends_with("read 1 unreadable 0"));
}
