//! Whole trips on the simulated Bluesky: signed in by a password or in the browser, gathered, answered in public and in
//! private, hidden; and answers that were cut, came late or were kept from sight, counted where they really stand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guichet_core::view::{Health, ReplyState};
use guichet_model::{Answer, Step};
use guichet_networks::Reach;
use guichet_rehearsal::{Effect, FaultRule, Posted, Say, Speaker, Visibility};
use guichet_tests::desk::Town;

const CREATE: &str = "=/xrpc/com.atproto.repo.createRecord";

fn basile() -> Speaker {
    Speaker::new("basile.ouvert.test", "Basile Cornu")
}

fn settled(state: &ReplyState) -> bool {
    matches!(state, ReplyState::Sent { .. })
}

/// Once, under what it answers, under a key that we chose.
fn once(town: &Town, words: &str) -> Posted {
    let posted = town.published(words);
    assert_eq!(posted.len(), 1, "{words}: {posted:?}");
    assert_eq!(posted[0].key.is_some(), posted[0].visibility == Visibility::Public);
    posted[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn gathered_and_answered_in_public_and_in_private() {
    let town = Town::open("ciels", 0.0).await;
    let comment = town.row("légume").await;
    let reply = town.reply(comment.id, "Nous transmettons au chef #courge https://auberge.example/carte").await;
    town.sent(reply).await;
    let posted = once(&town, "au chef");
    assert!(posted.in_reply_to.is_some_and(|parent| parent.starts_with("at://did:plc:")));

    let private = town.row("table pour six").await;
    let reply = town.reply(private.id, "C’est noté pour vendredi.").await;
    town.sent(reply).await;
    assert_eq!(once(&town, "vendredi").visibility, Visibility::Direct);

    let said = town.rehearsal.say(Say::mention(basile(), "auberge", "je retire ce que j’ai dit du légume")).unwrap();
    town.desk().pull_now(None).await.unwrap();
    let row = town.row("je retire").await;
    let reply = town.reply(row.id, "La courge vous pardonne.").await;
    town.sent(reply).await;
    assert_eq!(once(&town, "pardonne").in_reply_to, Some(said));
    town.quiet().await;
    let shown = town.desk().desk().await.unwrap();
    for account in shown.clients.iter().flat_map(|client| &client.accounts) {
        assert_eq!((account.unreadable, account.health == Health::Good), (0, true), "{account:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_lost_are_found_by_their_key() {
    let town = Town::open("ciels", 0.0).await;
    let row = town.row("légume").await;
    // What others see lags too; one's own server does not.
    town.rehearsal.fault(FaultRule::on("GET", "/xrpc/app.bsky.", Effect::ReadsLag { ms: 60_000 }));
    for (text, effect) in [
        ("coupé avant", Effect::CutBefore),
        ("coupé après", Effect::CutAfter),
        ("arrivé plus tard", Effect::AppliedLate { after_ms: 700 }),
        ("réponse déchirée", Effect::Torn),
        ("réponse de la gare", Effect::Garbage),
        ("erreur sans un mot", Effect::Status { code: 502, body: String::new(), headers: Vec::new() }),
        ("jeton périmé", Effect::TokenExpired),
    ] {
        town.rehearsal.fault(FaultRule::on("POST", CREATE, effect).once());
        let reply = town.reply(row.id, text).await;
        let _state = town.becomes(reply, "settled", settled).await;
        once(&town, text);
    }
    assert_eq!(town.rehearsal.posted().len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_in_the_browser() {
    let town = Town::open("ciels", 0.0).await;
    let card = town.rehearsal.clients()[0].accounts[0].clone();
    let networks = guichet_networks::all(Reach::Loopback);
    let mut login = networks.iter().find(|network| network.name() == "bluesky").unwrap().login();
    let typed = [("server", card.server.as_str()), ("user", card.handle.as_str())];
    let values = typed.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let Step::OpenBrowser { url, .. } = login.answer(Answer::Fields { values }).await.unwrap() else {
        panic!("no page")
    };
    let (step, agreed) = tokio::join!(login.answer(Answer::Returned), town.rehearsal.consent(&url, &card));
    assert_eq!((step.unwrap(), agreed.unwrap()), (Step::Done, None));
    let signed = login.signed().unwrap();
    assert_eq!(signed.accounts[0].me.handle, card.handle);
    // The same account again, by its new way in: it reads, renews, writes.
    let client = town.desk().add_client("Une autre maison".into(), 2).await.unwrap();
    let _acted = town.desk().set_rules(client, guichet_tests::desk::undo(0)).await.unwrap();
    let account = town.desk().add_account(client, "bluesky".into(), signed).await.unwrap()[0];
    let row = guichet_tests::until("it is read again", std::time::Duration::from_secs(20), || async {
        town.desk().pull_now(None).await.unwrap();
        let rows = town.rows().await;
        rows.into_iter().find(|row| row.account == account && row.excerpt.contains("légume"))
    })
    .await;
    let reply = town.reply(row.id, "Par une autre porte.").await;
    town.sent(reply).await;
    once(&town, "autre porte");
}
