//! The door where the network offers less, or an account is gone: what is offered, whom it names, what it counts.

use super::*;
use crate::outbox::composer;
use crate::testing::paper::capabilities;
use crate::view::{ComposerView, Problem};
use guichet_model::{Addressee, Capabilities, RemoteId, Visibility};

impl Scene {
    fn offers(&self, capabilities: &Capabilities) {
        self.sql(&format!("UPDATE account SET capabilities = '{}'", serde_json::to_string(capabilities).unwrap()));
    }

    fn composer_of(&self, conversation: ConversationId) -> ComposerView {
        self.room.desk.store().read_now(|conn| composer(conn, conversation)).unwrap()
    }

    async fn send(&self, conversation: ConversationId, draft: DraftView) -> Result<ReplyId, Problem> {
        self.room.desk.send_reply(conversation, draft, false).await.map(|sent| sent.reply)
    }

    async fn leaks(&self, conversation: ConversationId, words: &str) -> usize {
        self.room.desk.check(conversation, text(words)).await.unwrap().leaks.len()
    }
}

fn lea(handle: &str) -> Vec<Addressee> {
    vec![Addressee { remote: RemoteId::new("p-Léa"), handle: handle.into() }]
}

#[tokio::test]
async fn where_nothing_can_be_answered_nothing_is_offered() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.offers(&capabilities());
    assert!(scene.composer_of(conversation).able);
    scene.offers(&Capabilities { reply: false, ..capabilities() });
    assert!(!scene.composer_of(conversation).able);
    assert_eq!(scene.send(conversation, text("Merci")).await, Err(Problem::NotOffered));
    scene.offers(&capabilities());
    scene.sql("UPDATE account SET removed_at = 5");
    assert!(!scene.composer_of(conversation).able);
    assert_eq!(scene.send(conversation, text("Merci")).await, Err(Problem::NotOffered));
    scene.sql("UPDATE account SET removed_at = NULL; UPDATE message SET gone_at = 5");
    assert!(!scene.composer_of(conversation).able);
    assert_eq!(scene.send(conversation, text("Merci")).await, Err(Problem::NotFound));
}

#[tokio::test]
async fn a_network_without_private_answers_offers_none_but_to_what_is_private() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.offers(&Capabilities { private_reply: false, ..capabilities() });
    let wide = [Visibility::Public, Visibility::Unlisted, Visibility::Followers];
    assert_eq!(scene.composer_of(conversation).visibilities, wide);
    let private = DraftView { visibility: Some(Visibility::Direct), to: lea("léa@exemple.test"), ..text("Merci") };
    assert_eq!(scene.send(conversation, private.clone()).await, Err(Problem::NotOffered));
    scene.sql("UPDATE message SET visibility = 'direct'");
    assert_eq!(scene.composer_of(conversation).visibilities, [Visibility::Direct]);
    scene.send(conversation, private).await.unwrap();
    scene.sql("UPDATE message SET visibility = NULL");
    assert_eq!(scene.composer_of(conversation).visibilities, [], "no audience is known");
}

#[tokio::test]
async fn a_network_without_audiences_answers_as_it_was_asked() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.offers(&Capabilities { audiences: false, ..capabilities() });
    assert_eq!(scene.composer_of(conversation).visibilities, [Visibility::Public, Visibility::Direct]);
    scene.offers(&Capabilities { audiences: false, private_reply: false, ..capabilities() });
    assert_eq!(scene.composer_of(conversation).visibilities, [Visibility::Public]);
    let narrower = DraftView { visibility: Some(Visibility::Followers), ..text("Merci") };
    assert_eq!(scene.send(conversation, narrower).await, Err(Problem::NotOffered));
    scene.send(conversation, text("Merci")).await.unwrap();
}

#[tokio::test]
async fn a_network_that_names_nobody_gets_no_names() {
    for addresses in [true, false] {
        let scene = Scene::new().await;
        let (conversation, _) = scene.conversation("Léa");
        scene.offers(&Capabilities { addresses, ..capabilities() });
        assert_eq!(scene.composer_of(conversation).to.len(), usize::from(addresses));
        let draft = DraftView { to: lea("lea@exemple.test"), ..text("Merci") };
        let checked = scene.room.desk.check(conversation, draft.clone()).await.unwrap();
        let handle = if addresses { "@lea ".chars().count() } else { 0 };
        assert_eq!((checked.count as usize, checked.most), ("Merci".len() + handle, Some(500)));
        // What is said at the limit leaves, and not one letter more.
        let longest = "x".repeat(500 - handle);
        let leaks = |words: String| {
            let draft = DraftView { text: words, ..draft.clone() };
            async { scene.room.desk.check(conversation, draft).await.unwrap().leaks.len() }
        };
        assert_eq!((leaks(longest.clone()).await, leaks(longest + "x").await), (0, 1));
        let reply = scene.send(conversation, draft).await.unwrap();
        let read = move |conn: &rusqlite::Connection| Ok(crate::outbox::row::Reply::one(conn, reply)?.to.len());
        assert_eq!(scene.room.desk.store().read_now(read).unwrap(), usize::from(addresses));
        // Nobody needs to be named for a private answer to find its reader.
        scene.sql("UPDATE message SET visibility = 'direct'");
        assert_eq!(scene.send(conversation, text("Oui")).await.is_ok(), !addresses);
    }
}

#[tokio::test]
async fn a_warning_counts_and_is_kept() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.offers(&capabilities());
    let warned = |warning: &str| DraftView { warning: Some(warning.into()), ..text("Merci") };
    let checked = scene.room.desk.check(conversation, warned("Photos")).await.unwrap();
    assert_eq!(checked.count as usize, "Merci".len() + "Photos".len());
    let long = scene.room.desk.check(conversation, warned(&"x".repeat(500))).await.unwrap();
    assert_eq!(long.leaks.len(), 1);
    for (warning, kept) in [(" Photos ", Some("Photos")), ("  ", None)] {
        let reply = scene.send(conversation, warned(warning)).await.unwrap();
        let read = move |conn: &rusqlite::Connection| Ok(crate::outbox::row::Reply::one(conn, reply)?.warning);
        assert_eq!(scene.room.desk.store().read_now(read).unwrap().as_deref(), kept);
    }
}

#[tokio::test]
async fn names_of_the_others_are_told_from_words_and_from_ours() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.neighbour("Quai", "Paul");
    scene.sql("UPDATE account SET name = 'Atelier Morvan', handle = 'pierre' WHERE id = 2");
    assert_eq!(scene.leaks(conversation, "Comme le Phare").await, 0, "our own name");
    assert_eq!(scene.leaks(conversation, "Comme au Quai").await, 1, "a client's");
    assert_eq!(scene.leaks(conversation, "Comme à l'atelier Morvan").await, 1, "its account's");
    assert_eq!(scene.leaks(conversation, "Une pierre").await, 0, "a handle alone is a word");
    assert_eq!(scene.leaks(conversation, "Voyez @pierre").await, 1, "unless it is named");
    assert_eq!(scene.leaks(conversation, "Voyez @pierre@exemple.test").await, 1, "with the domain it has here as well");
    scene.sql("UPDATE account SET handle = 'pierre@ailleurs.test' WHERE id = 2");
    assert_eq!(scene.leaks(conversation, "Écrivez à pierre@ailleurs.test").await, 1, "with its domain it is a name");
    assert!(scene.leaks(conversation, "Voyez @pierre@ailleurs.test").await > 0);
    // Both speak through one account: its name is then both's.
    scene.sql("UPDATE account SET handle = 'pierre' WHERE id < 3");
    assert_eq!(scene.leaks(conversation, "Voyez @pierre").await, 0);
    scene.sql("UPDATE account SET handle = 'pierre' WHERE id = 2; UPDATE account SET handle = 'phare' WHERE id = 1");
    scene.sql("UPDATE account SET removed_at = 5 WHERE id = 2");
    assert_eq!(scene.leaks(conversation, "Comme à l'atelier Morvan, voyez @pierre").await, 0, "it is gone");
}

/// A handle of ours under another remote name is still ours, and nobody is addressed twice.
#[tokio::test]
async fn nobody_is_addressed_twice_nor_we_ourselves() {
    let scene = Scene::new().await;
    let (conversation, _) = scene.conversation("Léa");
    scene.sql(
        r#"UPDATE message SET body = '{"mentions":[
            {"remote":"p-Phare","handle":"autre@exemple.test"},{"remote":"autre","handle":"phare@exemple.test"},
            {"remote":"p-Paul","handle":"paul@exemple.test"},{"remote":"p-Paul","handle":"paul@exemple.test"}]}'"#,
    );
    let to: Vec<String> = scene.composer_of(conversation).to.into_iter().map(|to| to.handle).collect();
    assert_eq!(to, ["léa@exemple.test", "paul@exemple.test"]);
}
