//! From posts that concern us to items with what they hang on: their views (pictures, counts, our like), their parents,
//! the post of ours that is commented or quoted, and which answers our gates hide.

use super::convert;
use super::session::Account;
use super::thread::{Places, Placing, place};
use super::wire::{self, Post};
use crate::asked::Ask;
use guichet_model::{Fault, Item, Kind, Unread};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// As many as one request takes (lexicon app.bsky.feed.getPosts).
pub(crate) const MOST_VIEWS: usize = 25;
/// Parents above an answer; of a longer thread the beginning is known by name. Each stands inside of the one below it, and
/// serde_json reads 128 levels.
pub(crate) const HIGHEST: usize = 80;
/// A post that cannot be read is kept, but not without end.
const MOST_RAW: usize = 64 << 10;

/// What one pull has gathered so far.
#[derive(Default)]
pub(crate) struct Gathered {
    pub items: Vec<Item>,
    pub unreadable: Vec<Unread>,
    seen: HashSet<String>,
    views: HashMap<String, Post>,
    asked: HashSet<String>,
    hidden: HashSet<String>,
}

/// Posts from the first of a thread, or from as far up as is shown, down to the one asked for.
type Path = Vec<Post>;

impl Gathered {
    pub fn view(&self, uri: &str) -> Option<&Post> {
        self.views.get(uri)
    }

    pub fn hides(&self, uri: &str) -> bool {
        self.hidden.contains(uri)
    }

    pub fn unread(&mut self, value: &Value, why: String) {
        self.unreadable.push(unread(value, why));
    }

    fn learn(&mut self, post: Post) {
        self.hidden.extend(post.hidden.iter().flatten().cloned());
        self.views.insert(post.at.uri.clone(), post);
    }

    fn add(&mut self, item: Item) {
        if self.seen.insert(item.remote.0.clone()) {
            self.items.push(item);
        }
    }
}

pub(crate) fn unread(value: &Value, why: String) -> Unread {
    let mut raw = value.to_string();
    if raw.len() > MOST_RAW {
        let end = (0..=MOST_RAW).rev().find(|n| raw.is_char_boundary(*n));
        raw.truncate(end.unwrap_or(0));
    }
    Unread { raw, why }
}

impl Account {
    /// The posts of these addresses, as they stand now; those that are missing are not shown to us.
    pub async fn views(&self, uris: impl IntoIterator<Item = String>, gathered: &mut Gathered) -> Result<(), Fault> {
        let new: Vec<String> = uris.into_iter().filter(|uri| gathered.asked.insert(uri.clone())).collect();
        for some in new.chunks(MOST_VIEWS) {
            let query: Vec<_> = some.iter().map(|uri| ("uris", uri.clone())).collect();
            let told = self.api.get("app.bsky.feed.getPosts", &query).await?;
            if !told.at("posts").is_array() {
                return Err(Fault::unreadable("a list that is none"));
            }
            for value in wire::list(told.at("posts")) {
                match Post::read(value) {
                    Ok(post) => gathered.learn(post),
                    Err(why) => gathered.unread(value, why),
                }
            }
        }
        Ok(())
    }

    /// One post as it stands; `None`: not shown to us.
    pub async fn view(&self, uri: &str) -> Result<Option<Post>, Fault> {
        let mut gathered = Gathered::default();
        self.views([uri.to_owned()], &mut gathered).await?;
        match gathered.views.remove(uri) {
            Some(post) => Ok(Some(post)),
            None if gathered.unreadable.is_empty() => Ok(None),
            None => Err(Fault::unreadable("a post")),
        }
    }

    /// These posts with their threads. `named`: the network says that it concerns us by itself, not by what it answers.
    pub async fn gather(&self, posts: Vec<(Post, bool)>, gathered: &mut Gathered) -> Result<(), Fault> {
        let around = |post: &Post| {
            let own = post.at.uri.clone();
            let root = Some(&post.root().uri).filter(|root| self.me.owns(root) || Some(*root) == parent(post));
            let quoted = self.me.quoted_in(post);
            [Some(own), root.cloned(), quoted.cloned()].into_iter().flatten().collect::<Vec<_>>()
        };
        let wanted: Vec<String> = posts.iter().flat_map(|(post, _)| around(post)).collect();
        self.views(wanted, gathered).await?;
        for (post, named) in posts {
            let post = gathered.view(&post.at.uri).cloned().unwrap_or(post);
            let path = self.path(post, gathered).await?;
            if let Some(path) = path {
                self.place_all(&path, named, gathered);
            }
        }
        Ok(())
    }

    /// The way down to a post; `None`: its place was known, and it is gathered.
    async fn path(&self, post: Post, gathered: &mut Gathered) -> Result<Option<Path>, Fault> {
        if post.parent.is_none() {
            return Ok(Some(vec![post]));
        }
        let known = self.places().of(&post, &self.me);
        if let Some(placing) = known {
            let item = self.placed(&post, placing, gathered.hides(&post.at.uri));
            gathered.add(item);
            return Ok(None);
        }
        let root = &post.root().uri;
        if let Some(root) =
            gathered.view(root).filter(|root| parent(&post) == Some(&root.at.uri) && root.parent.is_none())
        {
            return Ok(Some(vec![root.clone(), post]));
        }
        let told = match self.thread(&post.at.uri, 0, HIGHEST).await {
            Ok(told) => told,
            // A thread that is not shown does not take its post along.
            Err(Fault::Refused { .. } | Fault::Unreadable { .. }) => Value::Null,
            // Nor does one that the server cannot tell, time after time, hold up everything that comes after it.
            Err(Fault::Later { .. }) if self.stumbles_again(&post.at.uri) => Value::Null,
            Err(fault) => return Err(fault),
        };
        gathered.hidden.extend(wire::hidden(told.at("threadgate")).into_iter().flatten());
        let mut path = vec![post];
        let mut node = told.at("thread").at("parent");
        while let Some(above) = shown(node) {
            // A chain that does not hold together is cut where it breaks.
            if path.last().and_then(parent) != Some(&above.at.uri) || path.len() > HIGHEST {
                break;
            }
            path.push(above);
            node = node.at("parent");
        }
        path.reverse();
        Ok(Some(path))
    }

    /// A thread around a post: so many answers deep, and so many parents.
    pub async fn thread(&self, uri: &str, depth: usize, parents: usize) -> Result<Value, Fault> {
        let query = [("uri", uri.to_owned()), ("depth", depth.to_string()), ("parentHeight", parents.to_string())];
        self.api.get("app.bsky.feed.getPostThread", &query).await
    }

    fn place_all(&self, path: &[Post], named: bool, gathered: &mut Gathered) {
        let (Some(top), Some(last)) = (path.first(), path.last()) else {
            return;
        };
        let before = self.places().get(&top.at.uri).is_some_and(|at| at.kind == Kind::Mention && at.post.is_none());
        let named = before || named && path.len() == 1;
        let all: Vec<&Post> = path.iter().collect();
        let here = place(&all, named, &self.me);
        for n in 1..=all.len() {
            let post = all[n - 1];
            let placing = place(&all[..n], named, &self.me);
            let belongs = post.at.uri == last.at.uri
                || here.post.as_ref().is_some_and(|on| on.as_str() == post.at.uri)
                || (placing.conversation.is_some() && placing.conversation == here.conversation);
            if belongs {
                let hidden = gathered.hides(&post.at.uri);
                let item = self.placed(post, placing, hidden);
                gathered.add(item);
            }
        }
        // What is quoted, or the beginning of a thread whose middle is not shown.
        if let Some(on) = here.post.as_ref().and_then(|on| gathered.view(on.as_str())).cloned()
            && self.me.wrote(&on)
            && on.parent.is_none()
        {
            let item = self.placed(&on, Placing::new(Kind::Post, None, None), false);
            gathered.add(item);
        }
    }

    /// The item of a post in its place, which is remembered.
    pub fn placed(&self, post: &Post, placing: Placing, hidden: bool) -> Item {
        let ours = self.me.wrote(post);
        if placing.conversation.is_some() || placing.kind == Kind::Post {
            self.places().learn(&post.at.uri, &placing, ours);
        }
        self.saw(&post.at.uri, &post.at.cid);
        convert::post(post, placing, ours, hidden)
    }

    /// Where an answer of ours stands: beside what it answers. The desk knows the rest.
    pub fn beside(&self, places: &Places, post: &Post) -> Placing {
        places.of(post, &self.me).unwrap_or_else(|| Placing::new(Kind::Comment, None, None))
    }
}

fn parent(post: &Post) -> Option<&String> {
    post.parent.as_ref().map(|parent| &parent.uri)
}

/// A node of a thread that is a post; what was deleted, blocked or is of an unknown kind shows none.
pub(crate) fn shown(node: &Value) -> Option<Post> {
    let kind = node.at("$type").as_str().and_then(|kind| kind.rsplit('#').next());
    matches!(kind, Some("threadViewPost") | None).then(|| Post::read(node.at("post")).ok()).flatten()
}
