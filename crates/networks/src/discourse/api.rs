//! Requests in the name of one account: its key goes to the origin that issued it and nowhere else, each request is paid
//! from the pace of its key first, and each answer tells the forum's time.
//!
//! A forum says one and the same to a key that is no good and to a right that is missing (`invalid_access`): then it is
//! asked who we are, and the answer tells which.

use super::access::Access;
use super::names;
use super::pace::{For, Pace};
use super::{errors, wire};
use crate::asked::Ask;
use crate::http::{Answer, Http, read_fault};
use crate::last_word::before_the_first_byte;
use guichet_model::{Doors, Fault, LastWord, MINUTE, Millis, RefusalCode, Spending};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) const ME: &str = "/session/current.json";

pub(crate) struct Api {
    pub http: Arc<Http>,
    pub doors: Doors,
    server: String,
    pace: Mutex<Pace>,
    /// The forum's clock less ours, in milliseconds.
    skew: AtomicI64,
    heard_date: AtomicBool,
    /// Its last answer to a read told of trouble of its own.
    troubled: AtomicBool,
}

impl Api {
    pub fn new(http: Arc<Http>, doors: Doors, server: &str) -> Self {
        Self {
            http,
            doors,
            server: server.trim_end_matches('/').to_owned(),
            pace: Mutex::default(),
            skew: AtomicI64::new(0),
            heard_date: AtomicBool::new(false),
            troubled: AtomicBool::new(false),
        }
    }

    pub fn now(&self) -> Millis {
        self.doors.clock.now()
    }

    /// The forum's clock less ours, as last heard.
    pub fn skew(&self) -> i64 {
        self.skew.load(Ordering::Relaxed)
    }

    /// The same, once a forum has told its time.
    pub fn known_skew(&self) -> Option<i64> {
        self.heard_date.load(Ordering::Relaxed).then(|| self.skew())
    }

    pub fn server_now(&self) -> Millis {
        self.now().plus(self.skew())
    }

    pub fn server(&self) -> &str {
        &self.server
    }

    /// Whether the last read was put off by the forum's own trouble (5xx), and not by its pace or the way there.
    pub fn is_troubled(&self) -> bool {
        self.troubled.load(Ordering::Relaxed)
    }

    /// Whether there is room for all that may follow now; when there will be.
    pub fn room(&self, what: For) -> Result<(), Fault> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner).room(what, what.in_a_row(), self.now())
    }

    /// A read; its answer is JSON.
    pub async fn get(&self, what: For, route: &str, query: &[(&str, String)]) -> Result<Value, Fault> {
        let answer = self.read(what, route, query).await?;
        match self.fault(&answer) {
            None => answer.json(),
            Some(Fault::Refused { .. }) if errors::is_access(&answer) => Err(self.which(what, &answer).await?),
            // "Not there" from a firewall or a broken proxy is nothing that the forum said.
            Some(Fault::Refused { .. }) if errors::table(&answer).is_none() => {
                Err(Fault::unreadable(format!("a {} that is not the forum's", answer.status)))
            }
            Some(fault) => Err(fault),
        }
    }

    async fn read(&self, what: For, route: &str, query: &[(&str, String)]) -> Result<Answer, Fault> {
        self.troubled.store(false, Ordering::Relaxed);
        let access = self.access().await?;
        self.reserve(what, Spending::Read)?;
        let url = names::at(&self.server, route, query)?;
        let request = signed(self.http.reading(url)?, &access);
        let answer = self.http.read_any(request, self.now()).await?;
        self.set_by(&answer);
        self.troubled.store(answer.status >= 500, Ordering::Relaxed);
        Ok(answer)
    }

    fn fault(&self, answer: &Answer) -> Option<Fault> {
        match read_fault(answer, self.now(), errors::table) {
            Some(Fault::Later { after }) => {
                Some(Fault::Later { after: errors::wait(answer, self.now()).unwrap_or(after) })
            }
            fault => fault,
        }
    }

    /// After a refused access: the key's, or a right's.
    async fn which(&self, what: For, refused: &Answer) -> Result<Fault, Fault> {
        let asked = self.read(what, ME, &[]).await?;
        if asked.status == 404 || errors::is_access(&asked) {
            return Ok(Fault::NeedsLogin);
        }
        match self.fault(&asked) {
            None if wire::User::read(asked.json()?.at("current_user")).is_ok() => {
                Ok(errors::table(refused).unwrap_or_else(|| Fault::refused(RefusalCode::Forbidden, None)))
            }
            None => Ok(Fault::NeedsLogin),
            Some(fault) => Ok(fault),
        }
    }

    /// Exactly one write; its answer is 2xx.
    pub async fn write(
        &self,
        method: Method,
        route: &str,
        query: &[(&str, String)],
        body: Option<String>,
    ) -> Result<Answer, Fault> {
        let access = self.access().await?;
        self.reserve(For::Send, Spending::Send)?;
        let url = names::at(&self.server, route, query)?;
        let mut request = signed(self.http.writing_by(method, url)?, &access);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let heard = Mutex::new((None, None, false));
        let hear = |answer: &Answer| {
            self.set_by(answer);
            let access = errors::is_access(answer).then(|| answer.body.clone());
            let read_only = errors::is_read_only(answer);
            *heard.lock().unwrap_or_else(PoisonError::into_inner) =
                (errors::wait(answer, self.now()), access, read_only);
        };
        let outcome = self.http.write(request, self.now(), errors::table, &hear).await;
        let (wait, access, read_only) = heard.into_inner().unwrap_or_else(PoisonError::into_inner);
        match (outcome, wait, access) {
            // As certain as a 4xx: a forum that writes nothing has not written this.
            (Err(Fault::Unsure), _, _) if read_only => Err(Fault::Later { after: self.now().plus(MINUTE) }),
            (Err(Fault::Later { after }), wait, _) => Err(Fault::Later { after: wait.unwrap_or(after) }),
            (Err(Fault::Refused { reason }), _, Some(body)) => {
                let refused = Answer { status: 403, headers: Default::default(), body };
                // That it was not done is certain; why, only if the forum can be asked.
                Err(match self.which(For::Send, &refused).await {
                    Ok(Fault::NeedsLogin) => Fault::NeedsLogin,
                    _ => Fault::Refused { reason },
                })
            }
            (outcome, _, _) => outcome,
        }
    }

    /// A post, where nothing has held it back until it is connected.
    pub async fn publish(&self, route: &str, body: String, last: Arc<dyn LastWord>) -> Result<Answer, Fault> {
        before_the_first_byte(last, self.write(Method::POST, route, &[], Some(body))).await
    }

    async fn access(&self) -> Result<Access, Fault> {
        Access::open(&self.doors.secrets.read().await?, &self.server)
    }

    fn reserve(&self, what: For, spending: Spending) -> Result<(), Fault> {
        self.doors.budget.reserve(spending)?;
        self.pace.lock().unwrap_or_else(PoisonError::into_inner).take(what, self.now())
    }

    fn set_by(&self, answer: &Answer) {
        if let Some(date) = answer.date() {
            // The header counts whole seconds: less than that is no difference.
            let skew = date.since(self.now());
            let skew = if skew.abs() < 1_500 { 0 } else { skew };
            self.skew.store(skew, Ordering::Relaxed);
            self.heard_date.store(true, Ordering::Relaxed);
        }
    }
}

/// Under the name that the key was made for.
pub(crate) fn signed(request: RequestBuilder, access: &Access) -> RequestBuilder {
    request
        .header("accept", "application/json")
        .header("user-api-key", &access.access_token)
        .header("user-api-client-id", &access.client_id)
}

#[cfg(test)]
#[path = "api_tests.rs"]
mod tests;
