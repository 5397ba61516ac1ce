//! Agreeing in the browser with the simulated Bluesky, by hand: what is announced, agreed to, exchanged, proved; and all that
//! a careless client would get away with elsewhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod stage;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use guichet_rehearsal::Rehearsal;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use stage::ciel::{CHAT, Ciel, ciel, read};
use stage::quiet;
use std::cell::RefCell;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const SCOPE: &str = "atproto transition:generic transition:chat.bsky";
const VERIFIER: &str = "un-mot-assez-long-pour-que-personne-ne-le-devine-jamais";

fn coded(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn hashed(text: &str) -> String {
    coded(&Sha256::digest(text.as_bytes()))
}

/// A client with a key of its own and the last nonce it was given.
struct Program {
    pair: EcdsaKeyPair,
    nonce: RefCell<Option<String>>,
    drawn: RefCell<u32>,
}

impl Program {
    fn new() -> Program {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref()).unwrap();
        Program { pair, nonce: RefCell::new(None), drawn: RefCell::new(0) }
    }

    fn claims(&self, verb: &str, url: &str, token: Option<&str>) -> Value {
        *self.drawn.borrow_mut() += 1;
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let url = url.split('?').next().unwrap();
        let mut claims = json!({"jti": format!("note-{}", self.drawn.borrow()), "htm": verb, "htu": url, "iat": now});
        if let Some(nonce) = self.nonce.borrow().as_ref() {
            claims["nonce"] = nonce.clone().into();
        }
        if let Some(token) = token {
            claims["ath"] = hashed(token).into();
        }
        claims
    }

    fn signed(&self, claims: &Value) -> String {
        let point = self.pair.public_key().as_ref();
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": coded(&point[1..33]), "y": coded(&point[33..])});
        let head = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk});
        let text = format!("{}.{}", coded(head.to_string().as_bytes()), coded(claims.to_string().as_bytes()));
        format!("{text}.{}", coded(self.pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap().as_ref()))
    }

    /// Sends; the nonce of the answer is kept.
    async fn told(&self, request: RequestBuilder) -> (u16, Value) {
        let answer = request.send().await.unwrap();
        if let Some(nonce) = answer.headers().get("dpop-nonce") {
            *self.nonce.borrow_mut() = Some(nonce.to_str().unwrap().to_owned());
        }
        read(answer).await
    }

    async fn form(&self, inn: &Ciel, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let url = format!("{}{path}", inn.card.server);
        let proof = self.signed(&self.claims("POST", &url, None));
        self.told(inn.http.post(&url).header("dpop", proof).form(form)).await
    }

    async fn get(&self, inn: &Ciel, token: &str, method: &str) -> (u16, Value) {
        let proof = self.signed(&self.claims("GET", &inn.at(method), Some(token)));
        self.told(self.asking(inn, token, method).header("dpop", proof)).await
    }

    fn asking(&self, inn: &Ciel, token: &str, method: &str) -> RequestBuilder {
        let request = inn.plain(Method::GET, method).header("authorization", format!("DPoP {token}"));
        if method.starts_with("chat.") { request.header(CHAT.0, CHAT.1) } else { request }
    }
}

fn client_id(redirect: &str, scope: &str) -> String {
    let mut url = reqwest::Url::parse("http://localhost").unwrap();
    url.query_pairs_mut().append_pair("redirect_uri", redirect).append_pair("scope", scope);
    url.as_str().replacen("localhost/?", "localhost?", 1)
}

fn pushed<'a>(client: &'a str, redirect: &'a str, scope: &'a str, challenge: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("client_id", client),
        ("response_type", "code"),
        ("redirect_uri", redirect),
        ("scope", scope),
        ("state", "état"),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
    ]
}

/// Announces, lets the person agree, and waits where the browser comes back: the query that it brings.
async fn agreed(
    rehearsal: &Rehearsal,
    inn: &Ciel,
    program: &Program,
    client: &str,
    redirect: &str,
    listener: TcpListener,
) -> reqwest::Url {
    let challenge = hashed(VERIFIER);
    let scope = reqwest::Url::parse(client).unwrap();
    let scope = scope.query_pairs().find(|(name, _)| name == "scope").unwrap().1.into_owned();
    let form = pushed(client, redirect, &scope, &challenge);
    let (mut status, mut told) = program.form(inn, "/oauth/par", &form).await;
    if told["error"] == "use_dpop_nonce" {
        (status, told) = program.form(inn, "/oauth/par", &form).await;
    }
    assert_eq!(status, 201, "{told}");
    let mut page = reqwest::Url::parse(&format!("{}/oauth/authorize", inn.card.server)).unwrap();
    page.query_pairs_mut()
        .append_pair("client_id", client)
        .append_pair("request_uri", told["request_uri"].as_str().unwrap());
    let shown = inn.http.get(page.clone()).send().await.unwrap().text().await.unwrap();
    assert!(shown.contains("@auberge.ouvert.test"), "{shown}");
    let back = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = vec![0; 4096];
        let read = stream.read(&mut bytes).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        String::from_utf8_lossy(&bytes[..read]).split(' ').nth(1).unwrap().to_owned()
    });
    rehearsal.consent(page.as_str(), &inn.card).await.unwrap();
    let place = reqwest::Url::parse(redirect).unwrap().join(&back.await.unwrap()).unwrap();
    let again = inn.http.get(page).send().await.unwrap();
    assert_eq!(again.status(), 400, "a request is agreed to once");
    place
}

fn value(url: &reqwest::Url, name: &str) -> String {
    url.query_pairs().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no {name}")).1.into_owned()
}

#[tokio::test]
async fn a_person_agrees_and_the_key_opens() {
    let rehearsal = quiet("ciels").await;
    let (inn, program, other) = (ciel(&rehearsal, "auberge").await, Program::new(), Program::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let redirect = format!("http://127.0.0.1:{}/cb", listener.local_addr().unwrap().port());
    let client = client_id(&redirect, SCOPE);
    let back = agreed(&rehearsal, &inn, &program, &client, &redirect, listener).await;
    assert_eq!((value(&back, "state"), value(&back, "iss")), ("état".to_owned(), inn.card.server.clone()));
    let code = value(&back, "code");
    let exchange = |verifier: &'static str| {
        let pairs = [
            ("grant_type", "authorization_code"),
            ("client_id", &client),
            ("redirect_uri", &redirect),
            ("code_verifier", verifier),
        ];
        pairs
            .map(|(name, value)| (name, value.to_owned()))
            .into_iter()
            .chain([("code", code.clone())])
            .collect::<Vec<_>>()
    };
    let form = exchange(VERIFIER);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (status, tokens) = program.form(&inn, "/oauth/token", &form).await;
    assert_eq!(
        (status, &tokens["sub"], &tokens["scope"], &tokens["token_type"]),
        (200, &json!(inn.did()), &json!(SCOPE), &json!("DPoP"))
    );
    assert_eq!(program.form(&inn, "/oauth/token", &form).await.1["error"], "invalid_grant", "a code is good once");

    let token = tokens["access_token"].as_str().unwrap();
    let session = "com.atproto.server.getSession";
    assert_eq!(program.get(&inn, token, session).await.1["handle"], inn.card.handle.as_str());
    assert_eq!(program.get(&inn, token, "chat.bsky.convo.listConvos?limit=10").await.0, 200);
    // Without the key, or the proof, or with another's.
    assert_eq!(program.told(program.asking(&inn, token, session)).await.1["error"], "invalid_dpop_proof");
    *other.nonce.borrow_mut() = program.nonce.borrow().clone();
    assert_eq!(other.get(&inn, token, session).await.0, 401);
    let bearer = inn.plain(Method::GET, session).bearer_auth(token);
    assert_eq!(program.told(bearer).await.1["error"], "InvalidToken");
    let mut claims = program.claims("GET", &inn.at(session), Some(token));
    for (name, wrong, error) in [
        ("htm", json!("POST"), "invalid_dpop_proof"),
        ("htu", json!("https://ailleurs.example/"), "invalid_dpop_proof"),
        ("ath", json!(hashed("autre")), "invalid_dpop_proof"),
        ("iat", json!(1), "invalid_dpop_proof"),
        ("iss", json!("moi"), "invalid_dpop_proof"),
        ("nonce", json!("vieux"), "use_dpop_nonce"),
    ] {
        let right = claims[name].clone();
        claims[name] = wrong;
        let proof = program.signed(&claims);
        let answer = program.asking(&inn, token, session).header("dpop", proof).send().await.unwrap();
        assert!(answer.headers()["www-authenticate"].to_str().unwrap().starts_with("DPoP"));
        let (status, told) = read(answer).await;
        assert_eq!((status, told["error"].as_str()), (401, Some(error)), "{name}");
        claims[name] = right;
    }
    claims.as_object_mut().unwrap().remove("iss");
    let proof = program.signed(&claims);
    let once = || program.asking(&inn, token, session).header("dpop", &proof);
    assert_eq!((program.told(once()).await.0, program.told(once()).await.0), (200, 401), "a proof is shown once");
    let mut torn = program.signed(&program.claims("GET", &inn.at(session), Some(token)));
    torn.replace_range(torn.len() - 4..torn.len() - 2, "zz");
    assert_eq!(program.told(program.asking(&inn, token, session).header("dpop", torn)).await.0, 401);

    let refresh = tokens["refresh_token"].as_str().unwrap();
    let renew = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("client_id", client.as_str())];
    let (status, fresh) = program.form(&inn, "/oauth/token", &renew).await;
    assert!(status == 200 && fresh["refresh_token"] != tokens["refresh_token"]);
    let fresh = fresh["access_token"].as_str().unwrap();
    assert_eq!(program.get(&inn, fresh, session).await.0, 200);
    let (status, told) = program.form(&inn, "/oauth/token", &renew).await;
    assert_eq!((status, &told["error_description"]), (400, &json!("Refresh token replayed")));
    assert_eq!(program.get(&inn, fresh, session).await.1["error"], "invalid_token", "nobody keeps what two had");
}

#[tokio::test]
async fn less_is_agreed_to() {
    let rehearsal = quiet("ciels").await;
    let (inn, program) = (ciel(&rehearsal, "auberge").await, Program::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let redirect = format!("http://127.0.0.1:{}/cb", listener.local_addr().unwrap().port());
    let client = client_id(&redirect, "atproto transition:generic");
    let back = agreed(&rehearsal, &inn, &program, &client, &redirect, listener).await;
    let code = value(&back, "code");
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client.as_str()),
        ("redirect_uri", redirect.as_str()),
        ("code_verifier", VERIFIER),
        ("code", code.as_str()),
    ];
    let (_, tokens) = program.form(&inn, "/oauth/token", &form).await;
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(program.get(&inn, token, "app.bsky.notification.getUnreadCount").await.0, 200);
    let (status, told) = program.get(&inn, token, "chat.bsky.convo.listConvos").await;
    assert_eq!((status, told["error"].as_str()), (403, Some("ScopeMissingError")));
}

#[tokio::test]
async fn what_is_announced_is_in_order() {
    let rehearsal = quiet("ciels").await;
    let (inn, program) = (ciel(&rehearsal, "auberge").await, Program::new());
    let (redirect, challenge) = ("http://127.0.0.1:47811/cb", hashed(VERIFIER));
    let client = client_id("http://127.0.0.1/cb", SCOPE);
    let (status, told) = program.form(&inn, "/oauth/par", &pushed(&client, redirect, SCOPE, &challenge)).await;
    assert_eq!((status, told["error"].as_str()), (400, Some("use_dpop_nonce")));
    let error = async |form: &[(&str, &str)]| {
        let (status, told) = program.form(&inn, "/oauth/par", form).await;
        assert_eq!(status, 400, "{told}");
        told["error"].as_str().unwrap().to_owned()
    };
    let https = pushed("https://guichet.example/client.json", redirect, SCOPE, &challenge);
    assert_eq!(error(&https).await, "invalid_client_metadata");
    let port = client.replacen("localhost", "localhost:8080", 1);
    assert_eq!(error(&pushed(&port, redirect, SCOPE, &challenge)).await, "invalid_client_metadata");
    assert_eq!(error(&pushed(&client, "http://127.0.0.1:47811/autre", SCOPE, &challenge)).await, "invalid_request");
    assert_eq!(error(&pushed(&client, "http://localhost:47811/cb", SCOPE, &challenge)).await, "invalid_request");
    assert_eq!(error(&pushed(&client, redirect, "transition:generic", &challenge)).await, "invalid_scope");
    assert_eq!(error(&pushed(&client, redirect, SCOPE, "court")).await, "invalid_request");
    let small = client_id("http://127.0.0.1/cb", "atproto");
    assert_eq!(
        error(&pushed(&small, redirect, SCOPE, &challenge)).await,
        "invalid_scope",
        "not more than its name says"
    );
    assert_eq!(
        program.form(&inn, "/oauth/par", &pushed(&client, redirect, SCOPE, &challenge)).await.0,
        201,
        "the port is free"
    );
    let metadata = inn.http.get(format!("{}/.well-known/oauth-authorization-server", inn.card.server));
    let metadata = program.told(metadata).await.1;
    assert_eq!(metadata["issuer"], inn.card.server.as_str());
    assert_eq!(metadata["require_pushed_authorization_requests"], true);
}
