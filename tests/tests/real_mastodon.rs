//! The whole trip on servers written by others: sign-in in a browser, a mention by a second person, gathered, answered,
//! seen once from outside; and the answer lost on the way.
//!
//! snac honours no idempotency key, pages without `Link`, and shows again what was already read. mastodon_mock
//! streams, groups, and fails by rule.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guichet_model::{Answer, Signed, Step};
use guichet_tests::browser::{self, Person};
use guichet_tests::office::{Office, network};
use guichet_tests::servers::{Mock, Snac};
use serde_json::json;
use std::time::Duration;

/// Signs in as a person does: names the server, opens the browser, comes back.
async fn sign_in(server: &str, name: &str, password: &str) -> Signed {
    let mut login = network("mastodon").login();
    let Step::Ask { fields } = login.first() else { panic!("the server's name comes first") };
    let values = [(fields[0].name.clone(), server.to_owned())].into();
    let step = login.answer(Answer::Fields { values }).await.unwrap();
    let Step::OpenBrowser { url, host, .. } = step else { panic!("after the server's name: {step:?}") };
    assert!(server.contains(&host), "the page shown is of {host}");
    let (step, _page) = tokio::join!(login.answer(Answer::Returned), browser::sign_in(&url, name, password));
    assert_eq!(step.unwrap(), Step::Done);
    let signed = login.signed().expect("a finished sign-in");
    assert_eq!(signed.accounts.len(), 1);
    assert!(signed.accounts[0].me.handle.starts_with(name), "signed in as {}", signed.accounts[0].me.handle);
    signed
}

#[tokio::test(flavor = "multi_thread")]
async fn snac_whole() {
    let snac = Snac::start().await;
    let bob = Person::signed_in(&snac.base, "bob", snac.password("bob")).await;
    let server = snac.base.trim_start_matches("http://");
    let office = Office::open("mastodon", sign_in(server, "alice", snac.password("alice")).await).await;

    let asked = bob.write("@alice avez-vous encore des tabliers bleus ?", "public", None).await;
    let asked = asked["id"].as_str().unwrap();
    let secret = bob.write("@alice ma commande 4521, entre nous", "direct", None).await;
    let secret = secret["id"].as_str().unwrap();
    let row = office.row("tabliers bleus").await;
    let private = office.row("entre nous").await;
    assert_ne!(row.id, private.id, "a private message is its own conversation");

    let reply = office.reply(row.id, "Oui, il en reste trois.").await;
    office.sent(reply).await;
    bob.sees(asked, "il en reste trois", 1).await;
    office.reads_again_without_doubles(row.id, 2).await;

    // The server has it, we do not know: no key protects us here, only looking.
    snac.wire.lose_answers(1);
    let reply = office.reply(row.id, "Et deux gris.").await;
    bob.sees(asked, "deux gris", 1).await;
    assert_eq!(snac.wire.still_to_lose(), 0, "the answer was to be lost");
    office.sent(reply).await;
    bob.sees(asked, "deux gris", 1).await;

    let reply = office.reply(private.id, "Elle part demain.").await;
    office.sent(reply).await;
    let seen = bob.answers(secret, "part demain").await;
    // This server calls what it sends to one person "private".
    let open = seen.iter().find(|one| one["visibility"] == "public" || one["visibility"] == "unlisted");
    assert!(open.is_none(), "a private answer was published");
    office.reads_again_without_doubles(row.id, 3).await;
    office.is_proved().await;
    office.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mock_whole() {
    let mock = Mock::start().await;
    let bob = Person::with_token(&mock.base, mock.token("bob"));
    let server = mock.base.trim_start_matches("http://");
    let office = Office::open("mastodon", sign_in(server, "alice", "").await).await;

    let asked = bob.write("@alice vous livrez le samedi ?", "public", None).await;
    let asked = asked["id"].as_str().unwrap();
    let row = office.row("le samedi").await;
    let reply = office.reply(row.id, "Oui, jusqu'à midi.").await;
    office.sent(reply).await;
    bob.sees(asked, "midi", 1).await;

    // The stream rings: nobody pulls now, and it comes.
    let _said = bob.write("@alice et le dimanche ?", "public", None).await;
    let _row = guichet_tests::until("the stream rang", Duration::from_secs(20), || office.seen("le dimanche")).await;

    // Lost answers, one after the other.
    for text in ["Premier essai.", "Deuxième essai."] {
        mock.wire.lose_answers(1);
        let reply = office.reply(row.id, text).await;
        office.sent(reply).await;
        assert_eq!(mock.wire.still_to_lose(), 0, "the answer was to be lost");
        bob.sees(asked, text, 1).await;
    }

    // Refusals that pass: nothing is lost, nothing comes twice.
    let later = json!({ "type": "status", "status": 429, "headers": { "Retry-After": "1" } });
    mock.fault("GET", "/api/v1/notifications*", later.clone(), 2).await;
    mock.fault("GET", "/api/v1/notifications*", json!({ "type": "malformed" }), 1).await;
    let _said = bob.write("@alice un grand merci !", "public", None).await;
    mock.fault("POST", "/api/v1/statuses", later, 1).await;
    let reply = office.reply(row.id, "Troisième essai.").await;
    office.sent(reply).await;
    bob.sees(asked, "Troisième essai", 1).await;
    let _row = office.row("un grand merci").await;
    mock.no_faults().await;
    office.reads_again_without_doubles(row.id, 5).await;
}
