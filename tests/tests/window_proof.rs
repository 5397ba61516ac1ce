//! Every network proved in the real window, as a person does it: somebody's message is there, it is answered by keyboard,
//! and the answer is seen from outside; until then the account stays grey.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guichet_tests::app::App;
use guichet_tests::webdriver::key;
use guichet_tests::window::Desktop;
use serde_json::{Value, json};
use std::time::Duration;

const NETWORKS: [&str; 5] = ["mastodon", "bluesky", "wordpress", "discourse", "email"];
/// Long enough for a forum.
const ANSWER: &str = "Merci, nous regardons cela dès demain matin.";
/// Its readings bring what others wrote, never our own answer.
const BY_A_PERSON: &str = "discourse";

fn id(value: &Value) -> i64 {
    value["id"].as_i64().expect("an id")
}

async fn accounts(app: &App) -> Vec<Value> {
    let desk = app.call("desk", json!({})).await;
    let clients = desk["clients"].as_array().cloned().unwrap_or_default();
    clients.iter().flat_map(|client| client["accounts"].as_array().cloned().unwrap_or_default()).collect()
}

/// An account's round trip, as its three legs stand.
async fn legs(app: &App, account: i64) -> [bool; 3] {
    let all = accounts(app).await;
    let trip = &all.iter().find(|one| id(one) == account).expect("the account")["roundTrip"];
    ["read", "answered", "seen"].map(|leg| !trip[leg].is_null())
}

/// Goes through the list to a conversation, and answers it.
async fn answer(app: &App, conversation: i64) {
    app.letter('1').await;
    app.letter('j').await;
    for _ in 0..150 {
        let here = app.selected().await;
        if here == conversation {
            break;
        }
        let rows: Vec<i64> = app.rows("owed").await.iter().map(id).collect();
        let place = |wanted: i64| rows.iter().position(|row| *row == wanted);
        app.letter(if place(conversation) < place(here) { 'k' } else { 'j' }).await;
        let _next = app.moved_from(here).await;
    }
    assert_eq!(app.selected().await, conversation, "it is in the list");
    let _message = app.see("main article").await;
    app.letter('r').await;
    app.focus_is_in("textarea").await;
    app.type_text(ANSWER).await;
    app.send().await;
    app.until("the answer is in the outbox", "conversation", json!({ "id": conversation }), |view| {
        let ours = |list: &str| {
            view[list]
                .as_array()
                .into_iter()
                .flatten()
                .any(|one| one["text"].as_str().unwrap_or_default().contains(ANSWER))
        };
        ours("messages") || ours("replies")
    })
    .await;
}

/// The CM looks at the network's own page, and says that the answer stands there.
async fn looked_at(app: &App, account: i64) {
    assert!(!legs(app, account).await[2], "nobody has looked yet");
    let all = accounts(app).await;
    let account = all.iter().find(|one| id(one) == account).expect("the account");
    let handle = account["handle"].as_str().expect("a name");
    app.click(&format!(".account.unproved[title^='@{handle} ']")).await;
    app.click("dialog[open] .next button").await;
    app.gone("dialog[open] .next").await;
    app.press(&[key::ESCAPE]).await;
    app.gone("dialog[open]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_network_is_proved_by_a_round_trip() {
    let desktop = Desktop::start("fr_FR.UTF-8", false).await;
    let app = App::open(&desktop, &["--rehearsal"]).await;
    app.filled(5).await;
    for client in app.call("desk", json!({})).await["clients"].as_array().into_iter().flatten() {
        let rules = json!({ "undoSeconds": 0, "toApprove": false, "hours": [] });
        let _acted = app.call("set_rules", json!({ "client": client["id"], "rules": rules })).await;
    }
    let mut proved = Vec::new();
    for network in NETWORKS {
        let there = || async { app.rows("owed").await.into_iter().find(|row| row["network"] == network) };
        let row = guichet_tests::until(&format!("{network} has a message"), Duration::from_secs(60), there).await;
        let account = row["account"].as_i64().expect("its account");
        assert_eq!(legs(&app, account).await, [true, false, false], "{network}");
        answer(&app, id(&row)).await;
        let taken = || async { legs(&app, account).await[1].then_some(()) };
        guichet_tests::until(&format!("{network} took the answer"), Duration::from_secs(60), taken).await;
        proved.push((network, account));
    }
    for (network, account) in proved {
        if network == BY_A_PERSON {
            looked_at(&app, account).await;
        }
        // A reading that was on its way when the answer left has not seen it: it is asked for again.
        let seen = || async {
            let _said = app.call("pull_now", json!({ "account": account })).await;
            tokio::time::sleep(Duration::from_millis(700)).await;
            legs(&app, account).await[2].then_some(())
        };
        guichet_tests::until(&format!("{network} shows the answer"), Duration::from_secs(60), seen).await;
    }
    let green = || async { (app.page.find_all(".account.good").await.len() == NETWORKS.len()).then_some(()) };
    guichet_tests::until("the five accounts are marked", Duration::from_secs(30), green).await;
    assert!(!app.page.find_all(".account.unproved").await.is_empty(), "the others stay grey");
    app.picture("proved-fr").await;
    app.close().await;
}
