//! A mailbox whose house takes no passwords: its owner agrees in the browser, letters are read and answered, and a token whose
//! time is over costs nobody a sign-in, until the owner takes the consent back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guichet_core::view::Health;
use guichet_model::*;
use guichet_networks::Reach;
use guichet_rehearsal::{AccountCard, Say, SignIn};
use guichet_tests::browser;
use guichet_tests::desk::Town;
use std::collections::BTreeMap;

fn card(town: &Town) -> AccountCard {
    let accounts = town.rehearsal.clients().into_iter().flat_map(|client| client.accounts);
    accounts.into_iter().find(|card| card.handle == "pension_jetons@jetons.example").unwrap()
}

fn typed<const N: usize>(values: [(&str, &str); N]) -> Answer {
    Answer::Fields { values: values.map(|(name, value)| (name.to_owned(), value.to_owned())).into() }
}

/// As a person who has no password to type.
async fn sign_in(card: &AccountCard, program: &str) -> Result<Signed, Fault> {
    let SignIn::Fields { values } = &card.sign_in else { panic!("nothing to type") };
    let values: &BTreeMap<String, String> = values;
    let networks = guichet_networks::all(Reach::Loopback);
    let mut login = networks.iter().find(|network| network.name() == "email").unwrap().login();
    login.answer(typed([("address", &card.handle), ("name", "Pension Jetons")])).await?;
    let servers = typed([("imap", &values["imap"]), ("smtp", &values["smtp"]), ("issuer", &values["server"])]);
    login.answer(servers).await?;
    let step = login.answer(typed([("password", ""), ("client_id_google", program)])).await?;
    let Step::OpenBrowser { url, .. } = step else { panic!("no browser: {step:?}") };
    let browser = tokio::spawn(async move { browser::sign_in(&url, "", "").await });
    let done = login.answer(Answer::Returned).await?;
    let page = browser.await.unwrap();
    assert!(done == Step::Done && page.contains("revenir à Guichet"), "{page}");
    Ok(login.signed().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_opens_the_mailbox_and_goes_on_until_it_is_taken_back() {
    let town = Town::bare("courriers").await;
    let card = card(&town);
    let signed = sign_in(&card, &card.client_id).await.unwrap();
    assert_eq!(signed.accounts[0].me.handle, card.handle);
    let desk = town.desk();
    let client = desk.add_client("Pension des Tilleuls".into(), 2).await.unwrap();
    let _acted = desk.set_rules(client, guichet_tests::desk::undo(0)).await.unwrap();
    let account = desk.add_account(client, "email".into(), signed).await.unwrap()[0];

    let visitor = || guichet_rehearsal::Speaker::new("odile@voyage.example", "Odile");
    let write = |text: &str| town.rehearsal.say(Say::direct(visitor(), &card.handle, text)).unwrap();
    write("Reste-t-il une chambre bleue ?");
    let row = town.row("une chambre bleue").await;
    let reply = town.reply(row.id, "Il en reste deux.").await;
    town.sent(reply).await;

    // An hour later: what was given opens nothing any more, and nobody notices.
    town.rehearsal.say(Say::Put { status: card.handle.clone(), state: "stale".into() }).unwrap();
    let reply = town.reply(row.id, "Et une verte.").await;
    town.sent(reply).await;
    assert_eq!(town.published("Et une verte").len(), 1);

    town.rehearsal.say(Say::Put { status: card.handle.clone(), state: "revoked".into() }).unwrap();
    let reply = town.reply(row.id, "La verte est prise.").await;
    guichet_tests::until("the account asks for its owner", std::time::Duration::from_secs(30), || async {
        let view = desk.desk().await.unwrap();
        let found =
            view.clients.iter().flat_map(|client| &client.accounts).find(|one| one.id == account).unwrap().health;
        (found == Health::NeedsLogin).then_some(())
    })
    .await;
    assert!(town.published("La verte est prise").is_empty(), "{:?}", town.state(reply).await);
    town.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_not_known_there_is_turned_away() {
    let town = Town::bare("courriers").await;
    let card = card(&town);
    let waited = tokio::time::timeout(std::time::Duration::from_secs(3), sign_in(&card, "un-autre")).await;
    assert!(waited.is_err() || waited.unwrap().is_err(), "it was let in");
    town.quit().await;
}
