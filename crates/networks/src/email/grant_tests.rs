//! A consent, from the browser to both servers; and where a token is never shown.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::super::access::Access;
use super::super::fake::{Fake, ME};
use super::super::login::SignIn;
use super::super::servers::Security;
use super::*;
use guichet_model::{Answer as Said, Login};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// The three ports are the machine's: one sign-in at a time.
static PORTS_IN_USE: Mutex<()> = Mutex::const_new(());

/// The token's door, strict: this program, this way back, the browser's own code.
struct Tokens;

impl Respond for Tokens {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let form: HashMap<_, _> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(form["code_verifier"].as_bytes()));
        let good = form["client_id"] == "guichet-a-moi"
            && form["grant_type"] == "authorization_code"
            && form["redirect_uri"].starts_with("http://127.0.0.1:478")
            && form["code"] == format!("code-{challenge}");
        let told =
            json!({ "access_token": "jeton", "refresh_token": "suite", "expires_in": 3599, "token_type": "Bearer" });
        match good {
            true => ResponseTemplate::new(200).set_body_json(told),
            false => ResponseTemplate::new(400).set_body_json(json!({ "error": "invalid_grant" })),
        }
    }
}

fn typed<const N: usize>(values: [(&str, String); N]) -> Said {
    Said::Fields { values: values.map(|(name, value)| (name.to_owned(), value)).into() }
}

/// Up to the browser, with what it was sent.
async fn asked(fake: &Fake, issuer: &MockServer) -> (SignIn, HashMap<String, String>) {
    let mut login = SignIn::new(Arc::new(Http::new(Reach::Loopback)), Arc::new(fake.dial()));
    login.answer(typed([("address", ME.to_owned())])).await.unwrap();
    let at = |server: &Server| format!("127.0.0.1:{}", server.port);
    let servers = typed([("imap", at(&fake.access.imap)), ("smtp", at(&fake.access.smtp)), ("issuer", issuer.uri())]);
    let Step::Ask { fields } = login.answer(servers).await.unwrap() else { panic!("no fields") };
    assert_eq!(fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["password", "client_id_google"]);
    let Step::OpenBrowser { url, host, paste } = login
        .answer(typed([("password", String::new()), ("client_id_google", " guichet-a-moi ".to_owned())]))
        .await
        .unwrap()
    else {
        panic!("no browser")
    };
    assert_eq!((host.as_str(), paste.len()), ("127.0.0.1", 0));
    (login, Url::parse(&url).unwrap().query_pairs().into_owned().collect())
}

async fn issuer() -> MockServer {
    let issuer = MockServer::start().await;
    Mock::given(method("POST")).and(path("/token")).respond_with(Tokens).mount(&issuer).await;
    issuer
}

#[tokio::test]
async fn the_owner_agrees_and_both_servers_let_us_in_without_a_password() {
    let _alone = PORTS_IN_USE.lock().await;
    let (fake, issuer) = (Fake::start().await, issuer().await);
    fake.state().token = "jeton".into();
    let (mut login, sent) = asked(&fake, &issuer).await;
    assert_eq!((sent["login_hint"].as_str(), sent["code_challenge_method"].as_str()), (ME, "S256"));
    let back = format!("{}?code=code-{}&state={}", sent["redirect_uri"], sent["code_challenge"], sent["state"]);
    let browser = tokio::spawn(async move { reqwest::get(back).await.unwrap().status() });
    assert_eq!(login.answer(Said::Returned).await, Ok(Step::Done));
    assert_eq!(browser.await.unwrap(), 200);
    let signed = login.signed().unwrap();
    let access = Access::open(&signed.secret, &signed.server).unwrap();
    let grant = access.grant.clone().unwrap();
    assert_eq!((access.password.as_str(), grant.access.as_str(), grant.refresh.as_str()), ("", "jeton", "suite"));
    assert!(grant.is_over(Millis(1)), "renewed at its first use");
    assert!(!format!("{signed:?} {access:?} {grant:?}").contains("jeton"), "no secret is printed");
    assert_eq!((fake.asked("AUTHENTICATE XOAUTH2"), fake.asked("AUTH"), fake.asked("LOGIN")), (1, 2, 0));
}

#[tokio::test]
async fn whoever_declines_or_brings_a_strangers_code_is_not_signed_in() {
    let _alone = PORTS_IN_USE.lock().await;
    let (fake, issuer) = (Fake::start().await, issuer().await);
    for (query, wanted) in
        [("error=access_denied&state=STATE", RefusalCode::Forbidden), ("code=x&state=autre", RefusalCode::Invalid)]
    {
        let (mut login, sent) = asked(&fake, &issuer).await;
        let back = format!("{}?{}", sent["redirect_uri"], query.replace("STATE", &sent["state"]));
        let browser = tokio::spawn(async move { reqwest::get(back).await.unwrap().status() });
        let refused = login.answer(Said::Returned).await;
        assert!(matches!(refused, Err(Fault::Refused { reason }) if reason.code == wanted), "{query}");
        assert_eq!(browser.await.unwrap(), 400);
        assert!(login.signed().is_none());
    }
    assert!(fake.state().asked.is_empty() && issuer.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_token_that_the_servers_do_not_take_is_no_sign_in() {
    let _alone = PORTS_IN_USE.lock().await;
    let (fake, issuer) = (Fake::start().await, issuer().await);
    fake.state().token = "autre".into();
    let (mut login, sent) = asked(&fake, &issuer).await;
    let back = format!("{}?code=code-{}&state={}", sent["redirect_uri"], sent["code_challenge"], sent["state"]);
    let browser = tokio::spawn(async move { reqwest::get(back).await.unwrap().status() });
    assert_eq!(login.answer(Said::Returned).await, Err(Fault::refused(RefusalCode::Forbidden, None)));
    assert_eq!(browser.await.unwrap(), 200);
    assert!(login.signed().is_none());
}

#[tokio::test]
async fn each_issuer_is_asked_at_its_own_door_and_for_its_own_servers() {
    let _alone = PORTS_IN_USE.lock().await;
    for (issuer, door, back, scope) in [
        (Issuer::Google, "accounts.google.com", "http://127.0.0.1:", "https://mail.google.com/"),
        (
            Issuer::Microsoft,
            "login.microsoftonline.com",
            "http://localhost:",
            "https://outlook.office.com/IMAP.AccessAsUser.All",
        ),
    ] {
        let client = Client { id: "moi".into(), secret: None };
        let consent = Consent::begin(issuer.clone(), client).await.unwrap();
        let Step::OpenBrowser { url, host, .. } = consent.step("a@b.test").unwrap() else { panic!("no browser") };
        let sent: HashMap<_, _> = Url::parse(&url).unwrap().query_pairs().into_owned().collect();
        assert!(host == door && sent["redirect_uri"].starts_with(back) && sent["scope"].starts_with(scope), "{url}");
        let token = Url::parse(&issuer.doors().token).unwrap();
        assert!(Reach::Public.allows(&token) && Reach::Public.allows(&Url::parse(&url).unwrap()));
    }
    let server = |host: &str| Server { host: host.into(), port: 993, security: Security::Tls };
    let shown = |issuer: &Issuer, host: &str| issuer.serves(&server(host), Reach::Public);
    assert!(shown(&Issuer::Google, "smtp.gmail.com") && shown(&Issuer::Microsoft, "smtp.office365.com"));
    for host in ["smtp.gmail.com.exemple.fr", "smtp.office365.com", "xgmail.com", "imap.orange.fr", "127.0.0.1"] {
        assert!(!shown(&Issuer::Google, host), "{host}");
    }
    assert!(!shown(&Issuer::Rehearsed("https://exemple.fr".into()), "exemple.fr"));
}
