//! The two servers of a mailbox: as typed, as written down, and those of the great providers, which everybody has and
//! nobody should have to look up.

use crate::addresses::Reach;
use guichet_model::{Fault, RefusalCode};
use serde::{Deserialize, Serialize};
use url::Url;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Server {
    pub host: String,
    pub port: u16,
    pub security: Security,
}

/// How a connection is made safe. What was typed in clear never crosses a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Security {
    /// From the first byte (RFC 8314).
    Tls,
    /// Asked for in clear, then from there on; a server that will not is left.
    StartTls,
    /// On this machine's own loopback alone.
    Plain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Imap,
    Smtp,
}

impl Server {
    fn new(host: &str, port: u16, security: Security) -> Self {
        Self { host: host.to_owned(), port, security }
    }

    /// `imap.exemple.fr`, `imap.exemple.fr:993`, or an address with its scheme. The port says the security where the
    /// scheme does not: 143 and 587 begin in clear.
    pub fn typed(text: &str, protocol: Protocol, reach: Reach) -> Result<Self, Fault> {
        let wrong = || Fault::refused(RefusalCode::WrongServer, None);
        let (scheme, rest) = match text.trim().split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => (String::new(), text.trim()),
        };
        let safe = match (protocol, scheme.as_str()) {
            (Protocol::Imap, "imaps") | (Protocol::Smtp, "smtps" | "submissions") => Some(Security::Tls),
            (Protocol::Imap, "imap") | (Protocol::Smtp, "smtp" | "submission") => Some(Security::StartTls),
            (_, "") => None,
            _ => return Err(wrong()),
        };
        // Read as a web address: its host is then what `Reach` knows, international names included.
        let url = Url::parse(&format!("http://{}", rest.trim_end_matches('/'))).map_err(|_| wrong())?;
        let host = url.host_str().ok_or_else(wrong)?.trim_end_matches('.').to_owned();
        // The port of the web is the one that is not told.
        let port = url.port();
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !bare || !url.username().is_empty() || url.password().is_some() {
            return Err(wrong());
        }
        let security = match (reach, safe, port) {
            (Reach::Loopback, ..) => Security::Plain,
            (_, Some(safe), _) => safe,
            (_, None, Some(143 | 25 | 587 | 2525)) => Security::StartTls,
            _ => Security::Tls,
        };
        let port = port.unwrap_or(match (protocol, security) {
            (Protocol::Imap, Security::Tls) => 993,
            (Protocol::Imap, _) => 143,
            (Protocol::Smtp, Security::Tls) => 465,
            (Protocol::Smtp, _) => 587,
        });
        let server = Self { host, port, security };
        if server.is_within(reach) { Ok(server) } else { Err(wrong()) }
    }

    /// Whether it may be reached, as written. Its resolved addresses are checked again on connecting.
    pub fn is_within(&self, reach: Reach) -> bool {
        let (scheme, safe) = match reach {
            Reach::Public => ("https", self.security != Security::Plain),
            // Nothing leaves this machine, safe or not.
            Reach::Loopback => ("http", true),
        };
        let url = Url::parse(&format!("{scheme}://{}:{}", self.host, self.port));
        safe && url.is_ok_and(|url| reach.allows(&url))
    }

    /// `imaps://imap.exemple.fr:993`
    pub fn url(&self, scheme: &str) -> String {
        let s = if self.security == Security::Tls { "s" } else { "" };
        format!("{scheme}{s}://{}:{}", self.host, self.port)
    }
}

/// Those who let a program in by other ways than the mailbox's own password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    Gmail,
    Microsoft,
    Orange,
    Free,
}

impl Provider {
    pub fn of_server(imap: &Server) -> Option<Self> {
        let host = imap.host.to_ascii_lowercase();
        let ends = |end: &str| host == end || host.ends_with(&format!(".{end}"));
        if ends("gmail.com") || ends("googlemail.com") {
            Some(Self::Gmail)
        } else if ends("outlook.com") || ends("office365.com") || ends("hotmail.com") || ends("live.com") {
            Some(Self::Microsoft)
        } else if ends("orange.fr") || ends("wanadoo.fr") {
            Some(Self::Orange)
        } else if ends("free.fr") {
            Some(Self::Free)
        } else {
            None
        }
    }

    /// The name of the field that asks for the password, whose words tell how to make one.
    pub fn password_field(self) -> &'static str {
        match self {
            Self::Gmail => "password_gmail",
            Self::Microsoft => "password_microsoft",
            Self::Orange => "password_orange",
            Self::Free => "password_free",
        }
    }
}

/// Whether what is sent stands in that mailbox's folder of sent messages without our doing: where it goes out through the
/// provider's own server for its mailboxes. A relay, be it of the same house, keeps nothing.
pub(crate) fn keeps_copies(imap: &Server, smtp: &Server) -> bool {
    let out = smtp.host.to_ascii_lowercase();
    let own: &[&str] = match Provider::of_server(imap) {
        Some(Provider::Gmail) => &["smtp.gmail.com", "smtp.googlemail.com"],
        Some(Provider::Microsoft) => &[
            "smtp.office365.com",
            "smtp-legacy.office365.com",
            "smtp-mail.outlook.com",
            "outlook.office365.com",
            "smtp.live.com",
            "smtp.hotmail.com",
        ],
        _ => &[],
    };
    own.contains(&out.as_str())
}

/// Both servers, and what the mailbox's owner is called there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub imap: Server,
    pub smtp: Server,
    pub user: User,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum User {
    Address,
    /// What stands before the "@".
    LocalPart,
    Named(String),
}

impl User {
    pub fn of(&self, address: &str) -> String {
        match self {
            Self::Address => address.to_owned(),
            Self::LocalPart => address.split('@').next().unwrap_or(address).to_owned(),
            Self::Named(name) => name.clone(),
        }
    }
}

/// The servers of the great providers, from their own help pages; others are found by `autoconfig`.
pub(crate) fn known(domain: &str) -> Option<Pair> {
    let (imap, smtp, user) = match domain {
        "gmail.com" | "googlemail.com" => ("imap.gmail.com", "smtp.gmail.com", User::Address),
        "outlook.com" | "outlook.fr" | "hotmail.com" | "hotmail.fr" | "live.com" | "live.fr" | "msn.com" => {
            let smtp = Server::new("smtp-mail.outlook.com", 587, Security::StartTls);
            let imap = Server::new("outlook.office365.com", 993, Security::Tls);
            return Some(Pair { imap, smtp, user: User::Address });
        }
        "orange.fr" | "wanadoo.fr" => ("imap.orange.fr", "smtp.orange.fr", User::Address),
        "free.fr" => ("imap.free.fr", "smtp.free.fr", User::LocalPart),
        _ => return None,
    };
    let (imap, smtp) = (Server::new(imap, 993, Security::Tls), Server::new(smtp, 465, Security::Tls));
    Some(Pair { imap, smtp, user })
}

#[cfg(test)]
#[path = "servers_tests.rs"]
mod tests;
