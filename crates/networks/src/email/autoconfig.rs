//! The servers of a domain, as it describes them itself or as Thunderbird's list does: an XML file, asked for over https
//! alone, by the domain's name and never by the address. Read by the tokenizer that reads HTML: it never fails, and no
//! entity of the file's own making means anything to it.

use super::servers::{Pair, Protocol, Security, Server, User};
use crate::http::{Answer, Http};
use guichet_model::{Fault, Millis};
use html5ever::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use std::cell::RefCell;
use url::Url;

/// Larger ones describe something else.
const LARGEST: usize = 64 << 10;
/// Nothing here waits for a time: no answer is asked for twice.
const NOW: Millis = Millis(0);

/// `None`: nobody describes it. A domain that cannot be asked is one that nobody describes: the person can.
pub(crate) async fn find(http: &Http, domain: &str) -> Result<Option<Pair>, Fault> {
    let places = [
        format!("https://autoconfig.{domain}/mail/config-v1.1.xml"),
        format!("https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml"),
        format!("https://autoconfig.thunderbird.net/v1.1/{domain}"),
    ];
    let mut offline = None;
    for place in places {
        let Ok(url) = Url::parse(&place) else { continue };
        let Ok(request) = http.reading(url) else { continue };
        match http.read(request, NOW, no_words).await {
            Ok(answer) if answer.body.len() <= LARGEST => {
                if let Some(pair) = read(&String::from_utf8_lossy(&answer.body), http.reach) {
                    return Ok(Some(pair));
                }
            }
            Err(fault @ Fault::Offline { .. }) => offline = Some(fault),
            _ => offline = None,
        }
    }
    // The last one asked is there for everybody: where not even that is reached, there is no network.
    match offline {
        Some(fault) => Err(fault),
        None => Ok(None),
    }
}

fn no_words(_: &Answer) -> Option<Fault> {
    None
}

/// The best of what is described: TLS before STARTTLS, and nothing in clear.
pub(crate) fn read(xml: &str, reach: crate::Reach) -> Option<Pair> {
    let described = tokens(xml);
    let best = |incoming: bool, protocol: Protocol| {
        let fitting = described.iter().filter(|server| server.incoming == incoming);
        let mut fitting: Vec<_> = fitting
            .filter(|server| server.kind == if incoming { "imap" } else { "smtp" })
            .filter_map(|server| Some((server.server(protocol)?, server.user.as_str())))
            .filter(|(server, _)| server.is_within(reach))
            .collect();
        fitting.sort_by_key(|(server, _)| server.security != Security::Tls);
        fitting.into_iter().next()
    };
    let (imap, user) = best(true, Protocol::Imap)?;
    let (smtp, _) = best(false, Protocol::Smtp)?;
    Some(Pair { imap, smtp, user: named(user) })
}

fn named(placeholder: &str) -> User {
    match placeholder.trim() {
        "%EMAILLOCALPART%" => User::LocalPart,
        "" | "%EMAILADDRESS%" => User::Address,
        other if other.contains('%') => User::Address,
        other => User::Named(other.to_owned()),
    }
}

/// One `<incomingServer>` or `<outgoingServer>`.
#[derive(Clone, Debug, Default)]
struct Described {
    incoming: bool,
    kind: String,
    host: String,
    port: String,
    security: String,
    user: String,
}

impl Described {
    fn server(&self, protocol: Protocol) -> Option<Server> {
        let security = match self.security.trim() {
            "SSL" => Security::Tls,
            "STARTTLS" => Security::StartTls,
            _ => return None,
        };
        let scheme = match (protocol, security) {
            (Protocol::Imap, Security::Tls) => "imaps",
            (Protocol::Imap, _) => "imap",
            (Protocol::Smtp, Security::Tls) => "smtps",
            (Protocol::Smtp, _) => "smtp",
        };
        let typed = format!("{scheme}://{}:{}", self.host.trim(), self.port.trim());
        Server::typed(&typed, protocol, crate::Reach::Public).ok()
    }
}

fn tokens(xml: &str) -> Vec<Described> {
    let sink = Sink(RefCell::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(xml));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    for _ in 0..=xml.len() {
        if let TokenizerResult::Done = tokenizer.feed(&queue) {
            break;
        }
    }
    tokenizer.end();
    tokenizer.sink.0.into_inner().servers
}

#[derive(Default)]
struct Reading {
    servers: Vec<Described>,
    open: Option<Described>,
    field: Option<String>,
}

struct Sink(RefCell<Reading>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut reading = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) => {
                // Names come in lower case, as those of HTML do.
                let server = matches!(&*tag.name, "incomingserver" | "outgoingserver");
                match (tag.kind, server) {
                    (TagKind::StartTag, true) => {
                        let kind = tag.attrs.iter().find(|attr| &*attr.name.local == "type");
                        reading.open = Some(Described {
                            incoming: &*tag.name == "incomingserver",
                            kind: kind.map(|attr| attr.value.to_lowercase()).unwrap_or_default(),
                            ..Described::default()
                        });
                    }
                    (TagKind::EndTag, true) => {
                        let done = reading.open.take();
                        reading.servers.extend(done);
                    }
                    (TagKind::StartTag, false) => reading.field = Some(tag.name.to_string()),
                    (TagKind::EndTag, false) => reading.field = None,
                }
            }
            Token::CharacterTokens(text) => {
                let Reading { open: Some(open), field: Some(field), .. } = &mut *reading else {
                    return TokenSinkResult::Continue;
                };
                match field.as_str() {
                    "hostname" => open.host.push_str(&text),
                    "port" => open.port.push_str(&text),
                    "sockettype" => open.security.push_str(&text),
                    "username" => open.user.push_str(&text),
                    _ => {}
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

#[cfg(test)]
#[path = "autoconfig_tests.rs"]
mod tests;
