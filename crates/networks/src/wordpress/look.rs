//! Known items looked at again by their numbers: WordPress dates no edit and tells of no deletion, and a comment that
//! another moderator approved or threw away keeps its old date. One question brings them wherever they stand; one that
//! is missing from its answer is asked for by itself, because only the site's own word makes it gone.

use super::convert::{Named, comment_name, named, post_name};
use super::session::Account;
use super::{posts, pull, tree};
use crate::asked::Ask;
use guichet_model::{Fault, Page, RefusalCode, RemoteId, Unread};
use serde_json::Value;

/// As many as a page takes.
pub(crate) const MOST: usize = 100;
/// Missing ones asked for by themselves at a time: each costs a request. The others were missed.
const SINGLES: usize = 10;
/// Routes that are no posts'.
const NO_POSTS: [&str; 4] = ["wp_block", "wp_template", "wp_template_part", "nav_menu_item"];

pub(crate) async fn look(account: &Account, items: &[RemoteId]) -> Result<Page, Fault> {
    let (mut comments, mut articles) = (Vec::new(), Vec::new());
    for item in items.iter().take(MOST) {
        match named(item) {
            Some(Named::Comment(id)) => comments.push(id),
            Some(Named::Post(id)) => articles.push(id),
            None => {}
        }
    }
    let mut page = Page::default();
    if !comments.is_empty() {
        look_at_comments(account, &comments, &mut page).await?;
    }
    if !articles.is_empty() {
        look_at_posts(account, articles, &mut page).await?;
    }
    Ok(page)
}

async fn look_at_comments(account: &Account, ids: &[u64], page: &mut Page) -> Result<(), Fault> {
    let (mut found, unreadable) = account.comments(ids).await?;
    page.unreadable = unreadable;
    let missing = ids.iter().filter(|id| !found.iter().any(|comment| comment.id == **id));
    let missing: Vec<u64> = missing.copied().collect();
    for id in missing.into_iter().take(SINGLES) {
        match account.comment(id).await {
            Ok(comment) => found.push(comment),
            Err(fault) if is_gone(&fault) => page.gone.push(comment_name(id)),
            // It was not said to be gone, nor missed: the next look will tell.
            Err(Fault::Unreadable { what }) => {
                page.unreadable.push(Unread { raw: format!("{{\"id\":{id}}}"), why: what });
            }
            // Not for us just now: it was missed.
            Err(Fault::Refused { .. }) => {}
            Err(fault) => return Err(fault),
        }
    }
    let mut tree = account.memory().tree.clone();
    let parents = tree::parents(account, &found, &mut tree).await?;
    let given = account.memory().given.clone();
    let whole: Vec<_> = found.iter().chain(&parents).collect();
    pull::keep(account, tree, given, &whole);
    page.items.extend(whole.iter().map(|comment| account.item(comment)));
    Ok(())
}

/// A post's name does not say of which type it is: the two that every site has are asked, then what it has besides.
async fn look_at_posts(account: &Account, mut ids: Vec<u64>, page: &mut Page) -> Result<(), Fault> {
    let mut routes: Vec<String> = vec!["/wp/v2/posts".into(), "/wp/v2/pages".into()];
    let mut asked_types = false;
    let mut n = 0;
    while !ids.is_empty() {
        let Some(route) = routes.get(n).cloned() else {
            if asked_types {
                break;
            }
            asked_types = true;
            let more = types(account).await?;
            routes.extend(more.into_iter().filter(|route| !route.ends_with("/posts") && !route.ends_with("/pages")));
            continue;
        };
        n += 1;
        let found = match posts::fetch(account, &route, &ids).await {
            Ok(found) => found,
            Err(Fault::Refused { .. } | Fault::Unreadable { .. }) => continue,
            Err(fault) => return Err(fault),
        };
        let there = pull::named(&found);
        ids.retain(|id| !there.contains(&post_name(*id)));
        page.items.extend(found);
    }
    Ok(())
}

async fn types(account: &Account) -> Result<Vec<String>, Fault> {
    let told = match account.api.json("/wp/v2/types", &[]).await {
        Ok(told) => told,
        Err(Fault::Refused { .. } | Fault::Unreadable { .. }) => Value::Null,
        Err(fault) => return Err(fault),
    };
    let types = told.as_object().into_iter().flatten();
    let plain = |base: &&str| base.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let bases = types.filter(|(name, _)| !NO_POSTS.contains(&name.as_str()));
    let bases =
        bases.filter_map(|(_, told)| told.at("rest_base").as_str().filter(plain).map(|base| format!("/wp/v2/{base}")));
    Ok(bases.take(12).collect())
}

/// A refusal that says "there is none", and not "not for you".
pub(crate) fn is_gone(fault: &Fault) -> bool {
    matches!(fault, Fault::Refused { reason } if reason.code == RefusalCode::Gone)
}

#[cfg(test)]
#[path = "look_tests.rs"]
mod tests;
