//! A file is looked at, then taken in, as the page asks for it: lists with their mapping, and mails, of which one that was
//! not understood is shown to us and known from then on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::contract::dispatch;
use crate::rehearsal::Rehearsal;
use serde_json::{Value, json};

async fn opened() -> (Shell, Value) {
    let shell = Shell::rehearsing(Rehearsal::start("calme").await.unwrap());
    shell.open(None).await.unwrap();
    let client = dispatch(&shell, "add_client", json!({ "name": "Quai", "color": 2 })).await.unwrap();
    (shell, client)
}

async fn look(shell: &Shell, file: &str, mapping: Value) -> Value {
    dispatch(shell, "look_at_file", json!({ "bytes": STANDARD.encode(file), "mapping": mapping })).await.unwrap()
}

async fn import(shell: &Shell, client: &Value, file: &str, mapping: &Value) -> Value {
    let args = json!({ "client": client, "bytes": STANDARD.encode(file), "mapping": mapping });
    dispatch(shell, "import_file", args).await.unwrap()
}

fn counted(added: &Value) -> [u64; 3] {
    ["new", "known", "unreadable"].map(|name| added[name].as_u64().unwrap())
}

#[tokio::test]
async fn a_list_is_shown_as_it_is_read_then_taken_in_once() {
    let (shell, client) = opened().await;
    let file = "Lien;Auteur;Commentaire;Le\nhttps://x.com/lea/status/17;Léa;Bravo;22/11/2026 10:00\n;Paul;Sans adresse;\nhttps://x.com/ana/status/18;Ana;Merci;21/11/2026\n";
    let view = look(&shell, file, Value::Null).await;
    assert_eq!((view["total"].as_u64(), view["unreadable"].as_u64()), (Some(3), Some(1)));
    assert_eq!((&view["mapping"]["text"], &view["mapping"]["link"]), (&json!("Commentaire"), &json!("Lien")));
    assert_eq!(view["rows"][0]["author"], "Léa");
    assert_eq!(view["rows"][1]["wrong"], "network", "nobody can tell where it belongs");
    // Corrected by the CM: another column is the text, and rows without a link are of one network.
    let mut mapping = view["mapping"].clone();
    (mapping["text"], mapping["of"]) = (json!("Auteur"), json!("facebook"));
    let corrected = look(&shell, file, mapping).await;
    assert_eq!((&corrected["rows"][0]["text"], &corrected["unreadable"]), (&json!("Léa"), &json!(0)));

    let mapping = &view["mapping"];
    let added = import(&shell, &client, file, mapping).await;
    assert_eq!(counted(&added), [2, 0, 1]);
    assert_eq!(counted(&import(&shell, &client, file, mapping).await), [0, 2, 1]);
    dispatch(&shell, "undo", json!({ "act": added["acted"]["act"] })).await.unwrap();
    assert_eq!(counted(&import(&shell, &client, file, mapping).await), [2, 0, 1], "taken back, it may come again");
    shell.rehearsal().unwrap().throw_away();
}

#[tokio::test]
async fn what_is_no_list_is_said_and_nothing_is_taken_in() {
    let (shell, client) = opened().await;
    let refused = json!({ "problem": "invalid", "field": "file" });
    for bytes in
        [STANDARD.encode("bonjour"), STANDARD.encode(""), "pas de base64 !".to_owned(), STANDARD.encode([0xff; 64])]
    {
        let asked = json!({ "bytes": bytes, "mapping": null });
        let said = dispatch(&shell, "look_at_file", asked).await.unwrap_err();
        assert_eq!(serde_json::to_value(said).unwrap(), refused, "{bytes}");
    }
    // A mapping under which no row is one.
    let args = json!({ "client": client, "bytes": STANDARD.encode("a;b\n1;2\n"), "mapping": Mapping::default() });
    let said = dispatch(&shell, "import_file", args).await.unwrap_err();
    assert_eq!(serde_json::to_value(said).unwrap(), refused);
    shell.rehearsal().unwrap().throw_away();
}

fn mail(from: &str, subject: &str, body: &str) -> String {
    format!(
        "From - Sat Nov 21 2026\nDate: Sat, 21 Nov 2026 18:42:07 +0000\nFrom: {from}\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n{body}\n\n"
    )
}

/// Of a shape that we do not know.
fn strange(name: &str, text: &str, number: u32) -> String {
    let body =
        format!("{name} réagit :\n« {text} »\nOuvrir\nhttps://www.facebook.com/quai/posts/1?comment_id={number}");
    mail("Facebook <notification@facebookmail.com>", "Du neuf", &body)
}

#[tokio::test]
async fn a_mail_that_was_not_understood_is_shown_once() {
    let (shell, client) = opened().await;
    let known = mail(
        "YouTube <noreply@youtube.com>",
        "New comment",
        "@noa.w commented on your video\n\nTitle\n\n@noa.w\nWhich grease?\n\nREPLY\nhttps://www.youtube.com/watch?v=q&lc=Ugx1",
    );
    let alien = mail("Ana <ana@poste.example>", "Bonjour", "Rien d’un réseau");
    let mbox = format!("{known}{}{alien}", strange("Léa Roy", "On peut venir ?", 11));
    let view = look(&shell, &mbox, Value::Null).await;
    assert_eq!(
        (view["columns"].as_array().unwrap().len(), &view["total"], &view["unreadable"]),
        (0, &json!(3), &json!(1))
    );
    let rows: Vec<_> =
        (0..3).map(|n| (&view["rows"][n]["author"], &view["rows"][n]["raw"], &view["rows"][n]["wrong"])).collect();
    assert_eq!(rows[0], (&json!("@noa.w"), &json!(false), &Value::Null));
    assert_eq!(rows[1], (&Value::Null, &json!(true), &Value::Null));
    assert_eq!(rows[2].2, "sender", "somebody’s own mail is nobody’s notification");
    let added = import(&shell, &client, &mbox, &view["mapping"]).await;
    assert_eq!(counted(&added), [2, 0, 1]);

    let query = json!({ "query": { "view": "owed", "client": client, "account": null }, "offset": 0, "limit": 9 });
    let list = dispatch(&shell, "list", query).await.unwrap();
    let facebook = list["rows"].as_array().unwrap().iter().find(|row| row["network"] == "facebook").unwrap();
    let conversation = json!({ "id": facebook["id"] });
    let message = dispatch(&shell, "conversation", conversation.clone()).await.unwrap()["messages"][0]["id"].take();
    let text = dispatch(&shell, "mail_of", json!({ "message": message })).await.unwrap()["text"].take();
    let span = |said: &str| {
        let (before, _) = text.as_str().unwrap().split_once(said).unwrap();
        let start = before.encode_utf16().count();
        json!({ "start": start, "end": start + said.encode_utf16().count() })
    };
    let shown = json!({ "message": message, "author": span("Léa Roy"), "text": span("« On peut venir ? »") });
    let taught = dispatch(&shell, "teach", shown).await.unwrap();
    assert_eq!(taught["learned"], true);
    let read = dispatch(&shell, "conversation", conversation).await.unwrap()["messages"][0].take();
    assert_eq!(
        (&read["author"], &read["text"], &read["raw"]),
        (&json!("Léa Roy"), &json!("On peut venir ?"), &json!(false))
    );

    // The next file shows it as it will be read.
    let next = strange("Paul", "Encore\nune question", 12);
    let view = look(&shell, &next, Value::Null).await;
    assert_eq!((&view["rows"][0]["author"], &view["rows"][0]["raw"]), (&json!("Paul"), &json!(false)));
    assert_eq!(counted(&import(&shell, &client, &next, &view["mapping"]).await), [1, 0, 0]);
    shell.rehearsal().unwrap().throw_away();
}
