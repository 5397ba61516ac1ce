//! The lines of an evening that concern a site: its posts, what visitors write under them, what moderators do.

use super::acts::{Change, Writing};
use super::said::{Place, known};
use super::server::Host;
use super::text::{kept, slug};
use super::world::{Id, Origin, Post, PostStatus, Site, State, post_name};
use crate::clock::now_ms;
use crate::hold;
use crate::play::Cast;
use crate::scenario::{Line, own_part};
use serde::Deserialize;

/// What only WordPress reads of a line.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Own {
    /// A post has one, a comment has not.
    title: String,
    /// `approve`, `hold`, `spam`, `trash`; with `edit`, where a moderator puts the comment.
    state: String,
    /// `pingback`…; empty: a comment.
    kind: String,
    /// Nobody may comment (any more).
    closed: bool,
    /// Not published.
    draft: bool,
}

pub(crate) fn perform(host: &Host, line: &Line, cast: &Cast<'_>, at_ms: i64, quietly: bool) -> Option<String> {
    let own: Own = own_part(&line.more).unwrap_or_default();
    let mut site = hold(&host.site);
    let target = line.about().find_map(|name| known(&site, &cast.written(Some(name))?));
    if line.edit.is_some() || line.delete.is_some() {
        let Some(Place { comment, .. }) = target else {
            tracing::warn!(at = line.at, "a line of the scenario speaks of nothing");
            return None;
        };
        if line.delete.is_some() {
            site.remove(comment);
        } else {
            change(&mut site, comment, &line.text, &own.state);
        }
        return None;
    }
    if !own.title.is_empty() {
        return Some(publish(&mut site, line, own, at_ms));
    }
    let Place { post, comment: parent } = target?;
    let (user, name, mail) = match cast.person(&line.by) {
        Some(person) => (0, person.name.clone(), person.handle.clone()),
        None => site.user(&line.by).map(|user| (user.id, user.name.clone(), user.mail.clone()))?,
    };
    let trusted = user != 0;
    let state = if own.state.is_empty() && host.own.moderated && !trusted { "hold" } else { &own.state };
    let id = site.write(Writing {
        post,
        parent,
        user,
        name,
        mail,
        text: kept(&line.text, trusted),
        ip: format!("192.0.2.{}", 1 + host.luck.draw() % 250),
        agent: "Mozilla/5.0 (X11; Linux x86_64)".to_owned(),
        at_ms,
        applied_ms: if quietly { at_ms } else { now_ms() },
        // What is not published at once comes out of the queue, and goes back to it from the spam.
        state: if state.is_empty() { State::Approved } else { State::Hold },
        kind: if own.kind.is_empty() { "comment".to_owned() } else { own.kind.clone() },
        origin: if quietly { Origin::Seed } else { Origin::Said },
    });
    change(&mut site, id, "", state);
    Some(id.to_string())
}

/// Another text, another place, where either is given.
fn change(site: &mut Site, id: Id, text: &str, state: &str) {
    if let Some(comment) = site.comments.get_mut(&id)
        && !text.is_empty()
    {
        comment.text = kept(text, false);
    }
    if let Some(change) = Change::named(state) {
        site.put(id, change);
    }
}

fn publish(site: &mut Site, line: &Line, own: Own, at_ms: i64) -> String {
    let author = site.user(&line.by).map(|user| user.id).unwrap_or_default();
    let id = site.next_post();
    let status = if own.draft { PostStatus::Draft } else { PostStatus::Publish };
    site.posts.insert(
        id,
        Post {
            id,
            slug: slug(&own.title),
            title: own.title,
            text: line.text.clone(),
            author,
            at_ms,
            status,
            comments_open: !own.closed,
        },
    );
    post_name(id)
}
