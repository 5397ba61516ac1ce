//! The real window, driven as a person drives it: by keyboard, offline and back, after a restart, on a French
//! keyboard, in both languages and themes. Pictures are kept under `target/pictures`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guichet_rehearsal::{Options, Rehearsal, Scenario};
use guichet_tests::app::App;
use guichet_tests::child::DeskChild;
use guichet_tests::webdriver::key;
use guichet_tests::window::Desktop;
use serde_json::{Value, json};
use std::path::Path;

const ROW: &str = "[role=row][data-conversation]";

/// An evening in the window, with enough of it there to work on.
async fn evening(desktop: &Desktop) -> App {
    let app = App::open(desktop, &["--rehearsal"]).await;
    app.filled(5).await;
    // What is tried is not the patience of taking back.
    let desk = app.call("desk", json!({})).await;
    for client in desk["clients"].as_array().into_iter().flatten() {
        let rules = json!({ "undoSeconds": 0, "toApprove": false, "hours": [] });
        let _acted = app.call("set_rules", json!({ "client": client["id"], "rules": rules })).await;
    }
    app
}

fn id(row: &Value) -> i64 {
    row["id"].as_i64().expect("an id")
}

/// Ours in a conversation, as the store has them: messages and replies on their way.
fn ours(view: &Value) -> (usize, Vec<String>) {
    let messages = view["messages"].as_array().into_iter().flatten().filter(|message| message["ours"] == true).count();
    let replies = view["replies"].as_array().into_iter().flatten();
    (messages, replies.map(|reply| reply["state"]["state"].as_str().unwrap_or_default().to_owned()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evening_by_keyboard() {
    let desktop = Desktop::start("fr_FR.UTF-8", false).await;
    let app = evening(&desktop).await;
    app.picture("evening-fr").await;

    // Down, down, up: the conversation stands beside the list.
    app.letter('j').await;
    let first = app.selected().await;
    let _message = app.see("main article").await;
    app.letter('j').await;
    let second = app.moved_from(first).await;
    app.letter('k').await;
    assert_eq!(app.moved_from(second).await, first);

    // Done: the row leaves, the next one is selected; undone: it is back.
    app.letter('e').await;
    app.gone(&format!("{ROW}[data-conversation='{first}']")).await;
    assert_eq!(app.selected().await, second, "the selection goes on to the next one");
    assert!(app.rows("done").await.iter().any(|row| id(row) == first), "filed in the store");
    app.letter('z').await;
    let _back = app.see(&format!("{ROW}[data-conversation='{first}'][aria-selected=true]")).await;
    assert!(!app.rows("done").await.iter().any(|row| id(row) == first));

    // A canned reply by `/`, its question answered, sent and filed.
    let view = app.conversation(first).await;
    let before = ours(&view).0;
    let templates = app.call("templates", json!({ "client": view["row"]["client"] })).await;
    let code = templates[0]["code"].as_str().expect("a short code").to_owned();
    app.letter('/').await;
    let _list = app.see("[role=listbox] [role=option]").await;
    app.focus_is_in("textarea").await;
    app.type_text(&code).await;
    let _option = app.see("[role=option][aria-selected=true]").await;
    app.picture("palette-fr").await;
    app.press(&[key::ENTER]).await;
    app.gone("[role=listbox]").await;
    answer_questions(&app).await;
    app.send().await;
    let is_there = |view: &Value| ours(view).0 == before + 1 && view["row"]["triage"]["triage"] == "done";
    let view = app.until("the reply is a message", "conversation", json!({ "id": first }), is_there).await;
    let sent =
        view["messages"].as_array().unwrap().iter().filter(|message| message["reply"]["state"]["state"] == "sent");
    assert_eq!(sent.count(), 1, "the message is the reply");
    app.gone(&format!("{ROW}[data-conversation='{first}']")).await;

    // No network: written all the same, and it says that it waits.
    app.click("button[aria-pressed=false].cut").await;
    let _pressed = app.see("button[aria-pressed=true].cut").await;
    let third = app.selected().await;
    app.letter('r').await;
    app.focus_is_in("textarea").await;
    app.type_text("Nous regardons cela tout de suite.").await;
    app.send().await;
    let waits = |view: &Value| ours(view).1 == ["waiting"];
    let view = app.until("the reply waits", "conversation", json!({ "id": third }), waits).await;
    let before = ours(&view).0;
    app.letter('5').await;
    let _outbox = app.see("[aria-current=page]").await;
    app.picture("offline-outbox-fr").await;

    // The window is loaded anew: nothing was in it alone.
    app.page.reload().await.unwrap();
    app.filled(3).await;
    let view = app.conversation(third).await;
    assert_eq!(ours(&view).1, ["waiting"]);

    // Back: it leaves by itself, once.
    app.click("button[aria-pressed=true].cut").await;
    let left = |view: &Value| ours(view) == (before + 1, Vec::new());
    let _view = app.until("the reply has left", "conversation", json!({ "id": third }), left).await;
    app.close().await;
}

async fn answer_questions(app: &App) {
    // Each question is an input under the text; Enter goes to the next one, then back to the text.
    for _ in 0..4 {
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        let script = "const at = document.activeElement; return at?.tagName === 'INPUT' && !at.value";
        if app.page.run(script, json!([])).await.unwrap() != true {
            break;
        }
        app.type_text("4521").await;
        app.press(&[key::ENTER]).await;
    }
    app.focus_is_in("textarea").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_there_after_a_restart() {
    // A real inbox, its key in a real keychain, filled by another process from simulated servers.
    let desktop = Desktop::start("fr_FR.UTF-8", true).await;
    let options = Options { scenario: Scenario::named("soirée").unwrap(), seed: 5, pace: 0.0, ports: None };
    let rehearsal = Rehearsal::start(options).await.unwrap();
    let (log, inbox) = (desktop.home.path().join("child.log"), desktop.inbox());
    let program = Path::new(env!("CARGO_BIN_EXE_desk_child"));
    let mut child = DeskChild::start(program, &inbox, Path::new("--keychain"), &log, &desktop.surroundings()).await;
    let _done = child.must(&json!({ "do": "furnish", "clients": rehearsal.clients() })).await;
    let mut rows = Vec::new();
    for _ in 0..200 {
        rows = child.must(&json!({ "do": "list" })).await.as_array().cloned().unwrap();
        if rows.len() >= 8 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(rows.len() >= 8, "only {} conversations came", rows.len());
    child.quit().await;
    drop(rehearsal);

    let app = App::open(&desktop, &[]).await;
    app.filled(5).await;
    app.letter('j').await;
    let filed = app.selected().await;
    app.letter('e').await;
    let answered = app.moved_from(filed).await;
    app.letter('r').await;
    app.focus_is_in("textarea").await;
    app.type_text("Un brouillon de train").await;
    let kept = |view: &Value| view["draft"]["text"] == "Un brouillon de train";
    let _view = app.until("the draft is kept", "conversation", json!({ "id": answered }), kept).await;
    let pid = desktop.program_pid(app.program()).expect("its process");
    let surroundings = std::fs::read_to_string(format!("/proc/{pid}/environ")).unwrap_or_default();
    assert!(!surroundings.contains("token"), "a secret in the environment");
    // Not closed: killed, as by an empty battery.
    let killed = std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap();
    assert!(killed.success());
    let _closed = app.page.close().await;

    let app = App::open(&desktop, &[]).await;
    app.filled(4).await;
    assert!(app.rows("done").await.iter().any(|row| id(row) == filed), "what was filed is filed");
    assert!(app.rows("drafts").await.iter().any(|row| id(row) == answered), "the draft is listed");
    app.letter('4').await;
    app.filled(1).await;
    app.letter('j').await;
    let text = app.see("textarea").await;
    let value = app.page.run("return document.querySelector('textarea').value", json!([])).await.unwrap();
    assert_eq!(value, "Un brouillon de train", "{text:?}");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_azerty_keyboard_reaches_everything() {
    let desktop = Desktop::start("fr_FR.UTF-8", false).await;
    let app = evening(&desktop).await;
    desktop.layout("fr");
    app.click("[role=grid]").await;
    desktop.keys(&["j"]);
    let first = app.selected().await;
    desktop.keys(&["j"]);
    let second = app.moved_from(first).await;
    desktop.keys(&["e"]);
    let _third = app.moved_from(second).await;
    desktop.keys(&["z"]);
    let _back = app.see(&format!("{ROW}[data-conversation='{second}'][aria-selected=true]")).await;
    // The slash is a shifted key there; what AltGr writes is text, never a command.
    desktop.keys(&["slash"]);
    let _list = app.see("[role=listbox] [role=option]").await;
    desktop.keys(&["Escape", "BackSpace", "at", "e", "numbersign", "eacute", "j"]);
    let typed = "return document.querySelector('textarea').value";
    let mut value = Value::Null;
    for _ in 0..50 {
        value = app.page.run(typed, json!([])).await.unwrap();
        if value == "@e#éj" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(value, "@e#éj");
    assert_eq!(app.selected().await, second, "letters typed are no commands");
    desktop.keys(&["ctrl+k"]);
    let _palette = app.see("dialog[open]").await;
    app.close().await;
}

/// The screens of the evening, each reached by keyboard from the list.
async fn screens(app: &App, look: impl AsyncFn(&App, &str)) {
    for (key, name) in [('1', "owed"), ('5', "outbox"), ('4', "drafts"), ('3', "done")] {
        app.letter(key).await;
        let _there = app.see("[aria-current=page]").await;
        look(app, name).await;
    }
    app.letter('1').await;
    app.filled(3).await;
    app.letter('j').await;
    let _message = app.see("main article").await;
    app.letter('/').await;
    let _list = app.see("[role=listbox] [role=option]").await;
    look(app, "template").await;
    app.press(&[key::ESCAPE]).await;
    app.press(&[key::ESCAPE]).await;
    for (keys, name) in [(vec!['?'], "keys"), (vec![key::CONTROL, 'k'], "search")] {
        app.press(&keys).await;
        let _dialog = app.see("dialog[open]").await;
        look(app, name).await;
        app.press(&[key::ESCAPE]).await;
        app.gone("dialog[open]").await;
    }
    app.click(".accounts .account").await;
    let _proof = app.see("dialog[open] #trip").await;
    look(app, "account").await;
    app.press(&[key::ESCAPE]).await;
    app.gone("dialog[open]").await;
}

/// The networks to connect, by the palette: reached at any size.
async fn connecting(app: &App, locale: &str) {
    app.press(&[key::CONTROL, 'k']).await;
    let _palette = app.see("dialog[open] input").await;
    app.type_text(if locale == "fr" { "brancher un compte" } else { "connect an account" }).await;
    app.press(&[key::DOWN]).await;
    app.press(&[key::ENTER]).await;
    let _tiles = app.see("dialog[open] .tile").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_in_both_languages_and_themes() {
    let desktop = Desktop::start("fr_FR.UTF-8", false).await;
    let app = evening(&desktop).await;
    let offences = std::sync::Mutex::new(Vec::new());
    for locale in ["fr", "en"] {
        app.prefer("locale", locale).await;
        let _spoken = app.see(&format!("html[lang={locale}]")).await;
        for theme in ["light", "dark"] {
            app.prefer("theme", theme).await;
            let _shown = app.see(&format!("html[data-theme={theme}]")).await;
            app.page.size(1280, 800).await.unwrap();
            screens(&app, async |app, name| {
                app.picture(&format!("{name}-{locale}-{theme}")).await;
                for offence in app.offences().await {
                    offences.lock().unwrap().push(format!("{name} {locale} {theme}: {offence}"));
                }
            })
            .await;
            app.page.size(900, 600).await.unwrap();
            app.letter('1').await;
            app.letter('j').await;
            let _message = app.see("main article").await;
            app.picture(&format!("small-{locale}-{theme}")).await;
            for offence in app.offences().await {
                offences.lock().unwrap().push(format!("small {locale} {theme}: {offence}"));
            }
            for (width, height, name) in [(900, 600, "small-connect"), (1280, 800, "connect")] {
                app.page.size(width, height).await.unwrap();
                connecting(&app, locale).await;
                app.picture(&format!("{name}-{locale}-{theme}")).await;
                for offence in app.offences().await {
                    offences.lock().unwrap().push(format!("{name} {locale} {theme}: {offence}"));
                }
                app.press(&[key::ESCAPE]).await;
                app.gone("dialog[open]").await;
            }
        }
    }
    app.close().await;
    let offences = offences.into_inner().unwrap();
    assert!(offences.is_empty(), "{} offences against WCAG 2.2 AA:\n{}", offences.len(), offences.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_offers_two_ways_and_asks_nothing() {
    // No keychain at all: looking costs no question.
    let desktop = Desktop::start("en_GB.UTF-8", false).await;
    let app = App::open(&desktop, &[]).await;
    let _there = app.see("main button").await;
    let buttons = app.page.find_all("main button").await;
    assert!(buttons.len() >= 2, "an evening, or an account");
    let _spoken = app.see("html[lang=en]").await;
    app.picture("first-en").await;
    assert_eq!(app.offences().await, Vec::<String>::new());
    assert!(!desktop.inbox().join("desk.db").exists(), "no inbox is made by looking");
    app.close().await;
}
