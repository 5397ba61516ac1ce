//! One simulated server in all its parts: the data server that everybody signs in to, and behind it, asked through it, the
//! AppView, the chat and the moderators. Here is who answers what, and what must be proved first.

use super::asked::Asked;
use super::limits::Limits;
use super::oauth::{self, Oauth};
use super::refusal::{Refusal, add, told};
use super::tokens::{self, Caller};
use super::world::Sky;
use super::{chat, dpop, feed, graph, identity, media, notifications, repo};
use crate::clock::now_ms;
use crate::hold;
use crate::network::Stand;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

pub(crate) struct Host {
    stand: Stand,
    pub sky: Mutex<Sky>,
    pub limits: Mutex<Limits>,
    pub oauth: Mutex<Oauth>,
}

impl Host {
    pub fn new(stand: Stand) -> Host {
        Host { stand, sky: Mutex::default(), limits: Mutex::default(), oauth: Mutex::default() }
    }
}

/// It is a server, and more: its origin and its luck are found on it.
impl Deref for Host {
    type Target = Stand;

    fn deref(&self) -> &Stand {
        &self.stand
    }
}

pub(crate) fn routes(host: Arc<Host>) -> Router {
    Router::new().fallback(answer).with_state(host)
}

/// The chat, as a proxy header names it.
const CHAT: &str = "did:web:api.bsky.chat#bsky_chat";
const VIEW: &str = "did:web:api.bsky.app#bsky_appview";
const LABELER: &str = "did:plc:ar7c4by46qjdydhdevvrndac#atproto_labeler";

/// Which of the services a method belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The data server's own, for anybody.
    Open,
    /// The data server's own, for who signed in.
    Own,
    View,
    Chat,
    Moderators,
}

type Answer = Result<Value, Refusal>;

enum Act {
    Open(fn(&Host, &Asked) -> Answer),
    Known(fn(&Host, &Asked, &Caller) -> Answer),
}

/// The methods that are played: whose, how they are asked, and who answers.
fn method(name: &str) -> Option<(Part, Method, Act)> {
    use Act::{Known, Open};
    let (get, post) = (Method::GET, Method::POST);
    Some(match name {
        "com.atproto.identity.resolveHandle" => (Part::Open, get, Open(identity::resolve)),
        "com.atproto.server.describeServer" => (Part::Open, get, Open(|host, _| identity::server(host))),
        "com.atproto.server.createSession" => (Part::Open, post, Open(tokens::create)),
        "com.atproto.server.refreshSession" => (Part::Open, post, Open(tokens::refresh)),
        "com.atproto.server.deleteSession" => (Part::Open, post, Open(tokens::delete)),
        "com.atproto.server.getSession" => (Part::Own, get, Known(|host, _, who| tokens::shown(host, who))),
        "com.atproto.repo.getRecord" => (Part::Open, get, Open(repo::one)),
        "com.atproto.repo.listRecords" => (Part::Open, get, Open(repo::list)),
        "com.atproto.repo.createRecord" => (Part::Own, post, Known(repo::create)),
        "com.atproto.repo.putRecord" => (Part::Own, post, Known(repo::put)),
        "com.atproto.repo.deleteRecord" => (Part::Own, post, Known(repo::delete)),
        "com.atproto.repo.uploadBlob" => (Part::Own, post, Known(media::take)),
        "com.atproto.moderation.createReport" => (Part::Moderators, post, Known(graph::report)),
        "app.bsky.notification.listNotifications" => (Part::View, get, Known(notifications::list)),
        "app.bsky.notification.getUnreadCount" => (Part::View, get, Known(notifications::count)),
        "app.bsky.notification.updateSeen" => (Part::View, post, Known(notifications::seen)),
        "app.bsky.feed.getPostThread" => (Part::View, get, Known(feed::thread)),
        "app.bsky.feed.getPosts" => (Part::View, get, Known(feed::posts)),
        "app.bsky.feed.getAuthorFeed" => (Part::View, get, Known(feed::author)),
        "app.bsky.feed.getQuotes" => (Part::View, get, Known(feed::quotes)),
        "app.bsky.actor.getProfile" => (Part::View, get, Known(graph::profile)),
        "app.bsky.actor.getProfiles" => (Part::View, get, Known(graph::profiles)),
        "app.bsky.graph.muteActor" => (Part::View, post, Known(graph::mute)),
        "app.bsky.graph.unmuteActor" => (Part::View, post, Known(graph::unmute)),
        "app.bsky.graph.muteThread" => (Part::View, post, Known(graph::mute_thread)),
        "app.bsky.graph.unmuteThread" => (Part::View, post, Known(graph::unmute_thread)),
        "app.bsky.graph.getMutes" => (Part::View, get, Known(graph::mutes)),
        "app.bsky.graph.getBlocks" => (Part::View, get, Known(graph::blocks)),
        "chat.bsky.convo.listConvos" => (Part::Chat, get, Known(chat::list)),
        "chat.bsky.convo.getConvo" => (Part::Chat, get, Known(chat::one)),
        "chat.bsky.convo.getConvoForMembers" => (Part::Chat, get, Known(chat::for_members)),
        "chat.bsky.convo.getConvoAvailability" => (Part::Chat, get, Known(chat::availability)),
        "chat.bsky.convo.getMessages" => (Part::Chat, get, Known(chat::messages)),
        "chat.bsky.convo.getLog" => (Part::Chat, get, Known(chat::log)),
        "chat.bsky.convo.sendMessage" => (Part::Chat, post, Known(chat::send)),
        "chat.bsky.convo.acceptConvo" => (Part::Chat, post, Known(chat::accept)),
        "chat.bsky.convo.updateRead" => (Part::Chat, post, Known(chat::read)),
        "chat.bsky.convo.deleteMessageForSelf" => (Part::Chat, post, Known(chat::delete_for_self)),
        "chat.bsky.convo.addReaction" => (Part::Chat, post, Known(chat::add_reaction)),
        "chat.bsky.convo.removeReaction" => (Part::Chat, post, Known(chat::remove_reaction)),
        _ => return None,
    })
}

/// Where a proxy header sends a request; nowhere where there is none.
fn sent_to(header: &str) -> Result<Option<Part>, Refusal> {
    match header {
        "" => Ok(None),
        CHAT => Ok(Some(Part::Chat)),
        VIEW => Ok(Some(Part::View)),
        LABELER => Ok(Some(Part::Moderators)),
        other if !other.contains('#') => Err(Refusal::invalid("no service id specified in proxy header")),
        other => {
            let did = |service: &str| service.split('#').next() == other.split('#').next();
            let known = [CHAT, VIEW, LABELER].into_iter().any(did);
            let why = if known { "could not resolve proxy did service url" } else { "could not resolve proxy did" };
            Err(Refusal::invalid(why))
        }
    }
}

async fn answer(State(host): State<Arc<Host>>, request: Request) -> Response {
    let asked = match Asked::read(request).await {
        Ok(asked) => asked,
        Err(refusal) => return refusal.respond(),
    };
    if asked.path.starts_with("/img/") {
        return media::picture(&host, &asked.path).await;
    }
    if let Some(did) = asked.path.strip_prefix('/').filter(|path| path.starts_with("did:")) {
        return identity::directory(&host, did);
    }
    if let Some(response) = oauth::answer(&host, &asked) {
        return response;
    }
    match asked.path.as_str() {
        "/.well-known/atproto-did" => return identity::well_known(&host, &asked),
        path if path.starts_with("/xrpc/") => {}
        _ => return StatusCode::NOT_FOUND.into_response(),
    }
    let now = now_ms();
    let counted = hold(&host.limits).request(now);
    let said = match counted {
        Ok(()) => called(&host, &asked),
        Err(refusal) => Err(refusal),
    };
    let refused = said.as_ref().is_err_and(|refusal| refusal.status == 429);
    let error = said.as_ref().err().filter(|refusal| refusal.status == 401).map(|refusal| refusal.error);
    let mut response = match said {
        Ok(body) => told(&body),
        Err(refusal) => refusal.respond(),
    };
    if asked.header("authorization").to_ascii_lowercase().starts_with("dpop ") {
        add(response.headers_mut(), "dpop-nonce", &dpop::nonce(&host));
        if let Some(error) = error {
            add(response.headers_mut(), "www-authenticate", &format!("DPoP algs=\"ES256\", error=\"{error}\""));
        }
    }
    hold(&host.limits).tell(response.headers_mut(), refused, now);
    response
}

fn called(host: &Host, asked: &Asked) -> Answer {
    let proxied = sent_to(asked.header("atproto-proxy"))?;
    let Some((part, wanted, act)) = method(asked.name()) else {
        return Err(Refusal::not_implemented());
    };
    let local = matches!(part, Part::Open | Part::Own);
    // The chat is found through the header alone; the others' usual place is known to the data server.
    if (part == Part::Chat && proxied.is_none()) || (!local && proxied.is_some_and(|to| to != part)) {
        return Err(Refusal::not_implemented());
    }
    if asked.method != wanted {
        let words = format!("Incorrect HTTP method ({}) expected {wanted}", asked.method);
        return Err(Refusal::invalid(words));
    }
    match act {
        Act::Open(act) => act(host, asked),
        Act::Known(act) => {
            let caller = tokens::who(host, asked)?;
            if part == Part::Chat && !caller.privileged && !caller.agreed {
                return Err(Refusal::token("Bad token method"));
            }
            let enough = if part == Part::Chat { caller.privileged } else { caller.generic };
            if !enough && asked.name() != "com.atproto.server.getSession" {
                let why = format!("Missing required scope for {}", asked.name());
                return Err(Refusal::new(403, "ScopeMissingError", why));
            }
            act(host, asked, &caller)
        }
    }
}
