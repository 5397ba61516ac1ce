//! Whom a reply reaches, and what stops it at the door.

use super::*;
use crate::outbox::composer;
use crate::store::Durability;
use crate::view::{Leak, Problem, TemplateEdit, TemplateUse};
use guichet_model::{Addressee, RemoteId, Visibility};

async fn refused(scene: &Scene, conversation: ConversationId, draft: DraftView) -> Problem {
    scene.room.desk.send_reply(conversation, draft, false).await.unwrap_err()
}

fn sql(scene: &Scene, statement: &'static str) {
    let run = move |tx: &rusqlite::Transaction<'_>| Ok(tx.execute_batch(statement)?);
    scene.room.desk.store().write_now(Durability::Full, run).unwrap();
}

fn to(name: &str) -> Addressee {
    Addressee { remote: RemoteId::new(format!("p-{name}")), handle: format!("{}@exemple.test", name.to_lowercase()) }
}

#[tokio::test]
async fn the_composer_addresses_those_named_without_us() {
    let scene = Scene::new().await;
    let (conversation, message) = scene.conversation("Léa");
    sql(
        &scene,
        r#"UPDATE message SET visibility = 'unlisted', body = '{"mentions":[
            {"remote":"p-Phare","handle":"phare@exemple.test"},{"remote":"p-Paul","handle":"paul@exemple.test"},
            {"remote":"p-Léa","handle":"léa@exemple.test"}]}'"#,
    );
    let view = scene.room.desk.store().read_now(|conn| composer(conn, conversation)).unwrap();
    assert_eq!(view.answers, Some(message));
    assert_eq!(view.speaks_as, "phare@exemple.test");
    assert_eq!(view.to, [to("Léa"), to("Paul")]);
    assert_eq!(view.visibility, Some(Visibility::Unlisted));
    assert_eq!(view.visibilities, [Visibility::Unlisted, Visibility::Followers, Visibility::Direct]);
    assert!(view.able);
}

#[tokio::test]
async fn never_wider_than_what_it_answers() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    sql(&scene, "UPDATE message SET visibility = 'followers'");
    let mut draft = text("Merci");
    draft.visibility = Some(Visibility::Public);
    assert_eq!(refused(&scene, conversation, draft.clone()).await, Problem::Invalid { field: "visibility".into() });
    draft.visibility = None;
    let reply = scene.room.desk.send_reply(conversation, draft, false).await.unwrap().reply;
    assert_eq!(scene.reply(reply).await.visibility, Some(Visibility::Followers));
}

#[tokio::test]
async fn a_direct_answer_stays_in_the_exchange() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    sql(&scene, "UPDATE message SET visibility = 'direct'");
    assert_eq!(refused(&scene, conversation, text("Oui")).await, Problem::Invalid { field: "to".into() });
    let mut draft = text("Oui, avec @paul@exemple.test");
    draft.to = vec![to("Léa")];
    let leaks = vec![Leak::Outsider { start: 10, end: 28, name: "paul@exemple.test".into() }];
    assert_eq!(refused(&scene, conversation, draft.clone()).await, Problem::Leaks { leaks });
    draft.text = "Oui".into();
    let reply = scene.room.desk.send_reply(conversation, draft, false).await.unwrap().reply;
    assert_eq!(scene.reply(reply).await.visibility, Some(Visibility::Direct));
}

#[tokio::test]
async fn it_answers_the_one_it_was_written_to() {
    let scene = Scene::new().await;
    let (conversation, first) = scene.conversation("Léa");
    scene.forward(SECOND);
    scene.conversation("Paul");
    sql(&scene, "UPDATE message SET conversation = 1");
    let mut draft = text("Merci");
    draft.to = vec![to("Léa")];
    scene.room.desk.send_reply(conversation, draft, false).await.unwrap();
    let read = |conn: &rusqlite::Connection| Ok(conn.query_row("SELECT answers FROM reply", [], |row| row.get(0))?);
    assert_eq!(scene.room.desk.store().read_now::<i64>(read).unwrap(), first.0);
}

#[tokio::test]
async fn clients_are_kept_apart() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let (other, _) = client_row(scene.room.desk.store(), "Boulangerie Morvan");
    let leaked = refused(&scene, conversation, text("Comme la boulangerie morvan !")).await;
    assert!(
        matches!(leaked, Problem::Leaks { leaks } if matches!(leaks[0], Leak::OtherClient { start: 9, end: 27, .. }))
    );
    let edit = TemplateEdit {
        id: None,
        code: "retard".into(),
        title: "Retard".into(),
        text: "Pardon".into(),
        lang: None,
        clients: vec![other],
    };
    let template = scene.room.desk.save_template(edit).await.unwrap();
    let mut draft = text("Pardon");
    draft.template = Some(TemplateUse { id: template.id, version: 1 });
    assert_eq!(refused(&scene, conversation, draft).await, Problem::OtherClient);
    let answers = std::collections::BTreeMap::new();
    assert_eq!(scene.room.desk.fill(template.id, conversation, answers).await, Err(Problem::OtherClient));
    // A draft begun for another client cannot leave for this one.
    scene.room.desk.save_draft(conversation, text("Merci")).await.unwrap();
    sql(&scene, "UPDATE draft SET client = 2");
    assert_eq!(refused(&scene, conversation, text("Merci")).await, Problem::OtherClient);
}

#[tokio::test]
async fn a_template_counts_its_use_and_blocks_its_blanks() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    let edit = TemplateEdit {
        id: None,
        code: "Retard".into(),
        title: "Retard".into(),
        text: "Bonjour {{ prénom }}, commande {{ demander(\"couleur\") }} ?".into(),
        lang: Some("fr".into()),
        clients: Vec::new(),
    };
    let template = scene.room.desk.save_template(edit.clone()).await.unwrap();
    assert_eq!((template.code.as_str(), template.version), ("retard", 1));
    assert_eq!(scene.room.desk.save_template(edit.clone()).await, Err(Problem::Taken));
    let filled = scene.room.desk.fill(template.id, conversation, Default::default()).await.unwrap();
    assert_eq!(filled.text, "Bonjour Léa, commande [couleur] ?");
    let mut draft = text(&filled.text);
    draft.template = Some(filled.template);
    let leaks = refused(&scene, conversation, draft.clone()).await;
    assert!(matches!(leaks, Problem::Leaks { .. }));
    let checked = scene.room.desk.check(conversation, draft.clone()).await.unwrap();
    assert_eq!((checked.count, checked.most, checked.leaks.len()), (33, None, 1));
    let answers = [("couleur".to_owned(), "rouge".to_owned())].into();
    draft.text = scene.room.desk.fill(template.id, conversation, answers).await.unwrap().text;
    scene.room.desk.send_reply(conversation, draft, false).await.unwrap();
    let changed = TemplateEdit { id: Some(template.id), text: "Bonjour".into(), ..edit };
    assert_eq!(scene.room.desk.save_template(changed).await.unwrap().version, 2);
    let listed = scene.room.desk.templates(Some(scene.client)).await.unwrap();
    assert_eq!((listed.len(), listed[0].uses), (1, 1));
    let read = |conn: &rusqlite::Connection| {
        Ok(conn.query_row("SELECT template_version, lang FROM reply", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })?)
    };
    assert_eq!(scene.room.desk.store().read_now(read).unwrap(), (1, "fr".into()));
    let removed = scene.room.desk.remove_template(template.id).await.unwrap();
    assert_eq!(scene.room.desk.templates(None).await.unwrap().len(), 0);
    scene.room.desk.undo(removed.act).await.unwrap();
    assert_eq!(scene.room.desk.templates(None).await.unwrap().len(), 1);
}
