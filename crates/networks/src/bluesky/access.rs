//! The secret of a Bluesky access, and how it is kept: one JSON object in the vault. Both tokens of a session are replaced
//! together whenever one is exchanged.

use super::dpop::Key;
use crate::asked::Ask;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guichet_model::{Fault, Millis, SECOND, Secret};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Never printed: its `Debug` says nothing.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Access {
    /// The origin of the server that keeps the account, and the only one the access token goes to.
    pub server: String,
    pub did: String,
    pub access: String,
    /// Good for one exchange.
    pub refresh: String,
    /// `None`: an app password's session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oauth: Option<Oauth>,
}

/// What a session agreed to in the browser has besides.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Oauth {
    /// The origin that issued the tokens.
    pub issuer: String,
    /// On the issuer's origin.
    pub token_endpoint: String,
    pub client_id: String,
    /// As granted, space separated.
    pub scope: String,
    /// What proves that the tokens are ours.
    pub key: Key,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Access(…)")
    }
}

impl Access {
    pub fn seal(&self) -> Result<Secret, Fault> {
        let json = serde_json::to_string(self);
        json.map(Secret).map_err(|_| Fault::unreadable("a secret that is no JSON"))
    }

    /// A secret that cannot be read, or is another server's or person's, opens nothing.
    pub fn open(secret: &Secret, server: &str, did: &str) -> Result<Self, Fault> {
        let access: Self = serde_json::from_str(&secret.0).map_err(|_| Fault::NeedsLogin)?;
        if access.server != server || access.did != did {
            return Err(Fault::NeedsLogin);
        }
        Ok(access)
    }

    /// Whether the access token ends within so many milliseconds of an instant of the server's, as far as it says.
    pub fn ends_by(&self, server_now: Millis, within: i64) -> bool {
        ends_at(&self.access).is_some_and(|end| end <= server_now.plus(within))
    }
}

/// When a token ends by its own word: it is a JWT as a rule, but need not be.
fn ends_at(token: &str) -> Option<Millis> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    Some(Millis(claims.at("exp").as_i64()?.saturating_mul(SECOND)))
}
