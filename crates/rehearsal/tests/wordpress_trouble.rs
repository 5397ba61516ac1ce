//! Every fault by command on a site, the consent page with what it refuses, and the browser that says yes by itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod stage;

use guichet_rehearsal::{Effect, FaultRule, Rehearsal, Say, SignIn, Speaker};
use reqwest::Method;
use serde_json::{Value, json};
use stage::site::{Site, ids, refused, site, told};
use stage::{account, quiet};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const COMMENTS: &str = "wp/v2/comments";
const PATH: &str = "=/wp-json/wp/v2/comments";

fn on_post(rehearsal: &Rehearsal, effect: Effect) {
    rehearsal.fault(FaultRule::on("POST", PATH, effect).once());
}

async fn try_answer(site: &Site, text: &str) -> reqwest::Result<reqwest::Response> {
    site.try_post(COMMENTS, json!({"post": 49, "content": text})).await
}

fn texts(rehearsal: &Rehearsal) -> Vec<String> {
    rehearsal.posted().into_iter().map(|post| post.text).collect()
}

#[tokio::test]
async fn refusals_do_nothing_and_speak_html_where_sites_do() {
    let rehearsal = quiet("sites").await;
    // The same rule hits whatever the form of the address.
    let mut site = site(&rehearsal, "plume_simple");
    site.root = format!("{}/?rest_route=/", site.card.server);
    for (effect, code) in [
        (Effect::Status { code: 503, body: String::new(), headers: vec![] }, 503),
        (Effect::Status { code: 403, body: String::new(), headers: vec![] }, 403),
        (Effect::RateLimited { after_s: 30 }, 429),
    ] {
        on_post(&rehearsal, effect);
        let response = try_answer(&site, "refusé").await.unwrap();
        assert_eq!(response.status(), code);
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
        match code {
            503 => assert_eq!(response.headers()["retry-after"], "600"),
            429 => assert!(matches!(response.headers()["retry-after"].to_str().unwrap(), "29" | "30")),
            _ => {}
        }
    }
    on_post(&rehearsal, Effect::TokenExpired);
    let expired = try_answer(&site, "refusé").await.unwrap();
    assert_eq!(told(expired).await.1["code"], "incorrect_password");
    on_post(&rehearsal, Effect::Status { code: 500, body: "{\"code\":\"oups\"}".into(), headers: vec![] });
    assert_eq!(told(try_answer(&site, "refusé").await.unwrap()).await, (500, json!({"code": "oups"})));
    assert!(rehearsal.posted().is_empty());
    assert_eq!(try_answer(&site, "passé").await.unwrap().status(), 201);
}

#[tokio::test]
async fn a_lost_answer_is_refused_as_a_double() {
    let rehearsal = quiet("sites").await;
    let site = site(&rehearsal, "plume_racine");
    on_post(&rehearsal, Effect::CutBefore);
    assert!(try_answer(&site, "avant").await.is_err());
    assert!(rehearsal.posted().is_empty());
    on_post(&rehearsal, Effect::CutAfter);
    assert!(try_answer(&site, "après").await.is_err());
    assert_eq!(told(try_answer(&site, "après").await.unwrap()).await.1["code"], "comment_duplicate");
    on_post(&rehearsal, Effect::AppliedLate { after_ms: 150 });
    assert!(try_answer(&site, "tard").await.is_err());
    assert_eq!(texts(&rehearsal), ["après"]);
    for _ in 0..200 {
        if rehearsal.posted().len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(texts(&rehearsal), ["après", "tard"]);
    on_post(&rehearsal, Effect::Garbage);
    assert!(try_answer(&site, "brouillé").await.unwrap().json::<Value>().await.is_err());
    assert_eq!(rehearsal.posted().len(), 3);
}

#[tokio::test]
async fn reads_can_lag_behind() {
    let rehearsal = quiet("soirée").await;
    let site = site(&rehearsal, "lambert");
    rehearsal.fault(FaultRule::on("GET", "/wp-json/", Effect::ReadsLag { ms: 60_000 }));
    let (code, answer) = site.post(COMMENTS, json!({"post": 49, "content": "Bientôt visible"})).await;
    assert_eq!(code, 201);
    let id = answer["id"].as_u64().unwrap();
    assert!(!ids(&site.get(COMMENTS).await).contains(&id));
    assert_eq!(refused(site.ask(Method::GET, &format!("{COMMENTS}/{id}"))).await.0, 404);
    rehearsal.clear_faults();
    assert!(ids(&site.get(COMMENTS).await).contains(&id));
}

#[tokio::test]
async fn people_of_two_networks_are_told_apart() {
    let rehearsal = quiet("soirée").await;
    let site = site(&rehearsal, "lambert");
    let by = Speaker::new("odile.ferrand@poste.example", "Odile Ferrand");
    let said = rehearsal.say(Say::mention(by.clone(), "lambert", "Et en hiver ?")).unwrap();
    let answer = rehearsal.say(Say::reply(Speaker::new("lambert", ""), &said, None, "Pareil, plus vite.")).unwrap();
    let at_top = rehearsal.say(Say::reply(by.clone(), "post-49", None, "Bravo")).unwrap();
    assert_eq!(site.get(&format!("{COMMENTS}/{at_top}")).await["post"], 49);
    assert_eq!(site.get(&format!("{COMMENTS}/{answer}")).await["parent"].to_string(), said);
    rehearsal.say(Say::Put { status: said.clone(), state: "spam".into() }).unwrap();
    rehearsal.say(Say::Edit { status: answer.clone(), text: "Pareil.".into() }).unwrap();
    rehearsal.say(Say::Delete { status: at_top.clone() }).unwrap();
    assert_eq!(site.get(&format!("{COMMENTS}/{said}")).await["status"], "spam");
    assert_eq!(site.try_get(&format!("{COMMENTS}/{at_top}")).await.unwrap().status(), 404);
    let posted = rehearsal.posted();
    assert_eq!((posted.len(), posted[0].text.as_str(), posted[0].native), (1, "Pareil.", true));
    assert!(rehearsal.say(Say::direct(by.clone(), "lambert", "psst")).is_none(), "nothing is private here");
    // On Mastodon nobody moderates others.
    let mention = rehearsal.say(Say::mention(by, "cycles_lambert", "Coucou")).unwrap();
    assert!(rehearsal.say(Say::Put { status: mention, state: "spam".into() }).is_none());
}

#[tokio::test]
async fn the_evening_arrives_on_the_site_too() {
    let evening = stage::start("soirée", 1.0e6).await;
    let site = site(&evening, "lambert");
    for _ in 0..300 {
        let there = site.get(&format!("{COMMENTS}?context=edit&status=any&per_page=100")).await;
        let count = |state: &str| there.as_array().unwrap().iter().filter(|comment| comment["status"] == state).count();
        if (count("approved"), count("hold"), count("spam")) == (10, 2, 2) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("what the scenario says has not arrived");
}

#[tokio::test]
async fn offline_refuses_and_comes_back() {
    let rehearsal = quiet("soirée").await;
    let site = site(&rehearsal, "lambert");
    rehearsal.offline(true);
    assert!(site.try_get("").await.unwrap_err().is_connect());
    rehearsal.offline(false);
    assert_eq!(site.try_get("").await.unwrap().status(), 200);
}

async fn page(site: &Site, asked: &[(&str, &str)]) -> (u16, String) {
    let page = format!("{}/wp-admin/authorize-application.php", site.card.server);
    let answer = site.http.get(page).query(asked).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn the_consent_sends_back_only_where_it_may() {
    let rehearsal = quiet("sites").await;
    let site = site(&rehearsal, "plume_racine");
    let asks = async |back: &str| page(&site, &[("app_name", "Essai"), ("success_url", back)]).await.0;
    for back in ["http://127.0.0.1:47123/retour", "http://[::1]:47123/", "https://app.example/cb", "guichet://wp"] {
        assert_eq!(asks(back).await, 200, "{back}");
    }
    for back in ["http://localhost:47123/", "http://app.example/cb", "javascript:alert(1)", "pas une adresse"] {
        assert_eq!(asks(back).await, 400, "{back}");
    }
    assert_eq!(page(&site, &[("app_name", "Essai"), ("app_id", "pas-un-uuid")]).await.0, 400);
    let (_, html) = page(&site, &[("app_name", "<Essai>")]).await;
    assert!(html.contains("&lt;Essai&gt; demande") && html.contains("Plume racine") && html.contains("lang=\"fr\""));
    assert_eq!(page(&stage::site::site(&rehearsal, "plume_sans"), &[]).await.0, 501);

    let press = async |account: &str, more: &str| {
        let page = format!("{}/wp-admin/authorize-application.php?app_name=Essai{more}", site.card.server);
        let answer = site.http.post(page).form(&[("account", account)]).send().await.unwrap();
        let place = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        (answer.status().as_u16(), place.unwrap_or_default())
    };
    let back = "&success_url=http://127.0.0.1:1/ok?state=7";
    assert_eq!(press("0", back).await, (302, "http://127.0.0.1:1/ok?state=7&success=false".to_owned()));
    let refused_to = format!("{back}&reject_url=http://127.0.0.1:1/non");
    assert_eq!(press("0", &refused_to).await, (302, "http://127.0.0.1:1/non".to_owned()));
    let (code, place) = press(&site.card.remote, back).await;
    let place = url::Url::parse(&place).unwrap();
    let value = |name: &str| place.query_pairs().find(|(known, _)| known == name).unwrap().1.into_owned();
    assert_eq!((code, value("state"), value("site_url")), (302, "7".to_owned(), site.card.server.clone()));
    let password = value("password");
    assert_eq!((value("user_login").as_str(), password.len()), ("plume_racine", 24));
    assert_eq!(press(&site.card.remote, back).await.0, 409, "each program has its own name");

    let asked =
        |route: &str, method| site.http.request(method, site.at(route)).basic_auth("plume_racine", Some(&password));
    let me = told(asked("wp/v2/users/me", Method::GET).send().await.unwrap()).await;
    assert_eq!((me.0, &me.1["name"]), (200, &json!("Plume racine")));
    let own = "wp/v2/users/me/application-passwords";
    let shown = told(asked(&format!("{own}/introspect"), Method::GET).send().await.unwrap()).await.1;
    assert_eq!(shown["name"], "Essai");
    let gone = asked(&format!("{own}/{}", shown["uuid"].as_str().unwrap()), Method::DELETE).send().await.unwrap();
    assert_eq!(told(gone).await.1["deleted"], true);
    assert_eq!(refused(asked("wp/v2/users/me", Method::GET)).await, (401, "rest_not_logged_in".to_owned()));
}

/// What a browser asks of the listener of a program.
async fn returned(listener: TcpListener) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut bytes = [0; 2048];
    let read = stream.read(&mut bytes).await.unwrap();
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await.unwrap();
    String::from_utf8_lossy(&bytes[..read]).lines().next().unwrap().to_owned()
}

#[tokio::test]
async fn a_browser_says_yes_by_itself() {
    let rehearsal = quiet("soirée").await;
    let site = site(&rehearsal, "lambert");
    let SignIn::Fields { values } = &site.card.sign_in else { panic!("a site is signed in to by typing") };
    assert_eq!(values["server"], site.card.server);
    assert_eq!((values["user"].as_str(), &values["password"]), ("lambert", &site.card.token));

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let back = format!("http://127.0.0.1:{}/retour", listener.local_addr().unwrap().port());
    let page = format!("{}/wp-admin/authorize-application.php?app_name=Guichet", site.card.server);
    let waiting = tokio::spawn(returned(listener));
    let asked = format!("{page}&success_url={back}");
    assert_eq!(rehearsal.consent(&asked, &site.card).await.unwrap(), None);
    assert!(waiting.await.unwrap().contains("/retour?site_url="));
    let shown = rehearsal.consent(&page.replace("Guichet", "Sans+retour"), &site.card).await.unwrap().unwrap();
    assert_eq!((shown.len(), shown.split(' ').count()), (29, 6), "{shown}");
    assert!(rehearsal.consent("http://site.example/page", &site.card).await.is_err(), "loopback alone");

    // The same browser on the page of another network.
    let bakery = account(&rehearsal, 0);
    assert!(matches!(bakery.card.sign_in, SignIn::Consent { .. }));
    let app =
        bakery.post("/api/v1/apps", json!({"client_name": "Essai", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"}));
    let id = app.await["client_id"].as_str().unwrap().to_owned();
    let page = format!("/oauth/authorize?response_type=code&client_id={id}&redirect_uri=urn:ietf:wg:oauth:2.0:oob");
    let code = rehearsal.consent(&bakery.at(&page), &bakery.card).await.unwrap().unwrap();
    assert_eq!(code.len(), 43);
}
