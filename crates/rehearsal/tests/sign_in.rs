//! The whole sign-in with PKCE, by a plain client, and everything that must make it fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod stage;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use stage::{Account, account, quiet};

const VERIFIER: &str = "un-verificateur-assez-long-pour-la-norme-0123456789";
const BACK: &str = "http://127.0.0.1:47123/retour";
const OOB: &str = "urn:ietf:wg:oauth:2.0:oob";

struct App {
    id: String,
    secret: String,
}

async fn register(browser: &Account) -> App {
    let body = json!({
        "client_name": "Essai",
        "redirect_uris": format!("{BACK}\n{OOB}"),
        "scopes": "read write:statuses"
    });
    let app: Value =
        browser.http.post(browser.at("/api/v1/apps")).json(&body).send().await.unwrap().json().await.unwrap();
    assert_eq!(app["redirect_uris"], json!([BACK, OOB]));
    App { id: app["client_id"].as_str().unwrap().into(), secret: app["client_secret"].as_str().unwrap().into() }
}

fn consent<'a>(app: &'a App, redirect: &'a str, challenge: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("response_type", "code"),
        ("client_id", &app.id),
        ("redirect_uri", redirect),
        ("scope", "read write:statuses"),
        ("state", "un état"),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
    ]
}

/// Asks, presses the button of `account`, and gives where that leads: a location, or a page.
async fn press(browser: &Account, asked: &[(&str, &str)], account: &str) -> (u16, String, String) {
    let page = browser.http.get(browser.at("/oauth/authorize")).query(asked).send().await.unwrap();
    if page.status() != 200 {
        return (page.status().as_u16(), String::new(), page.text().await.unwrap());
    }
    let html = page.text().await.unwrap();
    assert!(html.contains("Autoriser Boulangerie des Halles") && html.contains("lang=\"fr\""));
    let mut form = asked.to_vec();
    form.push(("account", account));
    let answer = browser.http.post(browser.at("/oauth/authorize")).form(&form).send().await.unwrap();
    let location = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
    (answer.status().as_u16(), location, answer.text().await.unwrap())
}

async fn redeem(browser: &Account, fields: &[(&str, &str)]) -> (u16, Value) {
    let answer = browser.http.post(browser.at("/oauth/token")).form(fields).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn exchange<'a>(app: &'a App, code: &'a str, redirect: &'a str, verifier: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("grant_type", "authorization_code"),
        ("client_id", &app.id),
        ("client_secret", &app.secret),
        ("code", code),
        ("redirect_uri", redirect),
        ("code_verifier", verifier),
    ]
}

fn challenge() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

async fn code(browser: &Account, app: &App) -> String {
    let (status, location, _) = press(browser, &consent(app, BACK, &challenge()), &browser.card.remote).await;
    assert_eq!(status, 302);
    let url = url::Url::parse(&location).unwrap();
    let value = |name: &str| url.query_pairs().find(|(known, _)| known == name).unwrap().1.into_owned();
    assert_eq!(value("state"), "un état");
    assert_eq!(value("iss"), format!("{}/", browser.card.server));
    value("code")
}

#[tokio::test]
async fn by_the_loopback_and_out_again() {
    let rehearsal = quiet("calme").await;
    let mut browser = account(&rehearsal, 0);
    let metadata = browser.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
    let app = register(&browser).await;
    let code = code(&browser, &app).await;
    let (status, token) = redeem(&browser, &exchange(&app, &code, BACK, VERIFIER)).await;
    assert_eq!((status, &token["token_type"]), (200, &json!("Bearer")));
    assert_eq!(redeem(&browser, &exchange(&app, &code, BACK, VERIFIER)).await.0, 400, "a code serves once");

    browser.card.token = token["access_token"].as_str().unwrap().into();
    let me = browser.get("/api/v1/accounts/verify_credentials").await;
    assert_eq!(me["username"], "boulangerie_halles");
    let mute = browser.try_post("/api/v1/accounts/1/mute", json!({}), None).await.unwrap();
    assert_eq!(mute.status(), 403, "outside the scopes");

    let revoke = [("client_id", &app.id), ("client_secret", &app.secret), ("token", &browser.card.token)];
    let answer = browser.http.post(browser.at("/oauth/revoke")).form(&revoke).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let after = browser.try_get("/api/v1/accounts/verify_credentials").await.unwrap();
    assert_eq!(after.status(), 401);
    assert_eq!(after.json::<Value>().await.unwrap()["error"], "The access token is invalid");
}

#[tokio::test]
async fn by_a_code_to_copy() {
    let rehearsal = quiet("calme").await;
    let browser = account(&rehearsal, 0);
    let app = register(&browser).await;
    let (status, _, page) = press(&browser, &consent(&app, OOB, &challenge()), &browser.card.remote).await;
    assert_eq!(status, 200);
    let code = page.split_once("<code id=\"code\">").unwrap().1.split_once("</code>").unwrap().0;
    assert_eq!(redeem(&browser, &exchange(&app, code, OOB, VERIFIER)).await.0, 200);
}

#[tokio::test]
async fn nothing_loose_is_accepted() {
    let rehearsal = quiet("calme").await;
    let browser = account(&rehearsal, 0);
    let app = register(&browser).await;
    let elsewhere = "http://127.0.0.1:47124/retour";
    assert_eq!(press(&browser, &consent(&app, elsewhere, &challenge()), "1").await.0, 400);
    let stranger = App { id: "inconnu".into(), secret: String::new() };
    assert_eq!(press(&browser, &consent(&stranger, BACK, &challenge()), "1").await.0, 401);
    let (_, location, _) = press(&browser, &consent(&app, BACK, &challenge()), "0").await;
    assert!(location.contains("error=access_denied"));

    let wrong = code(&browser, &app).await;
    assert_eq!(redeem(&browser, &exchange(&app, &wrong, BACK, "autre")).await.0, 400, "the verifier");
    let wrong = code(&browser, &app).await;
    assert_eq!(redeem(&browser, &exchange(&app, &wrong, OOB, VERIFIER)).await.0, 400, "the address");
    let wrong = code(&browser, &app).await;
    let forged = App { id: app.id.clone(), secret: "faux".into() };
    let (status, error) = redeem(&browser, &exchange(&forged, &wrong, BACK, VERIFIER)).await;
    assert_eq!((status, &error["error"]), (401, &json!("invalid_client")));

    let own = [("grant_type", "client_credentials"), ("client_id", &app.id), ("client_secret", &app.secret)];
    let (status, token) = redeem(&browser, &own).await;
    assert_eq!(status, 200);
    let nobody = browser.http.get(browser.at("/api/v1/notifications"));
    let nobody = nobody.bearer_auth(token["access_token"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(nobody.status(), 422, "an app is no person");
}
