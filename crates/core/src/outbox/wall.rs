//! What a reply is checked against before it leaves: who speaks, whom it answers, who will read it, whose names it
//! must not tell.

use crate::intake::visibility_of;
use crate::leak::{self, Around};
use crate::template;
use crate::view::{DraftView, Leak, Problem};
use guichet_model::text;
use guichet_model::{
    AccountId, Addressee, Author, Capabilities, ClientId, ConversationId, Mention, MessageId, Millis, RemoteId,
    Visibility,
};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Deserialize;

/// The account that speaks in a conversation.
pub(super) struct Speaker {
    pub client: ClientId,
    pub account: AccountId,
    pub me: Author,
    pub capabilities: Option<Capabilities>,
    pub removed: bool,
    /// Its server's host.
    pub home: String,
}

/// The message that a reply answers.
pub(super) struct Answered {
    pub message: MessageId,
    pub remote: RemoteId,
    pub author: Addressee,
    pub mentions: Vec<Mention>,
    pub visibility: Option<Visibility>,
    pub at: Millis,
    pub edited_at: Option<Millis>,
    /// It came without a key.
    pub by_hand: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    mentions: Vec<Mention>,
}

impl Speaker {
    pub fn of(conn: &Connection, conversation: ConversationId) -> Result<Self, Problem> {
        let (client, account, me, capabilities, removed, server) = conn
            .prepare_cached(
                "SELECT c.client, c.account, a.me, a.capabilities, a.removed_at IS NOT NULL, x.server
                   FROM conversation c JOIN account a ON a.id = c.account JOIN access x ON x.id = a.access
                  WHERE c.id = ?",
            )?
            .query_row([conversation.0], |row| {
                Ok((
                    ClientId(row.get(0)?),
                    AccountId(row.get(1)?),
                    row.get::<_, String>(2)?,
                    row.get::<_, Option<String>>(3)?,
                    row.get(4)?,
                    row.get::<_, String>(5)?,
                ))
            })?;
        let host = server.split_once("://").map_or(server.as_str(), |(_, host)| host);
        Ok(Self {
            client,
            account,
            me: serde_json::from_str(&me)?,
            // Told by an older connector in another shape: asked again at the next pull.
            capabilities: capabilities.and_then(|told| serde_json::from_str(&told).ok()),
            removed,
            home: host.trim_end_matches('/').to_owned(),
        })
    }

    /// Whether a text of ours names people at its head. A network that has not told yet is taken to.
    pub fn addresses(&self) -> bool {
        self.capabilities.as_ref().is_none_or(|can| can.addresses)
    }

    pub fn is_me(&self, remote: &RemoteId, handle: &str) -> bool {
        *remote == self.me.remote || text::same_handle(handle, &self.me.handle, &self.home)
    }

    /// Those a reply to this message addresses: its author, then those it names, without us.
    pub fn addressees(&self, answered: &Answered) -> Vec<Addressee> {
        let mut to: Vec<Addressee> = Vec::new();
        if !self.addresses() {
            return to;
        }
        let named = answered
            .mentions
            .iter()
            .map(|mention| Addressee { remote: mention.remote.clone(), handle: mention.handle.clone() });
        for addressee in std::iter::once(answered.author.clone()).chain(named) {
            let known = to.iter().any(|other| other.remote == addressee.remote);
            if !known && !self.is_me(&addressee.remote, &addressee.handle) {
                to.push(addressee);
            }
        }
        to
    }

    /// Never wider than what is answered; empty where the network knows no audience.
    pub fn visibilities(&self, parent: Option<Visibility>) -> Vec<Visibility> {
        let Some(parent) = parent else {
            return Vec::new();
        };
        let audiences = self.capabilities.as_ref().is_none_or(|can| can.audiences);
        let privately = self.capabilities.as_ref().is_none_or(|can| can.private_reply);
        [Visibility::Public, Visibility::Unlisted, Visibility::Followers, Visibility::Direct]
            .into_iter()
            .filter(|visibility| *visibility >= parent)
            .filter(|visibility| match visibility {
                same if *same == parent => true,
                Visibility::Direct => privately,
                _ => audiences,
            })
            .collect()
    }
}

impl Answered {
    /// The newest message of others that still stands there, neither among spam nor in the trash; of the person first
    /// addressed, where they wrote one, so that a newcomer's text does not draw to itself what was written to another.
    pub fn of(conn: &Connection, conversation: ConversationId, to: &[Addressee]) -> Result<Option<Self>, Problem> {
        let first = to.first().map(|addressee| addressee.remote.as_str());
        let row = conn
            .prepare_cached(
                "SELECT m.id, m.remote, p.remote, p.handle, m.body, m.visibility, m.at, m.edited_at, m.route <> 'api'
                   FROM message m JOIN person p ON p.id = m.person
                  WHERE m.conversation = ?1 AND m.ours = 0 AND m.gone_at IS NULL
                    AND m.publication NOT IN ('spam', 'trash')
                  ORDER BY p.remote IS ?2 DESC, m.at DESC, m.id DESC LIMIT 1",
            )?
            .query_row(params![conversation.0, first], |row| {
                let visibility: Option<String> = row.get(5)?;
                let body: String = row.get(4)?;
                Ok((
                    Self {
                        message: MessageId(row.get(0)?),
                        remote: RemoteId(row.get(1)?),
                        author: Addressee { remote: RemoteId(row.get(2)?), handle: row.get(3)? },
                        mentions: Vec::new(),
                        visibility: visibility.as_deref().and_then(visibility_of),
                        at: Millis(row.get(6)?),
                        edited_at: row.get::<_, Option<i64>>(7)?.map(Millis),
                        by_hand: row.get(8)?,
                    },
                    body,
                ))
            })
            .optional()?;
        Ok(match row {
            Some((answered, body)) => Some(Self { mentions: mentions(&body)?, ..answered }),
            None => None,
        })
    }
}

/// Everything that keeps this draft from leaving, and what it counts.
pub(super) fn check(
    conn: &Connection,
    conversation: ConversationId,
    draft: &DraftView,
    speaker: &Speaker,
    visibility: Option<Visibility>,
) -> Result<Vec<Leak>, Problem> {
    let mut around = Around {
        limit: speaker.capabilities.as_ref().map(|can| can.limit_for(visibility).clone()),
        warning: draft.warning.clone(),
        home: speaker.home.clone(),
        ..Around::default()
    };
    if speaker.addresses() {
        around.to.clone_from(&draft.to);
    }
    if visibility == Some(Visibility::Direct) {
        around.exchange = Some(exchange(conn, conversation, speaker)?);
    }
    if let Some(used) = &draft.template {
        around.asked = template::blanks_of(conn, used)?;
    }
    names(conn, speaker.client, &mut around)?;
    Ok(leak::find(&draft.text, &around))
}

/// What keeps an edited text of ours from being published: what would keep a reply with it from leaving.
pub(crate) fn leaks_of_own(conn: &Connection, message: MessageId, text: &str) -> Result<Vec<Leak>, Problem> {
    let (conversation, visibility, warning): (_, Option<String>, _) = conn
        .prepare_cached("SELECT conversation, visibility, json_extract(body, '$.warning') FROM message WHERE id = ?1")?
        .query_row([message.0], |row| Ok((ConversationId(row.get(0)?), row.get(1)?, row.get(2)?)))?;
    // Those it names stand in its text already.
    let draft = DraftView { text: text.to_owned(), warning, ..DraftView::default() };
    let speaker = Speaker::of(conn, conversation)?;
    check(conn, conversation, &draft, &speaker, visibility.as_deref().and_then(visibility_of))
}

/// Handles of everyone who wrote or was named in the conversation, ours included.
fn exchange(conn: &Connection, conversation: ConversationId, speaker: &Speaker) -> Result<Vec<String>, Problem> {
    let mut handles = vec![speaker.me.handle.clone()];
    let mut statement = conn.prepare_cached(
        "SELECT p.handle, m.body FROM message m JOIN person p ON p.id = m.person WHERE m.conversation = ?",
    )?;
    let rows = statement.query_map([conversation.0], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    for row in rows {
        let (handle, body) = row?;
        handles.push(handle);
        handles.extend(mentions(&body)?.into_iter().map(|mention| mention.handle));
    }
    Ok(handles)
}

fn names(conn: &Connection, client: ClientId, around: &mut Around) -> Result<(), Problem> {
    let mut statement = conn.prepare_cached("SELECT id, name FROM client")?;
    let clients = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))?;
    for row in clients {
        let (id, name): (i64, String) = row?;
        let of = if id == client.0 { &mut around.own } else { &mut around.others };
        of.push(name);
    }
    let mut statement = conn.prepare_cached("SELECT client, name, handle FROM account WHERE removed_at IS NULL")?;
    let accounts = statement
        .query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)))?;
    let mut theirs = Vec::new();
    let mut own_handles = Vec::new();
    for row in accounts {
        let (id, name, handle) = row?;
        if id == client.0 {
            around.own.extend([name, handle.clone()]);
            own_handles.push(handle);
        } else {
            around.others.push(name);
            // With its domain a handle is a name by itself; alone it is a word of the language.
            around.others.extend(handle.contains('@').then(|| handle.clone()));
            theirs.push(handle);
        }
    }
    // One account may serve two clients: its name is then both's.
    theirs.retain(|handle| !own_handles.iter().any(|own| text::same_handle(own, handle, &around.home)));
    around.other_handles = theirs;
    Ok(())
}

fn mentions(body: &str) -> Result<Vec<Mention>, Problem> {
    Ok(serde_json::from_str::<Named>(body)?.mentions)
}
