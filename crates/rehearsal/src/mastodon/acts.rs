//! What happens on a simulated server: somebody writes, edits, deletes, likes, follows; and whom it tells, by
//! notification and by event.

use super::server::Host;
use super::shapes;
use super::text::{Piece, pieces};
use super::world::{Event, Id, Notice, Origin, Picture, Status, Talk, Town, Visibility, Writing, now_ms};
use crate::hold;
use std::collections::BTreeSet;

/// Events go out. What was there before anybody listened is written without.
pub(crate) const LOUD: bool = false;

impl Host {
    /// Writes a post and tells those whom it names. `quietly` for what was there before anybody listened.
    pub fn write(&self, writing: Writing, quietly: bool) -> Id {
        let mut town = hold(&self.town);
        self.write_in(&mut town, writing, quietly)
    }

    pub fn write_in(&self, town: &mut Town, writing: Writing, quietly: bool) -> Id {
        let id = self.fresh_id(town, &writing);
        let parent = writing.reply_to.and_then(|parent| town.statuses.get(&parent));
        let status = Status {
            id,
            author: writing.author,
            reply_to: writing.reply_to,
            reply_to_author: parent.map(|parent| parent.author),
            thread: parent.map_or(id, |parent| parent.thread),
            mentions: self.named_in(town, &writing.text),
            text: writing.text,
            html: writing.html,
            sensitive: writing.sensitive || !writing.spoiler.is_empty(),
            spoiler: writing.spoiler,
            visibility: writing.visibility,
            language: writing.language,
            created_ms: writing.at_ms,
            applied_ms: if quietly { writing.at_ms } else { now_ms() },
            edited_ms: None,
            pictures: writing
                .pictures
                .into_iter()
                .zip(1..)
                .map(|((scene, alt), n)| Picture { id: id + n, scene, alt })
                .chain(writing.brought)
                .collect(),
            emojis: writing.emojis,
            likes: writing.likes,
            boosts: writing.boosts,
            app: writing.app,
            origin: writing.origin,
        };
        town.statuses.insert(id, status.clone());
        self.tell_named(town, &status, &status.mentions, quietly);
        if status.visibility == Visibility::Direct {
            self.keep_talk(town, &status, quietly);
        }
        if !quietly && self.is_ours(town, status.author) {
            self.send_status(town, "update", &status, status.author);
        }
        id
    }

    /// Changes a post's text; `false` where it is gone. Those named anew are told.
    pub fn edit(&self, id: Id, text: &str, spoiler: Option<&str>, at_ms: i64) -> bool {
        let mut town = hold(&self.town);
        let named = self.named_in(&town, text);
        let Some(status) = town.statuses.get_mut(&id) else {
            return false;
        };
        let newcomers: Vec<Id> = named.iter().copied().filter(|person| !status.mentions.contains(person)).collect();
        status.text = text.to_owned();
        status.html = None;
        if let Some(spoiler) = spoiler {
            status.spoiler = spoiler.to_owned();
        }
        status.mentions = named;
        status.edited_ms = Some(at_ms);
        let status = status.clone();
        self.tell_named(&mut town, &status, &newcomers, false);
        for person in self.listeners(&town, &status) {
            self.send_status(&town, "status.update", &status, person);
        }
        true
    }

    /// Takes a post away, with its notifications. Replies to it stay, orphaned, as on a real server.
    pub fn delete(&self, id: Id) -> Option<Status> {
        let mut town = hold(&self.town);
        let status = town.statuses.remove(&id)?;
        for other in town.statuses.values_mut() {
            if other.reply_to == Some(id) {
                other.reply_to = None;
            }
        }
        town.notices.retain(|notice| notice.status != Some(id));
        let latest: Vec<(Id, Option<Id>)> = town
            .talks
            .iter()
            .filter(|talk| talk.last == Some(id))
            .map(|talk| {
                let before = town.statuses.values().rev().find(|other| {
                    other.thread == talk.thread
                        && other.visibility == Visibility::Direct
                        && town.may_see(Some(talk.owner), other)
                });
                (talk.id, before.map(|other| other.id))
            })
            .collect();
        for talk in &mut town.talks {
            if let Some((_, last)) = latest.iter().find(|(known, _)| *known == talk.id) {
                talk.last = *last;
            }
        }
        town.talks.retain(|talk| talk.last.is_some());
        for person in self.listeners(&town, &status) {
            self.send(person, "delete", id.to_string());
        }
        Some(status)
    }

    /// Somebody likes, boosts or follows: `kind` is the notification's type.
    pub fn applaud(&self, kind: &'static str, from: Id, to: Id, status: Option<Id>, at_ms: i64, quietly: bool) {
        let mut town = hold(&self.town);
        if let Some(status) = status.and_then(|id| town.statuses.get_mut(&id)) {
            match kind {
                "favourite" => status.likes += 1,
                "reblog" => status.boosts += 1,
                _ => {}
            }
        }
        self.notify(&mut town, kind, from, to, status, at_ms, quietly);
    }

    pub fn is_ours(&self, town: &Town, person: Id) -> bool {
        town.people.get(&person).is_some_and(|person| person.ours)
    }

    /// The people of a text that this server knows, each once, in order.
    fn named_in(&self, town: &Town, text: &str) -> Vec<Id> {
        let mut named = Vec::new();
        for piece in pieces(text) {
            if let Piece::Mention { user, domain, .. } = piece
                && let Some(person) = self.find_person(town, user, domain)
                && !named.contains(&person)
            {
                named.push(person);
            }
        }
        named
    }

    pub fn find_person(&self, town: &Town, user: &str, domain: Option<&str>) -> Option<Id> {
        let elsewhere =
            domain.filter(|domain| !domain.eq_ignore_ascii_case(&self.line.domain) && !self.origin.ends_with(*domain));
        town.person(user, elsewhere).map(|person| person.id)
    }

    fn tell_named(&self, town: &mut Town, status: &Status, named: &[Id], quietly: bool) {
        for person in named {
            if *person != status.author && self.is_ours(town, *person) {
                let at = status.edited_ms.unwrap_or(status.created_ms);
                self.notify(town, "mention", status.author, *person, Some(status.id), at, quietly);
            }
        }
    }

    #[allow(clippy::too_many_arguments)] // One fact each; a struct would only repeat `Notice`.
    fn notify(
        &self,
        town: &mut Town,
        kind: &'static str,
        from: Id,
        to: Id,
        status: Option<Id>,
        at_ms: i64,
        quietly: bool,
    ) {
        let thread = status.and_then(|id| town.statuses.get(&id)).map(|status| status.thread);
        let silenced = town.muted.contains(&(to, from))
            || town.blocked.contains(&(to, from))
            || thread.is_some_and(|thread| town.muted_threads.contains(&(to, thread)));
        if silenced {
            return;
        }
        let filtered = kind == "mention" && town.people.get(&from).is_some_and(|person| person.filtered);
        let notice = Notice { id: town.next_number(), to, from, kind, status, at_ms, filtered };
        if !quietly
            && !filtered
            && let Some(body) = shapes::notice(self, town, &notice)
        {
            self.send(to, "notification", body.to_string());
        }
        town.notices.push(notice);
    }

    /// Puts a direct post at the end of the conversation of each of our accounts that may read it.
    fn keep_talk(&self, town: &mut Town, status: &Status, quietly: bool) {
        let present: BTreeSet<Id> = status.mentions.iter().copied().chain([status.author]).collect();
        for owner in present.iter().copied() {
            if !self.is_ours(town, owner) {
                continue;
            }
            let others: Vec<Id> = present.iter().copied().filter(|person| *person != owner).collect();
            let unread = owner != status.author;
            let known = town
                .talks
                .iter()
                .position(|talk| talk.owner == owner && talk.thread == status.thread && talk.others == others);
            let place = match known {
                Some(place) => place,
                None => {
                    let id = town.next_number();
                    town.talks.push(Talk { id, owner, thread: status.thread, others, last: None, unread });
                    town.talks.len() - 1
                }
            };
            town.talks[place].last = Some(status.id);
            town.talks[place].unread = unread;
            if !quietly {
                let body = shapes::talk(self, town, &town.talks[place]);
                self.send(owner, "conversation", body.to_string());
            }
        }
    }

    /// Our accounts whose streams speak of this post.
    fn listeners(&self, town: &Town, status: &Status) -> Vec<Id> {
        let concerned: BTreeSet<Id> = status.mentions.iter().copied().chain([status.author]).collect();
        concerned.into_iter().filter(|person| self.is_ours(town, *person)).collect()
    }

    fn send_status(&self, town: &Town, name: &'static str, status: &Status, to: Id) {
        self.send(to, name, shapes::status(self, town, status, Some(to)).to_string());
    }

    fn send(&self, to: Id, name: &'static str, body: String) {
        // Nobody listening is no failure: what is missed on a stream is read by polling.
        let _ = self.events.send(Event { to, name, body });
    }

    /// A snowflake of the post's time. What is written now always comes after all that is there, so that walking
    /// forwards never misses a post of the same millisecond.
    fn fresh_id(&self, town: &mut Town, writing: &Writing) -> Id {
        let time = u64::try_from(writing.at_ms).unwrap_or_default() << 16;
        let mut id = time | (u64::from(self.luck.draw()) & 0xFFF8) | self.index as u64;
        if !matches!(writing.origin, Origin::Seed) {
            id = id.max(town.last_id + 8);
        }
        while town.statuses.contains_key(&id) {
            id += 8;
        }
        town.last_id = town.last_id.max(id);
        id
    }
}
