//! A person's browser, and a second person on the same server, both in plain HTTP: what our connector does is seen
//! from outside by code that shares nothing with it.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Opens the sign-in page, fills its form, follows the redirects up to the address that does not belong to the
/// server, and opens that too, as the browser would: the program waiting there gets its code.
///
/// Returns the last page's text, where the server shows a code to copy.
pub async fn sign_in(page: &str, name: &str, password: &str) -> String {
    let http = crate::plain_http();
    let mut at = url(page);
    let home = at.origin();
    let mut form: Option<BTreeMap<String, String>> = None;
    for _ in 0..8 {
        let request = match form.take() {
            Some(fields) => http.post(at.clone()).form(&fields),
            None => http.get(at.clone()),
        };
        let answer = request.header("Accept", "text/html").send().await.expect("the page");
        if answer.status().is_redirection() {
            let next = answer.headers()["location"].to_str().expect("an address");
            at = at.join(next).expect("an address");
            continue;
        }
        assert!(answer.status().is_success(), "{at} answered {}", answer.status());
        let shown = answer.text().await.expect("the page's text");
        if at.origin() != home || !shown.contains("<form") {
            return shown;
        }
        let (action, mut fields) = first_form(&shown);
        let _old = fields.insert("login".into(), name.into());
        let _old = fields.insert("username".into(), name.into());
        let _old = fields.insert("passwd".into(), password.into());
        at = at.join(&action).expect("the form's address");
        form = Some(fields);
    }
    panic!("the sign-in of {name} never ended, last at {at}");
}

fn url(text: &str) -> reqwest::Url {
    reqwest::Url::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"))
}

/// The address of a page's first form and its fields.
fn first_form(page: &str) -> (String, BTreeMap<String, String>) {
    let form = page.split_once("<form").expect("a form").1;
    let form = form.split("</form>").next().unwrap_or(form);
    let action = attribute(form.split('>').next().unwrap_or_default(), "action").unwrap_or_default();
    let fields = form
        .split("<input")
        .skip(1)
        .filter_map(|rest| rest.split('>').next())
        .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default())))
        .collect();
    (action, fields)
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split_once(&format!("{name}=\""))?.1.split('"').next()?;
    Some(value.replace("&amp;", "&").replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<"))
}

/// A second person, with a token of their own.
pub struct Person {
    pub base: String,
    pub token: String,
    http: reqwest::Client,
}

impl Person {
    pub fn with_token(base: &str, token: impl Into<String>) -> Person {
        Person { base: base.into(), token: token.into(), http: crate::plain_http() }
    }

    /// Signs in through the server's own page, with the code shown to be copied.
    pub async fn signed_in(base: &str, name: &str, password: &str) -> Person {
        let (http, back) = (crate::plain_http(), "http://127.0.0.1:9/back");
        let app: Value = http
            .post(format!("{base}/api/v1/apps"))
            .form(&[("client_name", "Second person"), ("redirect_uris", back), ("scopes", "read write")])
            .send()
            .await
            .expect("the server answers")
            .json()
            .await
            .expect("an app");
        let id = app["client_id"].as_str().expect("client_id");
        let query = [
            ("response_type", "code"),
            ("client_id", id),
            ("redirect_uri", back),
            ("scope", "read write"),
            ("state", "s"),
        ];
        let page = reqwest::Url::parse_with_params(&format!("{base}/oauth/authorize"), query).expect("an address");
        let shown = http.get(page.clone()).send().await.expect("the page").text().await.expect("text");
        let (action, mut fields) = first_form(&shown);
        for (field, value) in [("login", name), ("username", name), ("passwd", password)] {
            let _old = fields.insert(field.into(), value.into());
        }
        let answer = http.post(page.join(&action).expect("an address")).form(&fields).send().await.expect("an answer");
        let back_at = url(answer.headers()["location"].to_str().expect("an address"));
        let code = back_at.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
        let token: Value = http
            .post(format!("{base}/oauth/token"))
            .form(&[
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("client_id", id),
                ("client_secret", app["client_secret"].as_str().expect("client_secret")),
                ("redirect_uri", back),
                ("scope", "read write"),
            ])
            .send()
            .await
            .expect("the server answers")
            .json()
            .await
            .expect("a token");
        Person::with_token(base, token["access_token"].as_str().expect("access_token"))
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer =
            self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.token).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.expect("JSON")
    }

    /// Writes a status and gives it back as the server shows it.
    pub async fn write(&self, text: &str, visibility: &str, answers: Option<&str>) -> Value {
        let mut body = json!({ "status": text, "visibility": visibility });
        if let Some(parent) = answers {
            body["in_reply_to_id"] = parent.into();
        }
        let path = format!("{}/api/v1/statuses", self.base);
        let answer = self.http.post(path).bearer_auth(&self.token).json(&body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "writing: {}", answer.status());
        answer.json().await.expect("a status")
    }

    /// The answers below a status whose text contains these words, as this person sees them.
    pub async fn answers(&self, status: &str, words: &str) -> Vec<Value> {
        let context = self.get(&format!("/api/v1/statuses/{status}/context")).await;
        let below = context["descendants"].as_array().cloned().unwrap_or_default();
        below.into_iter().filter(|one| one["content"].as_str().is_some_and(|text| text.contains(words))).collect()
    }

    /// Waits until exactly `count` answers are seen, then some time more for one too many.
    pub async fn sees(&self, status: &str, words: &str, count: usize) {
        crate::until(&format!("{count} × \"{words}\" seen from outside"), Duration::from_secs(30), || async {
            let found = self.answers(status, words).await.len();
            assert!(found <= count, "\"{words}\" stands there {found} times");
            (found == count).then_some(())
        })
        .await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(self.answers(status, words).await.len(), count, "\"{words}\" was published again");
    }
}
