//! A fresh pair of tokens for an old one. A refresh token is good for one exchange, so exchanges of one account stand in a
//! line: whoever comes second finds the pair that the first one brought. The new pair is in the vault before it is used.
//!
//! Once the question has left, the old pair is spent. So an exchange goes on by itself when nobody waits for it any more, and
//! a pair that the vault could not take is kept in the line until it does.

use super::access::Access;
use super::api::{Api, xrpc};
use super::{errors, oauth};
use crate::asked::Ask;
use crate::http::Answer;
use guichet_model::{Fault, SECOND, Spending};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

/// What an exchange brought, and the vault does not have yet.
pub(crate) struct Unsaved {
    spent: String,
    fresh: Access,
}

pub(crate) type Line = Arc<tokio::sync::Mutex<Option<Unsaved>>>;

/// One line an account, whichever session it stands in.
#[derive(Default)]
pub(crate) struct Renewals(Mutex<HashMap<String, Line>>);

impl Renewals {
    pub fn of(&self, did: &str) -> Line {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.entry(did.to_owned()).or_default().clone()
    }
}

/// The access in place of one whose token is `stale`.
pub(crate) async fn renew(api: &Arc<Api>, stale: &str) -> Result<Access, Fault> {
    let (by_itself, stale) = (api.clone(), stale.to_owned());
    let renewing = tokio::spawn(async move { in_line(&by_itself, &stale).await });
    renewing.await.unwrap_or_else(|_| Err(Fault::Later { after: api.now().plus(15 * SECOND) }))
}

async fn in_line(api: &Api, stale: &str) -> Result<Access, Fault> {
    let mut unsaved = api.line.lock().await;
    save(api, &mut unsaved).await?;
    let old = api.access().await?;
    if old.access != stale {
        return Ok(old);
    }
    api.doors.budget.reserve(Spending::Read)?;
    let fresh = match &old.oauth {
        None => exchanged(api, &old).await,
        Some(_) => oauth::exchanged(api, &old).await,
    };
    let fresh = fresh.map_err(|fault| match fault {
        // Nothing was published: it may be asked again, once the server has had time to be well.
        Fault::Unsure => Fault::Later { after: api.now().plus(15 * SECOND) },
        other => other,
    })?;
    *unsaved = Some(Unsaved { spent: old.refresh, fresh });
    save(api, &mut unsaved).await?;
    tracing::debug!("an access was renewed");
    api.access().await
}

/// In place of the pair that it was exchanged for, and of no other: a sign-in made meanwhile is newer.
async fn save(api: &Api, unsaved: &mut Option<Unsaved>) -> Result<(), Fault> {
    if let Some(Unsaved { spent, fresh }) = unsaved
        && api.access().await?.refresh == *spent
    {
        api.doors.secrets.replace(fresh.seal()?).await?;
    }
    *unsaved = None;
    Ok(())
}

async fn exchanged(api: &Api, old: &Access) -> Result<Access, Fault> {
    let url = xrpc(&api.server()?, "com.atproto.server.refreshSession", &[])?;
    let request = api.http.writing(url)?.bearer_auth(&old.refresh);
    let answer = api.http.write(request, api.now(), errors::table, &|answer| api.set_by(answer)).await?;
    pair(&answer, old, "accessJwt", "refreshJwt")
}

/// The pair in an answer. One without it was still an exchange: only a sign-in helps.
pub(crate) fn pair(answer: &Answer, old: &Access, access: &str, refresh: &str) -> Result<Access, Fault> {
    let told = answer.json().map_err(|_| Fault::Unsure)?;
    let token = |name: &str| told.at(name).as_str().filter(|token| !token.is_empty()).map(str::to_owned);
    match (token(access), token(refresh)) {
        (Some(access), Some(refresh)) => Ok(Access { access, refresh, ..old.clone() }),
        _ => Err(Fault::NeedsLogin),
    }
}

/// The origin of an address, as it is stored and compared.
pub(crate) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}
