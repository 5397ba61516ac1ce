//! The whole trip on WordPress itself: a sign-in through its own page, comments of strangers gathered and answered, seen
//! once by everybody, moderated; and the answer lost on the way, which the site's own refusal of copies settles.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guichet_model::*;
use guichet_tests::desk::Watch;
use guichet_tests::office::{Leave, Office, network, outgoing, saying, session};
use guichet_tests::servers::{Addresses, WordPress};
use std::collections::BTreeMap;
use std::sync::Arc;

fn fields(values: &[(&str, &str)]) -> Answer {
    Answer::Fields { values: values.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect() }
}

/// Signs in as a person does: pastes an address of the site, agrees in the browser, comes back.
async fn sign_in(address: &str, name: &str) -> Signed {
    let mut login = network("wordpress").login();
    let step = login.answer(fields(&[("server", address)])).await.unwrap();
    let Step::OpenBrowser { url, .. } = step else { panic!("after the site's name: {step:?}") };
    let (step, ()) = tokio::join!(login.answer(Answer::Returned), agree(&url, name));
    assert_eq!(step.unwrap(), Step::Done);
    let signed = login.signed().expect("a finished sign-in");
    assert_eq!(signed.accounts[0].me.handle, name);
    signed
}

/// A browser without scripts: signs in at the site, agrees on its page, follows it back.
async fn agree(page: &str, name: &str) {
    let http = guichet_tests::plain_http();
    let page = reqwest::Url::parse(page).unwrap();
    let mut cookies = BTreeMap::from([("wordpress_test_cookie".to_owned(), "WP%20Cookie%20check".to_owned())]);
    let password = format!("{name}-pass");
    let form = [("log", name), ("pwd", &password), ("testcookie", "1"), ("wp-submit", "Log In")];
    let door = page.join("/wp-login.php").unwrap();
    let answer = http.post(door).header("cookie", written(&cookies)).form(&form).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 302, "signed in at the site");
    for cookie in answer.headers().get_all("set-cookie") {
        let pair = cookie.to_str().unwrap().split(';').next().unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        cookies.insert(name.to_owned(), value.to_owned());
    }
    let shown = http.get(page.clone()).header("cookie", written(&cookies)).send().await.unwrap();
    let shown = shown.text().await.unwrap();
    let mut form = BTreeMap::from([("approve".to_owned(), "Yes".to_owned())]);
    for tag in shown.split("<input").skip(1).filter_map(|rest| rest.split('>').next()) {
        let value = |name: &str| {
            let value = tag.split_once(&format!(" {name}=\""))?.1.split('"').next()?;
            Some(value.replace("&amp;", "&").replace("&#038;", "&"))
        };
        if let (Some(name), Some(value)) = (value("name"), value("value"))
            && !matches!(&*name, "approve" | "reject")
        {
            form.insert(name, value);
        }
    }
    assert!(form.contains_key("success_url"), "the page asks: {shown}");
    let at = page.join("/wp-admin/authorize-application.php").unwrap();
    let answer = http.post(at).header("cookie", written(&cookies)).form(&form).send().await.unwrap();
    let back = answer.headers().get("location").unwrap_or_else(|| panic!("no way back: {}", answer.status()));
    assert_eq!(http.get(back.to_str().unwrap()).send().await.unwrap().status().as_u16(), 200, "Guichet took it");
}

fn written(cookies: &BTreeMap<String, String>) -> String {
    cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

async fn pulled(session: &Arc<dyn Session>, source: &str) -> Vec<Item> {
    let page = session.pull(source, None, Watch::default().now().plus(-DAY)).await.unwrap();
    assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
    page.items
}

#[tokio::test(flavor = "multi_thread")]
async fn gathered_answered_and_nothing_twice() {
    let site = WordPress::start(Addresses::Pretty).await;
    let signed = sign_in(&format!("{}/wp-admin/edit-comments.php", site.base), "alice").await;
    assert_eq!(signed.server, site.base);
    let office = Office::open("wordpress", signed).await;

    site.stranger("Zoé", "Avez-vous encore des \"tabliers\" bleus & gris ?", "0").await;
    let row = office.row("bleus & gris").await;
    let reply = office.reply(row.id, "Oui : 3 < 4, il en reste \"trois\"...").await;
    office.sent(reply).await;
    assert_eq!(site.shown("il en reste").await, 1);
    assert_eq!(site.shown("bleus").await, 0, "an answer approves nobody unasked");
    office.reads_again_without_doubles(row.id, 2).await;

    // The site has it, we do not know.
    for text in ["Et deux gris.", "Et un vert."] {
        site.wire.lose_answers(1);
        let reply = office.reply(row.id, text).await;
        office.sent(reply).await;
        assert_eq!(site.wire.still_to_lose(), 0, "the answer was to be lost");
        assert_eq!(site.shown(text).await, 1);
    }
    office.reads_again_without_doubles(row.id, 4).await;
    office.is_proved().await;
    office.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn moderated_edited_and_looked_at_again() {
    let site = WordPress::start(Addresses::Plain).await;
    let signed = sign_in(&site.base, "alice").await;
    let session = session("wordpress", &signed);
    let curation = session.curation().unwrap();
    assert_eq!(session.capabilities().await.unwrap().publications.len(), 4);

    for (name, text) in [("Max", "un vrai bonjour"), ("Promo", "casino gratuit"), ("Lou", "une question")] {
        site.stranger(name, text, "0").await;
    }
    let items = pulled(&session, "comments").await;
    let (hello, casino, question) =
        (saying(&items, "un vrai bonjour"), saying(&items, "casino"), saying(&items, "une question"));
    assert_eq!(hello.publication, Publication::Pending);
    let age = Watch::default().now().since(hello.at);
    assert!((-5_000..120_000).contains(&age), "dated {age} ms ago, though the site lives in Auckland");
    // Its dates are compared by the wall, ours are told with their zone.
    let after = |millis| session.pull("comments", None, Watch::default().now().plus(millis));
    assert!(after(-600_000).await.unwrap().items.contains(hello));
    assert!(after(600_000).await.unwrap().items.is_empty());
    let article = items.iter().find(|item| item.kind == Kind::Post && Some(&item.remote) == hello.post.as_ref());
    assert!(article.unwrap().body.text.starts_with("Les tabliers sont là"), "{article:?}");

    assert_eq!(curation.put(&hello.remote, Publication::Published).await, Ok(Publication::Published));
    assert_eq!(site.shown("un vrai bonjour").await, 1);
    assert_eq!(curation.put(&casino.remote, Publication::Spam).await, Ok(Publication::Spam));
    assert_eq!(curation.put(&question.remote, Publication::Trash).await, Ok(Publication::Trash));
    assert_eq!(curation.put(&question.remote, Publication::Trash).await, Ok(Publication::Trash));
    assert_eq!(saying(&pulled(&session, "spam").await, "casino").publication, Publication::Spam);
    assert_eq!(saying(&pulled(&session, "trash").await, "question").publication, Publication::Trash);
    let known = [&hello.remote, &casino.remote, &question.remote, &article.unwrap().remote].map(Clone::clone);
    let looked = session.again().unwrap().look(&known).await.unwrap();
    assert_eq!((looked.items.len(), looked.gone.len()), (4, 0), "wherever they stand");
    assert_eq!(saying(&looked.items, "question").publication, Publication::Trash);
    assert_eq!(curation.put(&question.remote, Publication::Pending).await, Ok(Publication::Pending));

    // One request, then the same again: the site refuses the copy, and that is the proof.
    let prepared = session.prepare(&outgoing(hello, "Bonjour « Max » & bienvenue <3")).await.unwrap();
    let item = session.send(&prepared, Arc::new(Leave)).await.unwrap();
    assert_eq!(item.body.text, prepared.text);
    assert_eq!((item.ours, &item.in_reply_to), (true, &Some(hello.remote.clone())));
    let again = session.send(&prepared, Arc::new(Leave)).await.unwrap();
    assert_eq!(again.remote, item.remote);
    assert_eq!(site.shown("bienvenue").await, 1);
    let found = session.find(&prepared, Watch::default().now().plus(-60_000)).await.unwrap();
    assert_eq!((found.same.len(), found.other.len(), found.complete), (1, 0, true));

    let own = session.own().unwrap();
    let edited = own.edit(&item.remote, "Bonjour, et à bientôt").await.unwrap();
    assert_eq!((edited.remote, &*edited.body.text), (item.remote.clone(), "Bonjour, et à bientôt"));
    let place = |item: &Item, read_at| Place { read_at, ..outgoing(item, "x").place };
    let before = Watch::default().now().plus(-60_000);
    assert!(matches!(session.recheck(&place(hello, before)).await, Ok(Recheck::Answered(_))));
    own.delete(&item.remote).await.unwrap();
    own.delete(&item.remote).await.unwrap();
    assert_eq!(session.recheck(&place(hello, before)).await, Ok(Recheck::Same));
    assert_eq!(site.shown("à bientôt").await, 0);
    let nobody = RemoteId::new("comment:424242");
    assert_eq!(session.again().unwrap().look(std::slice::from_ref(&nobody)).await.unwrap().gone, [nobody]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_sees_what_everybody_does() {
    let site = WordPress::start(Addresses::Pretty).await;
    let owner = session("wordpress", &sign_in(&site.base, "alice").await);
    site.stranger("Max", "approuvé", "0").await;
    site.stranger("Lou", "en attente", "0").await;
    let items = pulled(&owner, "comments").await;
    owner.curation().unwrap().put(&saying(&items, "approuvé").remote, Publication::Published).await.unwrap();

    let reader = session("wordpress", &sign_in(&site.base, "bob").await);
    let items = pulled(&reader, "comments").await;
    let shown = saying(&items, "approuvé");
    assert!(items.iter().all(|item| !item.body.text.contains("en attente")));
    assert!(pulled(&reader, "spam").await.is_empty());
    assert!(reader.capabilities().await.unwrap().publications.is_empty());
    assert!(reader.curation().unwrap().put(&shown.remote, Publication::Spam).await.is_err());
    // What a reader writes waits, and they are told so; of a copy they cannot see whether it is the first.
    let prepared = reader.prepare(&outgoing(shown, "moi aussi")).await.unwrap();
    let item = reader.send(&prepared, Arc::new(Leave)).await.unwrap();
    assert_eq!((item.ours, item.publication), (true, Publication::Pending));
    assert_eq!(reader.send(&prepared, Arc::new(Leave)).await.err(), Some(Fault::Unsure));
    assert!(!reader.find(&prepared, Millis(0)).await.unwrap().complete);

    let mut login = network("wordpress").login();
    login.answer(fields(&[("server", &site.base)])).await.unwrap();
    let wrong = login.answer(fields(&[("user", "alice"), ("password", "faux faux faux")])).await;
    assert!(matches!(wrong, Err(Fault::Refused { .. })), "{wrong:?}");
}
