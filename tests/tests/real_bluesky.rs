//! The whole trip on Bluesky's own servers: a sign-in with an app password, a stranger's answer, mention and private message
//! gathered and answered, seen once; the answer lost on the way, which our own record key settles; what the author of a
//! thread may do in it. The chat alone is a stand-in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guichet_model::*;
use guichet_tests::desk::{ALL, Watch};
use guichet_tests::office::{Leave, Office, network, session};
use guichet_tests::servers::{Bluesky, Member};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

/// Signs in as a person does who made a password for this program.
async fn try_sign_in(town: &Bluesky, handle: &str, password: &str) -> Result<Signed, Fault> {
    let typed = [("server", town.base.as_str()), ("user", handle), ("password", password)];
    let values = typed.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let mut login = network("bluesky").login();
    let step = login.answer(Answer::Fields { values }).await?;
    assert_eq!(step, Step::Done);
    Ok(login.signed().expect("a finished sign-in"))
}

async fn sign_in(town: &Bluesky, member: &Member, private: bool) -> Signed {
    let password = member.app_password(private).await;
    let signed = try_sign_in(town, &member.handle, &password).await.unwrap();
    assert_eq!(signed.accounts[0].me.handle, member.handle);
    signed
}

/// Answers, and waits until the desk says that it is there.
async fn answer(office: &Office, conversation: ConversationId, text: &str) {
    let reply = office.reply(conversation, text).await;
    office.sent(reply).await;
}

/// Reading again and again brings nothing twice.
async fn each_is_there_once(office: &Office, conversation: ConversationId, wanted: &[&str]) {
    let texts = office.texts_read_again(conversation).await;
    for words in wanted {
        assert_eq!(texts.iter().filter(|text| text.contains(words)).count(), 1, "{words} in {texts:?}");
    }
}

/// Everything that every source tells now.
async fn pulled(session: &Arc<dyn Session>) -> Vec<Item> {
    let mut items = Vec::new();
    for source in session.sources() {
        let page = session.pull(source.name, None, Watch::default().now().plus(-DAY)).await.unwrap();
        assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
        items.extend(page.items);
    }
    items
}

/// What says this, once the network tells it.
async fn told(session: &Arc<dyn Session>, words: &str) -> Item {
    guichet_tests::until(&format!("\"{words}\" is told"), PATIENCE, || async {
        pulled(session).await.into_iter().find(|item| item.body.text.contains(words))
    })
    .await
}

fn outgoing(item: &Item, text: &str) -> Outgoing {
    Outgoing {
        key: "11111111-2222-3333-4444-555555555555".into(),
        written_at: Watch::default().now(),
        place: Place {
            remote: item.remote.clone(),
            conversation: item.conversation.clone().unwrap_or(item.remote.clone()),
            post: item.post.clone(),
            visibility: item.visibility,
            edited_at: item.edited_at,
            read_at: Watch::default().now(),
        },
        text: text.into(),
        to: Vec::new(),
        visibility: None,
        warning: None,
        lang: Some("fr".into()),
        pictures: Vec::new(),
    }
}

/// Waits until somebody sees these words in a thread so many times, and not once more a moment later.
async fn seen(by: &Member, place: &Value, words: &str, times: usize) {
    guichet_tests::until(&format!("\"{words}\" is seen {times} times"), PATIENCE, || async {
        (by.shown(place, words).await == times).then_some(())
    })
    .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(by.shown(place, words).await, times, "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn gathered_answered_and_nothing_twice() {
    let town = Bluesky::start().await;
    let (alice, bob) = (town.join("Alice").await, town.join("Bob").await);
    let root = alice.write("Le rideau se lève à 20 h 30 🎭", None, None).await;
    let question = bob.write("Et il retombe à quelle heure ?", None, Some(&root)).await;
    assert_eq!(bob.shown(&root, "retombe").await, 1);
    let office = Office::open("bluesky", sign_in(&town, &alice, true).await).await;

    let row = office.row("retombe").await;
    answer(&office, row.id, "Vers 22 h, s’il veut bien. Détails : https://quaivert.example/soir #théâtre").await;
    seen(&bob, &root, "s’il veut bien", 1).await;
    let shown = bob.thread(&root).await;
    let ours = shown.iter().find(|post| post["record"]["text"].as_str().unwrap().contains("veut bien")).unwrap();
    assert_eq!(ours["record"]["reply"]["parent"], question);
    assert_eq!(ours["record"]["reply"]["root"], root);
    assert_eq!(ours["record"]["facets"].as_array().unwrap().len(), 2, "{}", ours["record"]);

    // The data server has it, we do not know: the key that we chose says so.
    for text in ["Et l’entracte dure 20 minutes.", "Le bar aussi."] {
        town.wire.lose_answers(1);
        answer(&office, row.id, text).await;
        assert_eq!(town.wire.still_to_lose(), 0, "the answer was to be lost");
        assert_eq!(bob.records(&alice).await.iter().filter(|known| *known == text).count(), 1);
        seen(&bob, &root, text, 1).await;
    }
    each_is_there_once(&office, row.id, &["retombe", "veut bien", "20 minutes", "bar aussi"]).await;

    let elsewhere = bob.write("vous faites relâche le lundi ?", Some(&alice), None).await;
    let row = office.row("relâche").await;
    answer(&office, row.id, "Oui, le rideau dort.").await;
    seen(&bob, &elsewhere, "le rideau dort", 1).await;

    bob.whisper(&alice, "J’ai perdu une écharpe verte.").await;
    let row = office.row("écharpe verte").await;
    answer(&office, row.id, "Elle vous attend au guichet.").await;
    assert_eq!(bob.whispers(&alice).await, ["Elle vous attend au guichet.", "J’ai perdu une écharpe verte."]);
    each_is_there_once(&office, row.id, &["écharpe verte", "au guichet"]).await;
    office.is_proved().await;
    office.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_thread_is_kept_in_order() {
    let town = Bluesky::start().await;
    let (alice, bob) = (town.join("Alice").await, town.join("Bob").await);
    let root = alice.write("Question du soir : quelle réplique gardez-vous ?", None, None).await;
    bob.write("« Après vous. »", None, Some(&root)).await;
    bob.write("PLACES -70 %", None, Some(&root)).await;
    let session = session("bluesky", &sign_in(&town, &alice, true).await);
    let (line, spam) = (told(&session, "Après vous").await, told(&session, "PLACES").await);
    assert_eq!((line.kind, line.ours, line.post.is_some()), (Kind::Comment, false, true));
    let capabilities = session.capabilities().await.unwrap();
    assert!(capabilities.publications.contains(&Publication::Hidden), "{:?}", capabilities.publications);

    // Hidden and shown again, under the rules that the thread had.
    let curation = session.curation().unwrap();
    let gate = async || {
        let told = bob.get("app.bsky.feed.getPostThread", &[("uri", root["uri"].as_str().unwrap())]).await;
        told["threadgate"]["record"].clone()
    };
    assert_eq!(curation.put(&spam.remote, Publication::Hidden).await, Ok(Publication::Hidden));
    let uri = spam.remote.as_str().to_owned();
    let hidden = guichet_tests::until("the thread hides it", PATIENCE, || async {
        let rules = gate().await;
        rules["hiddenReplies"].as_array().is_some_and(|all| all.iter().any(|one| *one == uri)).then_some(rules)
    })
    .await;
    assert!(hidden["allow"].is_null(), "whoever could answer still can: {hidden}");
    assert_eq!(curation.put(&spam.remote, Publication::Published).await, Ok(Publication::Published));
    guichet_tests::until("the thread shows it", PATIENCE, || async {
        gate().await["hiddenReplies"].as_array().is_none_or(Vec::is_empty).then_some(())
    })
    .await;

    let likes = async || {
        let told = bob.get("app.bsky.feed.getPosts", &[("uris", line.remote.as_str())]).await;
        told["posts"][0]["likeCount"].as_u64().unwrap()
    };
    let reactions = session.reactions().unwrap();
    for (on, count) in [(true, 1), (true, 1), (false, 0)] {
        reactions.like(&line.remote, on).await.unwrap();
        guichet_tests::until("the like is counted", PATIENCE, || async { (likes().await == count).then_some(()) })
            .await;
    }

    // One request, then the same again: the key is taken, and that is the proof.
    let prepared = session.prepare(&outgoing(&line, "La troupe vous a entendue.")).await.unwrap();
    let item = session.send(&prepared, Arc::new(Leave)).await.unwrap();
    assert_eq!((item.ours, &item.in_reply_to), (true, &Some(line.remote.clone())));
    let found = session.find(&prepared, Watch::default().now().plus(-60_000)).await.unwrap();
    assert_eq!((found.same.len(), found.complete), (1, true));
    let again = session.send(&prepared, Arc::new(Leave)).await;
    assert!(again.is_err() || again.is_ok_and(|again| again.remote == item.remote), "another post");
    assert_eq!(bob.records(&alice).await.iter().filter(|text| text.contains("entendue")).count(), 1);
    seen(&bob, &root, "entendue", 1).await;
    let place = Place { read_at: Watch::default().now().plus(-60_000), ..outgoing(&line, "x").place };
    let recheck = || session.recheck(&place);
    guichet_tests::until("it is answered", PATIENCE, || async {
        matches!(recheck().await, Ok(Recheck::Answered(_))).then_some(())
    })
    .await;
    session.own().unwrap().delete(&item.remote).await.unwrap();
    session.own().unwrap().delete(&item.remote).await.unwrap();
    seen(&bob, &root, "entendue", 0).await;
    let found = session.find(&prepared, Watch::default().now().plus(-60_000)).await.unwrap();
    assert_eq!((found.same.len(), found.complete), (0, true), "not there any more");

    let moderation = session.moderation().unwrap();
    let person = &line.author.remote;
    for on in [true, false] {
        moderation.mute(person, on).await.unwrap();
        moderation.block(person, on).await.unwrap();
    }
    assert!(told(&session, "Après vous").await.remote == line.remote, "muted and blocked no more");
    let looked = session.again().unwrap().look(&[line.remote.clone(), item.remote.clone()]).await.unwrap();
    assert_eq!((looked.items.len(), looked.items[0].remote == line.remote), (1, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_without_leave_for_messages() {
    let town = Bluesky::start().await;
    let (alice, bob) = (town.join("Alice").await, town.join("Bob").await);
    let refused = try_sign_in(&town, &alice.handle, "faux-faux-faux-faux").await;
    assert!(matches!(refused, Err(Fault::Refused { .. } | Fault::NeedsLogin)), "{:?}", refused.err());
    bob.whisper(&alice, "en privé").await;
    bob.write("en public", Some(&alice), None).await;
    let office = Office::open("bluesky", sign_in(&town, &alice, false).await).await;
    let row = office.row("en public").await;
    answer(&office, row.id, "Bien lu.").await;
    each_is_there_once(&office, row.id, &["en public", "Bien lu"]).await;
    let rows = office.desk.list(ALL, 0, 100).await.unwrap().rows;
    assert!(rows.iter().all(|row| !row.excerpt.contains("en privé")));
    office.is_well().await;
}
