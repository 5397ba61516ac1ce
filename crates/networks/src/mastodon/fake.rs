//! For the tests of this folder: a passed-in clock, a secret, a budget, and statuses as a server writes them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::session::Account;
use crate::addresses::Reach;
use crate::http::Http;
use async_trait::async_trait;
use guichet_model::*;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

pub(crate) const NOW: Millis = Millis(1_790_000_000_000);
pub(crate) const ME: &str = "1";

pub(crate) struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Millis {
        NOW
    }
}

pub(crate) struct OneSecret;

#[async_trait]
impl Secrets for OneSecret {
    async fn read(&self) -> Result<Secret, Fault> {
        let secret = json!({ "client_id": "app", "client_secret": "shh", "access_token": "jeton", "scopes": "read" });
        Ok(Secret(secret.to_string()))
    }

    async fn replace(&self, _: Secret) -> Result<(), Fault> {
        Ok(())
    }
}

/// Lets so many requests through, and remembers what it was told.
#[derive(Default)]
pub(crate) struct Purse {
    pub left: Mutex<Option<u32>>,
    pub told: Mutex<Vec<(Spending, u32, Millis)>>,
}

impl Budget for Purse {
    fn reserve(&self, _: Spending) -> Result<(), Fault> {
        match &mut *self.left.lock().unwrap() {
            Some(0) => Err(Fault::Later { after: NOW.plus(MINUTE) }),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn correct(&self, spending: Spending, remaining: u32, reset: Millis) {
        self.told.lock().unwrap().push((spending, remaining, reset));
    }
}

/// A last word that is always the same.
pub(crate) fn word(may_leave: bool) -> Arc<dyn LastWord> {
    struct Word(bool);
    #[async_trait]
    impl LastWord for Word {
        async fn may_leave(&self) -> bool {
            self.0
        }
    }
    Arc::new(Word(may_leave))
}

pub(crate) fn identity(server: &str) -> Identity {
    Identity {
        server: server.to_owned(),
        me: Author {
            remote: RemoteId::new(ME),
            handle: "librairie".into(),
            name: "Librairie du Port".into(),
            avatar: None,
            url: Some("https://exemple.test/@librairie".into()),
            bot: false,
        },
    }
}

pub(crate) fn account(server: &str) -> (Account, Arc<Purse>) {
    let purse = Arc::new(Purse::default());
    let doors = Doors { clock: Arc::new(Fixed), secrets: Arc::new(OneSecret), budget: purse.clone() };
    let http = Arc::new(Http::new(Reach::Loopback));
    (Account::new(http, identity(server), doors), purse)
}

/// An instant so many seconds before now, as Mastodon writes it.
pub(crate) fn ago(seconds: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(NOW.0 - seconds * 1000).unwrap();
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// A status of author `by`, `seconds` ago, in answer to `to`.
pub(crate) fn status(id: &str, by: &str, to: Option<&str>, seconds: i64, text: &str) -> Value {
    json!({
        "id": id, "created_at": ago(seconds), "in_reply_to_id": to, "visibility": "public", "language": "fr",
        "uri": format!("https://exemple.test/ap/{id}"), "url": format!("https://exemple.test/@{by}/{id}"),
        "content": format!("<p>{text}</p>"), "spoiler_text": "", "edited_at": null, "replies_count": 0,
        "account": { "id": by, "acct": if by == ME { "librairie" } else { by }, "display_name": by },
        "mentions": if text.contains("@librairie") { json!([{ "id": ME, "acct": "librairie" }]) } else { json!([]) },
        "media_attachments": [], "emojis": []
    })
}

/// An answer whose clock is the tests' own.
pub(crate) fn answer(told: impl serde::Serialize) -> wiremock::ResponseTemplate {
    wiremock::ResponseTemplate::new(200).set_body_json(told).insert_header("date", date(0).as_str())
}

/// A `Date` header of so many seconds before now.
pub(crate) fn date(seconds: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(NOW.0 - seconds * 1000).unwrap();
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

pub(crate) fn mention(id: &str, status: Value) -> Value {
    json!({ "id": id, "type": "mention", "created_at": status["created_at"], "account": status["account"], "status": status })
}

pub(crate) fn with(mut status: Value, field: &str, value: Value) -> Value {
    status[field] = value;
    status
}
