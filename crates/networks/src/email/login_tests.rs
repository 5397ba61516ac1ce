//! Signing in, step by step, with both servers and without one of them.

#![allow(clippy::unwrap_used)]

use super::super::fake::{Fail, Fake, ME};
use super::*;
use std::collections::BTreeMap;

fn typed<const N: usize>(values: [(&str, &str); N]) -> Answer {
    Answer::Fields { values: values.map(|(name, value)| (name.to_owned(), value.to_owned())).into() }
}

fn login(fake: &Fake) -> SignIn {
    SignIn::new(Arc::new(Http::new(Reach::Loopback)), Arc::new(fake.dial()))
}

fn servers(fake: &Fake) -> Answer {
    let at = |server: &Server| format!("127.0.0.1:{}", server.port);
    typed([("imap", at(&fake.access.imap).as_str()), ("smtp", at(&fake.access.smtp).as_str())])
}

fn names(step: &Step) -> Vec<&str> {
    match step {
        Step::Ask { fields } => fields.iter().map(|field| field.name.as_str()).collect(),
        _ => Vec::new(),
    }
}

const PASSWORD: &str = "secret \"du\" port";

#[tokio::test]
async fn an_address_its_servers_and_it_is_done() {
    let fake = Fake::start().await;
    let mut login = login(&fake);
    assert_eq!(names(&login.first()), ["address", "password", "name", "folder"]);
    let address = typed([
        ("address", " Contact@Librairie.test "),
        ("password", PASSWORD),
        ("name", "Librairie du Port"),
        ("folder", ""),
    ]);
    let step = login.answer(address).await.unwrap();
    assert_eq!(names(&step), ["imap", "smtp", "user"]);
    assert_eq!(login.answer(servers(&fake)).await.unwrap(), Step::Done);
    let signed = login.signed().unwrap();
    assert_eq!(signed.server, fake.access.origin());
    let account = &signed.accounts[0];
    assert_eq!(
        (account.remote.as_str(), account.me.handle.as_str(), account.me.name.as_str()),
        (ME, ME, "Librairie du Port")
    );
    assert_eq!(Access::open(&signed.secret, &signed.server).unwrap(), fake.access);
    assert!(Access::open(&signed.secret, "imap://127.0.0.1:1").is_err());
    assert_eq!((fake.asked("MAIL"), fake.asked("AUTH")), (0, 1), "tried, and nothing sent");
}

#[tokio::test]
async fn a_wrong_password_is_said_and_the_step_can_be_answered_again() {
    let fake = Fake::start().await;
    for (command, fail) in [("LOGIN", "NO [AUTHENTICATIONFAILED] no"), ("AUTH", "535 5.7.8 no")] {
        let mut login = login(&fake);
        login.answer(typed([("address", ME), ("password", PASSWORD)])).await.unwrap();
        fake.fail(command, Fail::Say(fail));
        assert_eq!(login.answer(servers(&fake)).await, Err(invalid()), "{command}");
        assert!(login.signed().is_none());
        assert_eq!(login.answer(servers(&fake)).await, Ok(Step::Done), "{command}");
    }
}

#[tokio::test]
async fn a_password_left_out_is_asked_for_and_a_folder_that_is_not_there_is_said() {
    let fake = Fake::start().await;
    let mut login = login(&fake);
    login.answer(typed([("address", ME), ("folder", "Rien du tout")])).await.unwrap();
    assert_eq!(names(&login.answer(servers(&fake)).await.unwrap()), ["password"]);
    let gone = Fault::refused(RefusalCode::Gone, None);
    assert_eq!(login.answer(typed([("password", PASSWORD)])).await, Err(gone));
}

#[test]
fn each_great_provider_tells_how_to_make_a_password() {
    for (provider, wanted) in [
        (Some(Provider::Gmail), vec!["password_gmail", "client_id_google", "client_secret_google"]),
        (Some(Provider::Microsoft), vec!["client_id_microsoft", "password_microsoft"]),
        (Some(Provider::Orange), vec!["password_orange"]),
        (Some(Provider::Free), vec!["password_free"]),
        (None, vec!["password"]),
    ] {
        assert_eq!(names(&ask_password(provider, provider.and_then(Issuer::of).as_ref())), wanted);
    }
}

#[tokio::test]
async fn what_is_no_address_goes_nowhere() {
    let fake = Fake::start().await;
    let mut login = login(&fake);
    for wrong in ["librairie", "a@b\r\nc", "@librairie.test"] {
        assert_eq!(login.answer(typed([("address", wrong), ("password", "x")])).await, Err(invalid()), "{wrong}");
    }
    assert_eq!(login.answer(servers(&fake)).await, Err(invalid()), "no address yet");
    assert!(fake.state().asked.is_empty());
    let mut none = BTreeMap::new();
    none.insert("password".to_owned(), String::new());
    assert_eq!(login.answer(Answer::Fields { values: none }).await, Err(invalid()));
}
