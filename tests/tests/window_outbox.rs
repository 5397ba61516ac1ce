//! The outbox in the real window: what was written without a network is there after the window was closed, and after the
//! program was killed, and leaves once and in order when there is a network again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guichet_rehearsal::{Options, Rehearsal, Scenario};
use guichet_tests::app::App;
use guichet_tests::child::DeskChild;
use guichet_tests::window::Desktop;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

const TEXTS: [&str; 5] = [
    "Un, depuis le train.",
    "Deux, sous un tunnel.",
    "Trois, en gare.",
    "Quatre, encore un tunnel.",
    "Cinq, à l’arrivée.",
];

/// The program that reaches simulated servers: the one people start reaches public ones alone.
async fn child(desktop: &Desktop) -> DeskChild {
    let program = Path::new(env!("CARGO_BIN_EXE_desk_child"));
    let log = desktop.home.path().join("child.log");
    DeskChild::start(program, &desktop.inbox(), Path::new("--keychain"), &log, &desktop.surroundings()).await
}

/// Until everything is read, the threads around what was said included: an answer of ours that comes later would be
/// shown to the CM before theirs leaves, and rightly.
async fn at_rest(child: &mut DeskChild) {
    let (mut last, mut same) = (Value::Null, 0);
    for _ in 0..300 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let now = child.must(&json!({ "do": "dump" })).await;
        let many = child.must(&json!({ "do": "list" })).await.as_array().map_or(0, Vec::len);
        same = if now == last && many >= 8 { same + 1 } else { 0 };
        last = now;
        if same == 15 {
            return;
        }
    }
    panic!("the desk never came to rest");
}

/// Until a program is no more, and holds its desk no longer.
async fn ended(pid: u32) {
    // A program that ends lets its memory go first, then its files: only then nobody holds the lock.
    let gone = || async {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // Its first thread may be gone before the others, which hold the files as well.
        let threads = std::fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
        let over = stat.rsplit(')').next().is_none_or(|rest| rest.is_empty() || rest.trim_start().starts_with('Z'));
        (over && threads <= 1).then_some(())
    };
    guichet_tests::until("the program has ended", Duration::from_secs(20), gone).await;
}

/// Until these wait: each is tried now and then, and is on its way for an instant.
async fn wait(app: &App, written: &[(i64, String)]) {
    for _ in 0..200 {
        if waiting(app).await == written {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let all = json!({ "query": { "client": null }, "offset": 0, "limit": 200 });
    panic!("{written:?} wait; what there is: {}", app.call("outbox", all).await["rows"]);
}

/// The replies that wait, as (conversation, text), in the order written.
async fn waiting(app: &App) -> Vec<(i64, String)> {
    let all = json!({ "query": { "client": null }, "offset": 0, "limit": 200 });
    let slice = app.call("outbox", all).await;
    let mut replies: Vec<(i64, i64, String)> = slice["rows"]
        .as_array()
        .expect("replies")
        .iter()
        .filter(|reply| reply["state"]["state"] == "waiting")
        .map(|reply| {
            let number = |name: &str| reply[name].as_i64().expect("a number");
            (number("id"), number("conversation"), reply["text"].as_str().unwrap_or_default().to_owned())
        })
        .collect();
    replies.sort_unstable();
    replies.into_iter().map(|(_, conversation, text)| (conversation, text)).collect()
}

async fn answer(app: &App, text: &str) {
    app.letter('r').await;
    app.focus_is_in("textarea").await;
    app.type_text(text).await;
    app.send().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_replies_without_a_network_leave_once_and_in_order() {
    let desktop = Desktop::start("fr_FR.UTF-8", true).await;
    let options = Options { scenario: Scenario::named("soirée").unwrap(), seed: 5, pace: 0.0, ports: None };
    let rehearsal = Rehearsal::start(options).await.unwrap();
    let mut filling = child(&desktop).await;
    let _done = filling.must(&json!({ "do": "furnish", "clients": rehearsal.clients() })).await;
    at_rest(&mut filling).await;
    filling.quit().await;
    rehearsal.offline(true);

    // Three conversations, then two of them again where they are filed.
    let app = App::open(&desktop, &[]).await;
    app.filled(4).await;
    app.letter('j').await;
    let mut conversations = vec![app.selected().await];
    for text in &TEXTS[..3] {
        answer(&app, text).await;
        let next = app.moved_from(*conversations.last().unwrap()).await;
        // The row is ahead of its conversation: until that stands there, what is typed would be written in the one before.
        let _shown = app.see(&format!("main[data-shown='{next}']")).await;
        conversations.push(next);
    }
    conversations.truncate(3);
    app.letter('3').await;
    for (text, conversation) in TEXTS[3..].iter().zip(&conversations) {
        app.click(&format!("[role=row][data-conversation='{conversation}']")).await;
        let _selected = app.see(&format!("[role=row][data-conversation='{conversation}'][aria-selected=true]")).await;
        let _shown = app.see(&format!("main[data-shown='{conversation}']")).await;
        answer(&app, text).await;
        let is_kept = |view: &Value| {
            view["replies"].as_array().is_some_and(|replies| replies.iter().any(|reply| reply["text"] == *text))
        };
        let _view = app.until("it waits", "conversation", json!({ "id": conversation }), is_kept).await;
    }
    let order = [0, 1, 2, 0, 1].map(|at| conversations[at]);
    let written: Vec<(i64, String)> = order.into_iter().zip(TEXTS.map(str::to_owned)).collect();
    wait(&app, &written).await;
    app.letter('5').await;
    app.picture("offline-five-fr").await;

    // Closed, as the question that comes with replies waiting is answered.
    let pid = desktop.program_pid(app.program()).expect("its process");
    let close = "setTimeout(() => window.__TAURI_INTERNALS__.invoke('call', { name: 'close', args: {}, message: 'close' }), 50)";
    let _said = app.page.run(close, json!([])).await;
    ended(pid).await;
    let _closed = app.page.close().await;

    // They are there; then the program is killed, as by an empty battery.
    let app = App::open(&desktop, &[]).await;
    app.filled(3).await;
    // After closing.
    wait(&app, &written).await;
    let pid = desktop.program_pid(app.program()).expect("its process");
    let killed = std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap();
    assert!(killed.success());
    ended(pid).await;
    let _closed = app.page.close().await;

    // A network again.
    rehearsal.offline(false);
    let mut sending = child(&desktop).await;
    let all_left = async {
        loop {
            let told = sending.must(&json!({ "do": "outbox" })).await;
            let replies = told.as_array().cloned().unwrap_or_default();
            let sent = replies.iter().filter(|reply| reply["state"]["state"] == "sent").count();
            if sent == TEXTS.len() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    if tokio::time::timeout(Duration::from_secs(180), all_left).await.is_err() {
        panic!("all five leave: {}", sending.must(&json!({ "do": "outbox" })).await);
    }
    sending.quit().await;
    let posted = rehearsal.posted();
    let there: Vec<(usize, Option<String>)> = posted
        .iter()
        .map(|post| {
            let which = TEXTS.iter().position(|text| post.text.ends_with(text));
            (which.expect("one of the five"), post.in_reply_to.clone())
        })
        .collect();
    assert_eq!(there.len(), TEXTS.len(), "each once: {there:?}");
    let at = |which: usize| there.iter().position(|(text, _)| *text == which).expect("each is there");
    for (first, second) in [(0, 3), (1, 4)] {
        assert!(at(first) < at(second), "in the order written: {there:?}");
        assert_eq!(there[at(first)].1, there[at(second)].1, "in one conversation");
    }
}
