//! A mail house without passwords: its tokens are given to the program that asked, once for each code, and are worth what
//! their owner leaves them worth.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod stage;

use guichet_rehearsal::Say;
use reqwest::Url;
use stage::mail::{base64, mailbox};
use stage::quiet;

const BACK: &str = "http://127.0.0.1:47811/cb";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[tokio::test]
async fn a_token_is_given_for_a_code_that_is_good_once_and_to_nobody_else() {
    let rehearsal = quiet("courriers").await;
    let jetons = mailbox(&rehearsal, "pension_jetons");
    let (server, program) = (jetons.value("server").to_owned(), jetons.card.client_id.clone());
    let asked = |back: &str, program: &str, challenge: &str| {
        let mut url = Url::parse(&format!("{server}/authorize")).unwrap();
        url.query_pairs_mut()
            .extend_pairs([
                ("response_type", "code"),
                ("client_id", program),
                ("redirect_uri", back),
                ("scope", "mail"),
            ])
            .extend_pairs([
                ("state", "0123456789abcdef"),
                ("code_challenge", challenge),
                ("code_challenge_method", "S256"),
            ])
            .append_pair("login_hint", &jetons.card.handle);
        stage::http().get(url).send()
    };
    for (back, program, challenge) in [
        ("https://ailleurs.example/cb", program.as_str(), CHALLENGE),
        ("http://localhost:47811/cb", &program, CHALLENGE),
        (BACK, "un-autre", CHALLENGE),
        (BACK, &program, ""),
    ] {
        assert_eq!(asked(back, program, challenge).await.unwrap().status(), 400, "{back} {program} {challenge}");
    }
    let code = async || {
        let answer = asked(BACK, &program, CHALLENGE).await.unwrap();
        let to = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        assert!(to.as_str().starts_with(BACK));
        to.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
    };
    let token = async |form: &[(&str, &str)]| {
        let answer = stage::http().post(format!("{server}/token")).form(form).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<serde_json::Value>().await.unwrap())
    };
    let exchange = async |code: &str, back: &str, verifier: &str| {
        token(&[
            ("grant_type", "authorization_code"),
            ("client_id", &program),
            ("code", code),
            ("redirect_uri", back),
            ("code_verifier", verifier),
        ])
        .await
    };
    assert_eq!(exchange(&code().await, BACK, "autre").await.0, 400);
    assert_eq!(exchange(&code().await, "http://127.0.0.1:1/cb", VERIFIER).await.0, 400);
    let once = code().await;
    let (status, told) = exchange(&once, BACK, VERIFIER).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(exchange(&once, BACK, VERIFIER).await.1["error"], "invalid_grant", "a second time");

    let opens = async |token: &str| {
        let words = base64(&format!("user={}\u{1}auth=Bearer {token}\u{1}\u{1}", jetons.card.handle));
        let mut imap = jetons.connect().await;
        imap.raw(format!("t1 AUTHENTICATE XOAUTH2 {words}\r\n").as_bytes()).await;
        imap.line().await.starts_with("t1 OK")
    };
    let (first, next) = (told["access_token"].as_str().unwrap(), told["refresh_token"].as_str().unwrap());
    assert!(opens(first).await && !opens(next).await);
    let put = |state: &str| rehearsal.say(Say::Put { status: jetons.card.handle.clone(), state: state.into() });
    assert!(put("stale").is_some() && !opens(first).await);
    let renew = [("grant_type", "refresh_token"), ("client_id", program.as_str()), ("refresh_token", next)];
    let (status, fresh) = token(&renew).await;
    assert!(status == 200 && opens(fresh["access_token"].as_str().unwrap()).await, "{fresh}");
    assert_eq!(token(&[renew[0], ("client_id", "un-autre"), renew[2]]).await.0, 401);
    assert!(put("revoked").is_some() && !opens(fresh["access_token"].as_str().unwrap()).await);
    assert_eq!(token(&renew).await, (400, serde_json::json!({ "error": "invalid_grant" })));
}
