//! One text by one person: met for the first time, read again, edited, gone.

use super::recount::Touched;
use super::thread::{Place, Standing};
use super::{Intake, codes};
use crate::search;
use crate::view::Problem;
use guichet_model::{
    Attachment, Body, ConversationId, Item, Link, Mention, MessageId, Millis, Publication, RemoteId, Route,
};
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

/// A body as the store keeps it beside its text.
#[derive(Serialize)]
struct Marks<'a> {
    text: &'a str,
    warning: Option<&'a str>,
    links: &'a [Link],
    mentions: &'a [Mention],
    emoji: &'a [String],
}

pub(super) fn marks(body: &Body) -> Result<String, Problem> {
    json(&Marks {
        text: "",
        warning: body.warning.as_deref(),
        links: &body.links,
        mentions: &body.mentions,
        emoji: &body.emoji,
    })
}

pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(|_| Problem::Unexpected { what: "json of an item".into() })
}

/// A message as it stands in the store, and whether the item says anything new.
pub(super) struct Known {
    pub id: MessageId,
    pub conversation: ConversationId,
    pub in_reply_to: Option<String>,
    pub route: Route,
    edited_at: Option<i64>,
    same: bool,
    pub(super) stood: Stood,
    row: i64,
    scope: String,
    said: Option<String>,
    /// Other words by somebody else, which no edit of the network's explains.
    another: bool,
}

/// What decides whether a message counts in its conversation, as stored.
#[derive(Clone, Copy)]
pub(super) struct Stood {
    pub ours: bool,
    pub at: Millis,
    pub gone: bool,
    pub publication: Publication,
    pub misses: i64,
}

#[derive(Deserialize)]
struct Warned {
    warning: Option<String>,
}

impl Intake<'_> {
    /// `None`: it bears the name of another message, and is kept as what cannot be read.
    pub(super) fn message(&mut self, item: &Item) -> Result<Option<MessageId>, Problem> {
        if let Some(known) = self.known_message(item)? {
            if known.another && self.route == Route::Api && known.route == Route::Api {
                self.set_aside(item)?;
                return Ok(None);
            }
            let id = known.id;
            self.again(known, item)?;
            if item.ours {
                self.ours_again(id)?;
            }
            return Ok(Some(id));
        }
        let person = self.person(&item.author)?;
        let buried = self.buried(&item.remote)?;
        let place = self.place(item, buried.is_none())?;
        self.orphans |= place.standing == Standing::Orphan;
        let id = self.insert(item, person, &place, buried)?;
        if self.route == Route::Api {
            self.name_link(id, item)?;
        } else {
            self.came(id, self.route, self.raw)?;
            self.name_keyless(id, item)?;
        }
        if !item.ours {
            *self.said.entry(person).or_default() += 1;
        }
        let touched = self
            .touched
            .entry(place.conversation)
            .or_insert_with(|| if place.fresh { Touched::fresh() } else { Touched::default() });
        touched.met(id, item.at, item.ours, buried.is_none() && !item.publication.is_out());
        if place.renames {
            self.rename(place.conversation)?;
        }
        if item.ours && !self.by_outbox {
            self.ours.push(id);
        }
        Ok(Some(id))
    }

    /// Where names are chosen by whoever writes, somebody else may choose one that is known: neither takes the other's
    /// place, and what came is not lost.
    fn set_aside(&mut self, item: &Item) -> Result<(), Problem> {
        let (name, by, at) = (item.remote.as_str(), item.author.remote.as_str(), item.at.0);
        let raw = serde_json::json!({ "name": name, "by": by, "at": at, "text": item.body.text });
        self.unreadable(codes::route(self.route), &raw.to_string(), "name")?;
        Ok(())
    }

    /// When it was written, by the network's own word: without a key it was dated by a laptop, or a mail.
    pub(super) fn date(&mut self, known: &mut Known, at: Millis) -> Result<(), Problem> {
        let Some(said) = known.said.as_ref().filter(|_| known.stood.at != at) else { return Ok(()) };
        let row = search::free_row(self.tx, at)?;
        search::remove(self.tx, known.row, said, &known.scope)?;
        search::add(self.tx, row, said, &known.scope)?;
        self.tx
            .prepare_cached("UPDATE message SET at = ?2, word_row = ?3 WHERE id = ?1")?
            .execute(params![known.id.0, at.0, row])?;
        if !known.stood.ours {
            self.touched.entry(known.conversation).or_default().dated(known.stood.at, at);
        }
        (known.row, known.stood.at) = (row, at);
        Ok(())
    }

    /// Where a message of that name stands.
    pub(super) fn message_named(&self, name: &RemoteId) -> Result<Option<(MessageId, ConversationId)>, Problem> {
        self.message_by("id", &name.0)
    }

    pub(super) fn message_by(&self, scope: &str, name: &str) -> Result<Option<(MessageId, ConversationId)>, Problem> {
        Ok(self
            .tx
            .prepare_cached(
                "SELECT m.id, m.conversation FROM alias a JOIN message m ON m.id = a.message
                  WHERE a.account = ?1 AND a.scope = ?2 AND a.name = ?3",
            )?
            .query_row(params![self.account.0, scope, name], |row| {
                Ok((MessageId(row.get(0)?), ConversationId(row.get(1)?)))
            })
            .optional()?)
    }

    pub(super) fn message_gone(&mut self, message: MessageId) -> Result<(), Problem> {
        let marked = self
            .tx
            .prepare_cached(
                "UPDATE message SET gone_at = ?2 WHERE id = ?1 AND gone_at IS NULL RETURNING conversation, ours",
            )?
            .query_row(params![message.0, self.now.0], |row| Ok((ConversationId(row.get(0)?), row.get::<_, bool>(1)?)))
            .optional()?;
        if let Some((conversation, ours)) = marked {
            let touched = self.touched.entry(conversation).or_default();
            touched.lost(ours);
        }
        Ok(())
    }

    fn known_message(&self, item: &Item) -> Result<Option<Known>, Problem> {
        let mut named = self.message_named(&item.remote)?;
        for alias in &item.aliases {
            if named.is_some() {
                break;
            }
            named = self.message_by(&alias.scope, &alias.name)?;
        }
        if named.is_none() {
            named = self.keyless_known(item)?;
        }
        let Some((id, _)) = named else {
            return Ok(None);
        };
        let known = |row: &Row<'_>| {
            let same: bool = row.get(3)?;
            let said = if same {
                None
            } else {
                Some((row.get::<_, String>(6)?, row.get::<_, String>(7)?, row.get::<_, String>(8)?))
            };
            Ok((
                Known {
                    id,
                    conversation: ConversationId(row.get(0)?),
                    in_reply_to: row.get(1)?,
                    route: codes::route_of(row.get_ref(14)?.as_str()?),
                    edited_at: row.get(2)?,
                    same,
                    stood: Stood {
                        ours: row.get(9)?,
                        at: Millis(row.get(10)?),
                        gone: row.get(11)?,
                        publication: codes::publication_of(row.get_ref(12)?.as_str()?),
                        misses: row.get(13)?,
                    },
                    row: row.get(4)?,
                    scope: row.get(5)?,
                    said: None,
                    another: row.get(15)?,
                },
                said,
            ))
        };
        let (mut known, said) = self
            .tx
            .prepare_cached(
                "SELECT conversation, in_reply_to, edited_at,
                        text = ?2 AND body = ?3 AND attachments = ?4 AND edited_at IS ?5 AND liked = ?6
                          AND visibility IS ?7 AND lang IS ?8 AND url IS ?9 AND rating IS ?10 AND expires_at IS ?11
                          AND publication = ?12 AND (route = 'api' OR at = ?13),
                        word_row, scope, text, body, attachments, ours, at, gone_at IS NOT NULL, publication,
                        misses, route,
                        (text <> ?2 OR body <> ?3 OR attachments <> ?4)
                          AND (ours <> ?14 OR (?5 IS NULL AND ?15 <> ifnull(
                               (SELECT p.remote FROM person p WHERE p.id = message.person AND p.name || p.handle <> ''), ?15)))
                   FROM message WHERE id = ?1",
            )?
            .query_row(
                params![
                    id.0,
                    item.body.text,
                    marks(&item.body)?,
                    json(&item.attachments)?,
                    item.edited_at.map(|at| at.0),
                    item.liked,
                    item.visibility.map(codes::visibility),
                    item.lang,
                    item.url,
                    item.rating,
                    item.expires_at.map(|at| at.0),
                    codes::publication(item.publication),
                    item.at.0,
                    item.ours,
                    item.author.remote.0
                ],
                known,
            )?;
        if let Some((text, body, attachments)) = said {
            known.said = Some(stored(&text, &body, &attachments)?);
        }
        Ok(Some(known))
    }

    /// Read again: what it adds to the thread, and what was edited. An older version than ours says nothing.
    fn again(&mut self, mut known: Known, item: &Item) -> Result<(), Problem> {
        self.name_message(known.id, item)?;
        let keyed = self.route == Route::Api && known.route == Route::Api;
        if !keyed && !self.takes_over(&mut known, item)? {
            return Ok(());
        }
        self.learn(&known, item)?;
        self.found(&known, item)?;
        let Some(before) = &known.said else {
            return Ok(());
        };
        if known.same || known.edited_at > item.edited_at.map(|at| at.0) {
            return Ok(());
        }
        self.person(&item.author)?;
        self.name_link(known.id, item)?;
        let said = search::said(&item.body.text, item.body.warning.as_deref(), &item.attachments);
        let scope = self.scope(item);
        if said != *before || scope != known.scope {
            search::remove(self.tx, known.row, before, &known.scope)?;
            search::add(self.tx, known.row, &said, &scope)?;
        }
        self.tx
            .prepare_cached(
                "UPDATE message SET text = ?2, body = ?3, attachments = ?4, edited_at = ?5, liked = ?6,
                        visibility = ?7, lang = ?8, url = ?9, rating = ?10, expires_at = ?11, scope = ?12,
                        publication = ?13
                  WHERE id = ?1",
            )?
            .execute(params![
                known.id.0,
                item.body.text,
                marks(&item.body)?,
                json(&item.attachments)?,
                item.edited_at.map(|at| at.0),
                item.liked,
                item.visibility.map(codes::visibility),
                item.lang,
                item.url,
                item.rating,
                item.expires_at.map(|at| at.0),
                scope,
                codes::publication(item.publication)
            ])?;
        // The thread may just have been joined to another: where the message stands now is asked again.
        if let Some((id, conversation)) = self.message_named(&item.remote)? {
            self.touched.entry(conversation).or_default().edited();
            self.moved_to(id, conversation, known.stood, item.publication);
        }
        Ok(())
    }

    /// Taken out of the place it asks nothing any more; put back it asks as if it had just come.
    fn moved_to(&mut self, id: MessageId, conversation: ConversationId, stood: Stood, to: Publication) {
        let touched = self.touched.entry(conversation).or_default();
        match (stood.publication.is_out(), to.is_out()) {
            (false, true) => touched.put_out(stood.ours),
            (true, false) => touched.met(id, stood.at, stood.ours, !stood.gone),
            _ => {}
        }
    }

    /// Where one of ours to moderate stands from now on, by the network's own word.
    pub(super) fn put_message(&mut self, message: MessageId, to: Publication) -> Result<(), Problem> {
        let (conversation, stood) = self
            .tx
            .prepare_cached(
                "SELECT conversation, ours, at, gone_at IS NOT NULL, publication, misses FROM message WHERE id = ?1",
            )?
            .query_row([message.0], |row| {
                let stood = Stood {
                    ours: row.get(1)?,
                    at: Millis(row.get(2)?),
                    gone: row.get(3)?,
                    publication: codes::publication_of(row.get_ref(4)?.as_str()?),
                    misses: row.get(5)?,
                };
                Ok((ConversationId(row.get(0)?), stood))
            })?;
        if stood.publication != to {
            self.tx
                .prepare_cached("UPDATE message SET publication = ?2 WHERE id = ?1")?
                .execute(params![message.0, codes::publication(to)])?;
            self.touched.entry(conversation).or_default().edited();
            self.moved_to(message, conversation, stood, to);
        }
        Ok(())
    }

    fn insert(
        &mut self,
        item: &Item,
        person: i64,
        place: &Place,
        buried: Option<Millis>,
    ) -> Result<MessageId, Problem> {
        let row = search::free_row(self.tx, item.at)?;
        let scope = self.scope(item);
        self.tx
            .prepare_cached(
                "INSERT INTO message (client, account, conversation, person, remote, in_reply_to, standing, ours, at,
                        edited_at, text, body, lang, url, visibility, rating, attachments, liked, opened, gone_at,
                        expires_at, word_row, scope, publication, looked_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
                         ?21, ?22, ?23, ?24, ?25)",
            )?
            .execute(params![
                self.client.0,
                self.account.0,
                place.conversation.0,
                person,
                item.remote.0,
                item.in_reply_to.as_ref().map(|name| &name.0),
                place.standing as i64,
                item.ours,
                item.at.0,
                item.edited_at.map(|at| at.0),
                item.body.text,
                marks(&item.body)?,
                item.lang,
                item.url,
                item.visibility.map(codes::visibility),
                item.rating,
                json(&item.attachments)?,
                item.liked,
                item.ours || item.at < self.filed_before,
                buried.map(|at| at.0),
                item.expires_at.map(|at| at.0),
                row,
                scope,
                codes::publication(item.publication),
                self.now.0
            ])?;
        let id = MessageId(self.tx.last_insert_rowid());
        let said = search::said(&item.body.text, item.body.warning.as_deref(), &item.attachments);
        search::add(self.tx, row, &said, &scope)?;
        self.name_message(id, item)?;
        Ok(id)
    }

    fn scope(&self, item: &Item) -> String {
        search::Whereabouts {
            client: self.client,
            account: self.account,
            network: &self.network,
            kind: item.kind,
            ours: item.ours,
            author: &item.author,
            lang: item.lang.as_deref(),
        }
        .scope()
    }

    /// Its names; one that a placeholder held is the message's from now on.
    fn name_message(&self, id: MessageId, item: &Item) -> Result<(), Problem> {
        let mut name = self.tx.prepare_cached(
            "INSERT INTO alias (account, scope, name, message) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET message = excluded.message, post = NULL WHERE message IS NULL",
        )?;
        name.execute(params![self.account.0, "id", item.remote.0, id.0])?;
        for alias in item.aliases.iter().filter(|alias| alias.scope != "id" || alias.name != item.remote.0) {
            name.execute(params![self.account.0, alias.scope, alias.name, id.0])?;
        }
        Ok(())
    }
}

impl Standing {
    /// From the store.
    pub(super) fn of(stored: i64) -> Self {
        match stored {
            1 => Self::Top,
            2 => Self::Orphan,
            _ => Self::Answer,
        }
    }
}

/// What the index holds of a stored message.
pub(crate) fn stored(text: &str, body: &str, attachments: &str) -> Result<String, Problem> {
    let torn = |_| Problem::Torn;
    let warned: Warned = serde_json::from_str(body).map_err(torn)?;
    let attachments: Vec<Attachment> = serde_json::from_str(attachments).map_err(torn)?;
    Ok(search::said(text, warned.warning.as_deref(), &attachments))
}
