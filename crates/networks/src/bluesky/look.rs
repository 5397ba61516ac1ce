//! Known posts looked at again by their names: nothing tells of a deletion. One question brings them as they stand; one that
//! is missing from its answer was deleted, taken down, or kept from us, and the second miss makes it gone. Private messages
//! cannot be asked for by name, and need not be: their log tells what is taken away.

use super::gather::{Gathered, MOST_VIEWS};
use super::names::At;
use super::session::Account;
use super::thread::Placing;
use super::wire::Post;
use guichet_model::{Fault, Kind, Page, RemoteId};

pub(crate) const MOST: usize = MOST_VIEWS;

pub(crate) fn looks_at(item: &RemoteId) -> bool {
    At::read(item.as_str()).is_some_and(|at| at.is_post())
}

pub(crate) async fn look(account: &Account, items: &[RemoteId]) -> Result<Page, Fault> {
    let mut page = Page::default();
    let posts: Vec<String> = items.iter().take(MOST).filter(|item| looks_at(item)).map(|item| item.0.clone()).collect();
    if !posts.is_empty() {
        look_at_posts(account, posts, &mut page).await?;
    }
    Ok(page)
}

async fn look_at_posts(account: &Account, uris: Vec<String>, page: &mut Page) -> Result<(), Fault> {
    let mut gathered = Gathered::default();
    account.views(uris.clone(), &mut gathered).await?;
    let posts: Vec<Post> = uris.iter().filter_map(|uri| gathered.view(uri).cloned()).collect();
    // Only the first post of a thread tells which answers we hide.
    let roots = posts.iter().map(|post| post.root().uri.clone()).filter(|root| account.me.owns(root));
    account.views(roots.collect::<Vec<_>>(), &mut gathered).await?;
    for post in &posts {
        let known = account.places().get(&post.at.uri).cloned();
        let placing = known.unwrap_or_else(|| by_itself(account, post));
        let hidden = gathered.hides(&post.at.uri);
        page.items.push(account.placed(post, placing, hidden));
    }
    page.unreadable.extend(gathered.unreadable);
    Ok(())
}

/// The desk knows where it stands; what one post says of it is enough to tell what it is.
fn by_itself(account: &Account, post: &Post) -> Placing {
    let places = account.places();
    match &post.parent {
        Some(_) => {
            let kind = if account.me.owns(&post.root().uri) { Kind::Comment } else { Kind::Mention };
            places.of(post, &account.me).unwrap_or_else(|| Placing::new(kind, None, None))
        }
        None if account.me.wrote(post) => Placing::new(Kind::Post, None, None),
        // Those of others are asked for only where they concern us.
        None => Placing::new(Kind::Mention, Some(&post.at.uri), account.me.quoted_in(post).map(String::as_str)),
    }
}

#[cfg(test)]
#[path = "look_tests.rs"]
mod tests;
