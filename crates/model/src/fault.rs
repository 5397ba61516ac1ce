//! What can go wrong at a network, decided once at the edge and obeyed everywhere else.
//!
//! The question that matters is whether a write may have been done. `Offline`, `Later`, `NeedsLogin`,
//! `Blocked` and `Refused` are certain that it was not; `Unsure` is everything else.

use crate::Millis;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, thiserror::Error)]
#[serde(tag = "fault", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Fault {
    /// No connection was made: surely nothing was done.
    #[error("offline: {why:?}")]
    Offline { why: Unreached },
    /// The network asks to come back: not before `after`, an instant.
    #[error("later")]
    Later { after: Millis },
    /// The token no longer opens the account.
    #[error("needs login")]
    NeedsLogin,
    /// Everything under `scope` must stop until the given instant (`None`: until a person has acted).
    #[error("blocked")]
    Blocked { scope: BlockScope, until: Option<Millis>, reason: Reason },
    /// The network said no to this one request, for good.
    #[error("refused: {reason}")]
    Refused { reason: Reason },
    /// The request may have been done.
    #[error("unsure")]
    Unsure,
    /// A read answer that makes no sense. Never the fault of a write: that is `Unsure`.
    #[error("unreadable: {what}")]
    Unreadable { what: String },
}

/// Why no connection was made, as far as one can tell from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Unreached {
    /// The system says that there is no network.
    NoNetwork,
    /// Names are not found: a network without the internet behind it, or one server's name alone.
    NoName,
    /// Nobody answers at the address.
    NoAnswer,
    /// Somebody else answers: the sign-in page of a hotel or a train.
    Portal,
    /// The certificate is not valid at the hour that this computer shows.
    Clock,
    /// The connection could not be made safe for another reason.
    Unsafe,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum BlockScope {
    Account,
    Access,
}

/// Why a network refused: a code that the interface words, and the network's own sentence if it gave one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Reason {
    pub code: RefusalCode,
    /// The network's own words, shown after ours; at most 300 characters.
    pub said: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// What we answer no longer exists, or is not shown to us.
    Gone,
    /// The account may not do this (scope, role, blocked by the author).
    Forbidden,
    TooLong,
    /// Shorter than the network takes.
    TooShort,
    Empty,
    Duplicate,
    /// The reply window is over.
    WindowClosed,
    /// Our access was limited or suspended.
    Suspended,
    /// The network does not offer this.
    NotOffered,
    /// The server does not exist, or is not what it was said to be.
    WrongServer,
    /// The network judged the content invalid for another reason.
    Invalid,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The network's own words may quote our text, and errors end in logs: only the code is printed.
        write!(f, "{:?}", self.code)
    }
}

impl Fault {
    /// Nobody answers, and no more is known.
    pub const OFFLINE: Self = Self::Offline { why: Unreached::NoAnswer };

    pub fn refused(code: RefusalCode, said: Option<String>) -> Self {
        let said = said.map(|s| s.chars().take(300).collect());
        Self::Refused { reason: Reason { code, said } }
    }

    pub fn unreadable(what: impl Into<String>) -> Self {
        Self::Unreadable { what: what.into() }
    }
}
