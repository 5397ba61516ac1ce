//! A fresh pair of tokens for an old one. A refresh token is good for one exchange, so exchanges of one account stand in a
//! line: whoever comes second finds the pair that the first one brought. The new pair is in the vault before it is used.

use super::access::Access;
use super::api::{Api, xrpc};
use super::{errors, oauth};
use crate::asked::Ask;
use crate::http::Answer;
use guichet_model::{Fault, SECOND, Spending};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

/// One line an account, whichever session it stands in.
#[derive(Default)]
pub(crate) struct Renewals(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl Renewals {
    pub fn of(&self, did: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.entry(did.to_owned()).or_default().clone()
    }
}

/// The access in place of one whose token is `stale`.
pub(crate) async fn renew(api: &Api, stale: &str) -> Result<Access, Fault> {
    let line = api.line.clone();
    let _turn = line.lock().await;
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
    api.doors.secrets.replace(fresh.seal()?).await?;
    tracing::debug!("an access was renewed");
    Ok(fresh)
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
