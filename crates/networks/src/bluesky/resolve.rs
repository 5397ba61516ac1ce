//! From a handle to the server that keeps its account: the handle's own domain says whose it is, the DID's document says
//! where that one is kept, and that the handle is really theirs.
//!
//! A handle may be told by its domain's DNS alone; what cannot be read there over https is asked of the largest server,
//! which reads DNS too. Nothing secret is sent on the way.

use super::names::{Who, is_did};
use super::renew::origin;
use super::{api::xrpc, errors};
use crate::addresses::Reach;
use crate::asked::Ask;
use crate::http::{Answer, Http};
use guichet_model::{Fault, Millis, RefusalCode, Unreached};
use serde_json::Value;
use url::Url;

/// A sign-in has no clock of its own: what asks to come back is measured from nothing, and the person decides.
pub(crate) const NOW: Millis = Millis(0);

/// Where names are looked up.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    /// Keeps most accounts, and lets one sign in by mail address.
    pub entryway: String,
    pub plc: String,
    /// Where a handle's own page begins, `{}` for the handle.
    pub handles: String,
}

impl Default for Directory {
    fn default() -> Self {
        Self {
            entryway: "https://bsky.social".into(),
            plc: "https://plc.directory".into(),
            handles: "https://{}".into(),
        }
    }
}

/// Where an account is kept, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Home {
    /// The server's origin.
    pub server: Url,
    /// `None`: not known before the sign-in (a mail address, a server that was typed).
    pub did: Option<String>,
}

pub(crate) fn wrong_server() -> Fault {
    Fault::refused(RefusalCode::WrongServer, None)
}

impl Directory {
    /// The server of a person, or the one that was typed.
    pub async fn home(&self, http: &Http, who: &Who, typed: Option<&str>) -> Result<Home, Fault> {
        if let Some(typed) = typed {
            let server = typed_server(typed, http.reach)?;
            let did = match who {
                Who::Did(did) => Some(did.clone()),
                Who::Handle(_) | Who::Mail(_) => None,
            };
            return Ok(Home { server, did });
        }
        let did = match who {
            Who::Did(did) => did.clone(),
            Who::Handle(handle) => self.did_of(http, handle).await?,
            Who::Mail(_) => return Ok(Home { server: address(&self.entryway)?, did: None }),
        };
        let document = self.document(http, &did).await?;
        // A handle that its person does not claim may lead anywhere.
        if let Who::Handle(handle) = who
            && !claims(&document, handle)
        {
            return Err(wrong_server());
        }
        let server = kept_at(&document, http.reach)?.ok_or_else(wrong_server)?;
        Ok(Home { server, did: Some(did) })
    }

    /// Whose a handle is, by its own domain or by the largest server's word.
    async fn did_of(&self, http: &Http, handle: &str) -> Result<String, Fault> {
        let page = address(&format!("{}/.well-known/atproto-did", self.handles.replace("{}", handle)))?;
        match told(http, page).await {
            Ok(answer) if answer.status == 200 => {
                let said = String::from_utf8_lossy(&answer.body);
                if let Some(did) = Some(said.trim()).filter(|did| is_did(did)) {
                    return Ok(did.to_owned());
                }
            }
            // A hotel's page stands before every domain.
            Err(Fault::Offline { why: Unreached::Portal }) => return Err(Fault::Offline { why: Unreached::Portal }),
            // Many domains serve no page at all, and tell it by DNS.
            Ok(_) | Err(_) => {}
        }
        whose(http, &address(&self.entryway)?, handle).await
    }

    /// A DID's document, from the directory of its method.
    pub async fn document(&self, http: &Http, did: &str) -> Result<Value, Fault> {
        let url = match did.split(':').collect::<Vec<_>>().as_slice() {
            ["did", "plc", _] => address(&format!("{}/{did}", self.plc))?,
            // A port is written %3A; paths are not allowed here (specs/did).
            ["did", "web", host] => {
                let host = host.replace("%3A", ":").replace("%3a", ":");
                let plain = matches!(http.reach, Reach::Loopback);
                address(&format!("{}://{host}/.well-known/did.json", if plain { "http" } else { "https" }))?
            }
            _ => return Err(wrong_server()),
        };
        let answer = told(http, url).await?;
        let document = match answer.status {
            200 => answer.json().map_err(|_| wrong_server())?,
            500.. | 429 => return Err(Fault::Later { after: NOW }),
            _ => return Err(Fault::refused(RefusalCode::Gone, None)),
        };
        if document.at("id") != did {
            return Err(wrong_server());
        }
        Ok(document)
    }
}

/// Whose a handle is, by a server's word.
pub(crate) async fn whose(http: &Http, server: &Url, handle: &str) -> Result<String, Fault> {
    let url = xrpc(server, "com.atproto.identity.resolveHandle", &[("handle", handle.to_owned())])?;
    let answer = http.read(http.reading(url)?, NOW, errors::table).await.map_err(|fault| match fault {
        // "Unable to resolve handle": there is nobody of that name.
        Fault::Refused { reason } => Fault::refused(RefusalCode::Gone, reason.said),
        other => other,
    })?;
    let did = answer.json()?.at("did").as_str().filter(|did| is_did(did)).map(str::to_owned);
    did.ok_or_else(|| Fault::unreadable("a handle without its owner"))
}

async fn told(http: &Http, url: Url) -> Result<Answer, Fault> {
    let answer = http.read_any(http.reading(url)?, NOW).await?;
    if answer.is_portal() && answer.status == 511 {
        return Err(Fault::Offline { why: Unreached::Portal });
    }
    Ok(answer)
}

fn claims(document: &Value, handle: &str) -> bool {
    let name = format!("at://{handle}");
    super::wire::list(document.at("alsoKnownAs"))
        .any(|alias| alias.as_str().is_some_and(|alias| alias.trim_end_matches('/').eq_ignore_ascii_case(&name)))
}

/// The origin of the server that a document names. `Ok(None)`: it names none.
pub(crate) fn kept_at(document: &Value, reach: Reach) -> Result<Option<Url>, Fault> {
    let keeps = |service: &&Value| {
        let id = service.at("id").as_str().unwrap_or_default();
        id.ends_with("#atproto_pds") && service.at("type") == "AtprotoPersonalDataServer"
    };
    let Some(service) = super::wire::list(document.at("service")).find(keeps) else {
        return Ok(None);
    };
    let named = service.at("serviceEndpoint").as_str().ok_or_else(wrong_server)?;
    let url = Url::parse(named).map_err(|_| wrong_server())?;
    if !reach.allows(&url) {
        return Err(Fault::unreadable("a server outside this program's reach"));
    }
    Url::parse(&origin(&url)).map(Some).map_err(|_| wrong_server())
}

/// A server's name or any address of it, as typed.
fn typed_server(typed: &str, reach: Reach) -> Result<Url, Fault> {
    let typed = typed.trim();
    let scheme = if reach == Reach::Loopback { "http" } else { "https" };
    let whole = if typed.contains("://") { typed.to_owned() } else { format!("{scheme}://{typed}") };
    let url = Url::parse(&whole).ok().filter(|url| reach.allows(url)).ok_or_else(wrong_server)?;
    Url::parse(&origin(&url)).map_err(|_| wrong_server())
}

fn address(text: &str) -> Result<Url, Fault> {
    Url::parse(text).map_err(|_| wrong_server())
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
