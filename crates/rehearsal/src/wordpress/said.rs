//! Visitors and moderators of a site made to act by command, and the count of what really exists.

use super::acts::{Change, Writing};
use super::server::Host;
use super::text::kept;
use super::world::{Id, Origin, PostStatus, Site, State, post_name, post_named};
use crate::clock::now_ms;
use crate::hold;
use crate::said::{Posted, Say, Visibility};

/// A post, and a comment under it; 0 where it is the post itself that is meant.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub post: Id,
    pub comment: Id,
}

/// What stands under that name: `post-49` is a post, `49` a comment.
pub(crate) fn known(site: &Site, name: &str) -> Option<Place> {
    if let Some(post) = post_named(name) {
        return site.posts.contains_key(&post).then_some(Place { post, comment: 0 });
    }
    let comment = site.comments.get(&name.parse().ok()?)?;
    Some(Place { post: comment.post, comment: comment.id })
}

pub(crate) fn say(host: &Host, line: &Say) -> Option<String> {
    let mut site = hold(&host.site);
    match line {
        // Nothing is said in private here.
        Say::Write { direct: true, .. } => None,
        Say::Write { by, reply_to, text, .. } => {
            let place = match reply_to {
                Some(name) => known(&site, name)?,
                None => Place { post: site.newest_post()?, comment: 0 },
            };
            let ours = site.user(&by.acct).map(|user| (user.id, user.name.clone(), user.mail.clone()));
            let first = by.acct.split('@').next().unwrap_or_default();
            let name = if by.name.is_empty() { first } else { &by.name };
            let (user, name, mail) = ours.unwrap_or_else(|| (0, name.to_owned(), by.acct.clone()));
            let now = now_ms();
            let id = site.write(Writing {
                post: place.post,
                parent: place.comment,
                user,
                name,
                mail,
                text: kept(text, user != 0),
                ip: "192.0.2.7".to_owned(),
                agent: "Mozilla/5.0 (X11; Linux x86_64)".to_owned(),
                at_ms: now,
                applied_ms: now,
                state: if user == 0 && host.own.moderated { State::Hold } else { State::Approved },
                kind: "comment".to_owned(),
                origin: Origin::Said,
            });
            Some(id.to_string())
        }
        Say::Edit { status, text } => {
            let place = known(&site, status)?;
            match site.comments.get_mut(&place.comment) {
                Some(comment) => comment.text = kept(text, comment.user != 0),
                None => site.posts.get_mut(&place.post)?.text.clone_from(text),
            }
            Some(status.clone())
        }
        Say::Delete { status } => {
            let place = known(&site, status)?;
            if site.remove(place.comment).is_none() {
                site.posts.get_mut(&place.post)?.status = PostStatus::Trash;
            }
            Some(status.clone())
        }
        Say::Put { status, state } => {
            let place = known(&site, status)?;
            site.put(place.comment, Change::named(state)?).then(|| status.clone())
        }
    }
}

pub(crate) fn posted(host: &Host) -> Vec<Posted> {
    let site = hold(&host.site);
    let ours = site.comments.values().filter(|comment| comment.user != 0 && comment.origin != Origin::Seed);
    ours.map(|comment| {
        let parent = comment.asked_parent;
        Posted {
            server: host.origin.clone(),
            account: comment.user.to_string(),
            id: comment.id.to_string(),
            in_reply_to: Some(if parent == 0 { post_name(comment.post) } else { parent.to_string() }),
            text: comment.text.clone(),
            pictures: Vec::new(),
            visibility: Visibility::Public,
            key: None,
            at_ms: comment.applied_ms,
            native: comment.origin == Origin::Said,
            state: Some(comment.state.name().to_owned()),
            unseen: false,
        }
    })
    .collect()
}
