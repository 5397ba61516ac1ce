//! The door without a key in the real window: a message pasted, answered, copied, found open in the browser and said to be
//! published; mails dropped on the window, one of them shown who speaks and what they say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guichet_tests::app::App;
use guichet_tests::webdriver::key;
use guichet_tests::window::Desktop;
use serde_json::{Value, json};
use std::time::Duration;

const LINK: &str = "https://www.facebook.com/quais/posts/1?comment_id=812345678901234";
const ANSWER: &str = "Oui, de neuf heures à midi.";

async fn said(app: &App, script: &str) -> Value {
    app.page.run(script, json!([])).await.unwrap_or_default()
}

async fn click_on(app: &App, within: &str, words: &str) {
    let script = "const [within, words] = arguments;\
        const found = [...document.querySelectorAll(`${within} button`)].find((it) => it.textContent.includes(words));\
        found?.click(); return found != null";
    let ask = || async {
        let clicked = app.page.run(script, json!([within, words])).await.unwrap_or_default();
        (clicked == true).then_some(())
    };
    guichet_tests::until(&format!("a button « {words} » in {within}"), Duration::from_secs(30), ask).await;
}

/// A row, wherever it is drawn: a word at the window's foot may lie over it for some seconds.
async fn choose(app: &App, css: &str) {
    let script = "const row = document.querySelector(arguments[0]); row?.click(); return row != null";
    let chosen = || async {
        let there = app.page.run(script, json!([css])).await.unwrap_or_default();
        (there == true).then_some(())
    };
    guichet_tests::until(&format!("{css} is there"), Duration::from_secs(30), chosen).await;
}

async fn reads(app: &App, css: &str, words: &str) {
    let script = "return document.querySelector(arguments[0])?.textContent.includes(arguments[1]) ?? false";
    let ask = || async {
        let there = app.page.run(script, json!([css, words])).await.unwrap_or_default();
        (there == true).then_some(())
    };
    guichet_tests::until(&format!("{css} says « {words} »"), Duration::from_secs(30), ask).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_added_by_hand_answered_and_said_to_be_published() {
    let desktop = Desktop::start("fr_FR.UTF-8", false).await;
    let app = App::open(&desktop, &["--rehearsal"]).await;
    app.filled(5).await;

    // Added by keys alone: the address, the author, the text.
    app.letter('a').await;
    app.focus_is_in("dialog input[name=link]").await;
    app.type_text(LINK).await;
    reads(&app, "#add-what", "un seul message").await;
    app.press(&[key::TAB]).await;
    app.type_text("Léa Martin").await;
    app.press(&[key::TAB]).await;
    app.focus_is_in("dialog textarea").await;
    app.type_text("Vous ouvrez demain ?").await;
    app.picture("door-add-fr").await;
    assert_eq!(app.offences().await, Vec::<String>::new());
    app.send().await;
    app.gone("dialog").await;
    reads(&app, "main article", "Vous ouvrez demain").await;
    let id = app.selected().await;

    // Answered: the text is on the clipboard, its page handed to the browser, and it is asked about.
    app.letter('r').await;
    app.focus_is_in("textarea").await;
    app.type_text(ANSWER).await;
    reads(&app, ".send", "Copier et ouvrir").await;
    app.send().await;
    reads(&app, ".reply", "C’est publié").await;
    app.picture("door-asked-fr").await;
    let handed = |view: &Value| view["replies"][0]["state"]["state"] == "handed";
    let view = app.until("it may be published", "conversation", json!({ "id": id }), handed).await;
    assert_eq!(view["messages"].as_array().map(Vec::len), Some(1), "nothing is taken for published");
    let opened = || async { desktop.opened().first().cloned() };
    assert_eq!(guichet_tests::until("the browser is called", Duration::from_secs(10), opened).await, LINK);
    // What a person would paste there.
    app.letter('/').await;
    app.press(&[key::ESCAPE]).await;
    app.focus_is_in("textarea").await;
    desktop.keys(&["ctrl+a", "ctrl+v"]);
    let pasted =
        || async { (said(&app, "return document.querySelector('textarea').value").await == ANSWER).then_some(()) };
    guichet_tests::until("the clipboard has the text", Duration::from_secs(10), pasted).await;
    desktop.keys(&["ctrl+a", "BackSpace", "Escape"]);

    // Yes: it is a message of ours, and done with.
    click_on(&app, ".reply", "Oui").await;
    let there = |view: &Value| {
        let ours = &view["messages"][1];
        ours["ours"] == true && ours["text"] == ANSWER && view["row"]["triage"]["triage"] == "done"
    };
    app.until("it is published, by their word", "conversation", json!({ "id": id }), there).await;
    app.close().await;
}

const MAILS: &str = "From - Sat Nov 21 2026\nDate: Sat, 21 Nov 2026 18:42:07 +0000\nFrom: YouTube <noreply@youtube.com>\n\
    Subject: Nouveau commentaire\nContent-Type: text/plain; charset=utf-8\n\n@karim.v a commenté votre vidéo\n\nTitre\n\n\
    @karim.v\nLa chaîne saute ?\n\nRÉPONDRE\nhttps://www.youtube.com/watch?v=qV3&lc=Ugx\n\nFrom - Sat Nov 21 2026\n\
    Date: Sat, 21 Nov 2026 18:45:07 +0000\nFrom: Facebook <notification@facebookmail.com>\nSubject: Du neuf\n\
    Content-Type: text/plain; charset=utf-8\n\nLéa Roy réagit à votre publication :\n« On peut venir avec un chien ? »\n\
    Ouvrir\nhttps://www.facebook.com/quais/posts/1?comment_id=77\n";

/// As one drops a file on the window.
async fn dropped(app: &App, name: &str, text: &str) {
    let script = "const held = new DataTransfer(); held.items.add(new File([arguments[1]], arguments[0]));\
        for (const kind of ['dragover', 'drop']) window.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: held }));\
        return true";
    app.page.run(script, json!([name, text])).await.expect("dropped");
}

/// The selection that a mouse would leave.
async fn select(app: &App, said: &str) {
    let script = "const area = document.querySelector('dialog textarea'); const at = area.value.lastIndexOf(arguments[0]);\
        area.focus(); area.setSelectionRange(at, at + arguments[0].length); return at";
    let at = app.page.run(script, json!([said])).await.expect("selected");
    assert!(at.as_i64().is_some_and(|at| at >= 0), "{said} stands in the mail");
    app.press(&[key::ENTER]).await;
    reads(app, "dialog .parts", said).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_are_dropped_on_the_window_and_one_is_shown_what_it_says() {
    let desktop = Desktop::start("fr_FR.UTF-8", false).await;
    let app = App::open(&desktop, &["--rehearsal"]).await;
    app.filled(5).await;
    dropped(&app, "courriels.mbox", MAILS).await;
    reads(&app, "dialog", "La chaîne saute").await;
    reads(&app, "dialog", "Mal lu").await;
    app.picture("door-import-fr").await;
    assert_eq!(app.offences().await, Vec::<String>::new());
    click_on(&app, "dialog footer", "Importer").await;
    app.gone("dialog").await;
    let all = app.rows("all").await;
    let row = all.iter().find(|row| row["network"] == "facebook").expect("the mail's message");
    choose(&app, &format!("[role=row][data-conversation='{}']", row["id"])).await;
    reads(&app, "main article", "Ni l’auteur ni le texte").await;
    app.picture("door-unread-fr").await;
    click_on(&app, "main article", "Montrer qui parle").await;
    app.focus_is_in("dialog textarea").await;
    let filled =
        || async { (said(&app, "return document.querySelector('dialog textarea').value").await != "").then_some(()) };
    guichet_tests::until("the mail is shown", Duration::from_secs(10), filled).await;
    select(&app, "Léa Roy").await;
    select(&app, "On peut venir avec un chien ?").await;
    app.picture("door-teach-fr").await;
    assert_eq!(app.offences().await, Vec::<String>::new());
    app.send().await;
    app.gone("dialog").await;
    let read = |view: &Value| {
        let message = &view["messages"][0];
        message["author"] == "Léa Roy" && message["text"] == "On peut venir avec un chien ?" && message["raw"] == false
    };
    app.until("it is understood", "conversation", json!({ "id": row["id"] }), read).await;
    reads(&app, "main article .who", "Léa Roy").await;
    app.picture("door-read-fr").await;
    app.close().await;
}

async fn shown(app: &App, name: &str, offences: &mut Vec<String>) {
    for (width, height) in [(1280, 800), (900, 600)] {
        app.page.size(width, height).await.unwrap();
        app.picture(&format!("{name}-{width}")).await;
        offences.extend(app.offences().await.into_iter().map(|offence| format!("{name} {width}: {offence}")));
    }
}

async fn row_of(app: &App, network: &str) {
    let all = app.rows("all").await;
    let row = all.iter().find(|row| row["network"] == network).expect("its row");
    let css = format!("[role=row][data-conversation='{}']", row["id"]);
    app.page.size(1280, 800).await.unwrap();
    // Rows out of sight are not drawn: as a wheel brings them.
    let wheel = "let list = document.querySelector('[role=row][data-conversation]');\
        while (list && !(list.scrollHeight > list.clientHeight + 80 && getComputedStyle(list).overflowY !== 'visible')) list = list.parentElement;\
        if (list) list.scrollTop = arguments[0] === 0 ? 0 : list.scrollTop + 300; return list?.scrollTop ?? -1";
    for turn in 0..60 {
        app.page.run(wheel, json!([turn])).await.unwrap();
        tokio::time::sleep(Duration::from_millis(60)).await;
        if app.page.find(&css).await.is_some() {
            break;
        }
    }
    choose(app, &css).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_in_both_languages_and_themes() {
    let desktop = Desktop::start("fr_FR.UTF-8", false).await;
    let app = App::open(&desktop, &["--rehearsal"]).await;
    app.filled(5).await;
    let bytes = "return btoa(unescape(encodeURIComponent(arguments[0])))";
    let bytes = app.page.run(bytes, json!([MAILS])).await.unwrap();
    let client = app.call("desk", json!({})).await["clients"][0]["id"].take();
    let view = app.call("look_at_file", json!({ "bytes": bytes, "mapping": null })).await;
    let import = json!({ "client": client, "bytes": bytes, "mapping": view["mapping"] });
    let _added = app.call("import_file", import).await;
    row_of(&app, "youtube").await;
    reads(&app, "main article", "La chaîne saute").await;
    app.letter('r').await;
    app.focus_is_in("textarea").await;
    app.type_text("C’est la cassette.").await;
    app.send().await;
    let _asked = app.see(".reply .lead").await;
    app.click("main article").await;
    let mut offences = Vec::new();
    for locale in ["fr", "en"] {
        app.prefer("locale", locale).await;
        let _spoken = app.see(&format!("html[lang={locale}]")).await;
        for theme in ["light", "dark"] {
            app.prefer("theme", theme).await;
            let _shown = app.see(&format!("html[data-theme={theme}]")).await;
            let name = |of: &str| format!("door-{of}-{locale}-{theme}");
            app.page.size(1280, 800).await.unwrap();
            app.letter('a').await;
            app.focus_is_in("dialog input[name=link]").await;
            app.type_text("x.com/lea/status/17").await;
            reads(&app, "#add-what", "X").await;
            shown(&app, &name("add"), &mut offences).await;
            app.press(&[key::ESCAPE]).await;
            app.gone("dialog").await;
            dropped(&app, "courriels.mbox", MAILS).await;
            app.focus_is_in("dialog footer .primary").await;
            shown(&app, &name("import"), &mut offences).await;
            app.press(&[key::ESCAPE]).await;
            app.gone("dialog").await;
            row_of(&app, "youtube").await;
            let _asked = app.see(".reply .lead").await;
            shown(&app, &name("asked"), &mut offences).await;
            row_of(&app, "facebook").await;
            let _unread = app.see("main article .unread").await;
            shown(&app, &name("unread"), &mut offences).await;
            app.page.size(1280, 800).await.unwrap();
            app.click("main article .unread button").await;
            let filled = || async {
                (said(&app, "return document.querySelector('dialog textarea').value").await != "").then_some(())
            };
            guichet_tests::until("the mail is shown", Duration::from_secs(10), filled).await;
            select(&app, "Léa Roy").await;
            shown(&app, &name("teach"), &mut offences).await;
            app.press(&[key::ESCAPE]).await;
            app.gone("dialog").await;
        }
    }
    app.close().await;
    assert!(offences.is_empty(), "{} offences against WCAG 2.2 AA:\n{}", offences.len(), offences.join("\n"));
}
