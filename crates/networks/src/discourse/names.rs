//! A forum's address as people paste it: its name, a topic, a member's page. A sub-folder is part of the forum's name
//! (`exemple.fr/forum`): other things may live around it.

use crate::addresses::Reach;
use guichet_model::{Fault, RefusalCode};
use url::Url;

/// Where Discourse's own pages begin (config/routes.rb): what stands before is the forum.
const ITS_OWN: [&str; 26] = [
    "about",
    "admin",
    "badges",
    "c",
    "categories",
    "chat",
    "faq",
    "g",
    "hot",
    "latest",
    "login",
    "my",
    "new",
    "notifications",
    "p",
    "posts",
    "search",
    "session",
    "signup",
    "t",
    "tag",
    "tags",
    "top",
    "u",
    "unread",
    "user-api-key",
];
/// Folders deeper than this are not asked one by one.
const DEEPEST: usize = 4;

/// The folders in which the forum may be, the nearest first, each within reach.
pub(crate) fn folders(written: &str, reach: Reach) -> Result<Vec<Url>, Fault> {
    let wrong = || Fault::refused(RefusalCode::WrongServer, None);
    let written = written.trim();
    let scheme = match reach {
        Reach::Public => "https",
        Reach::Loopback => "http",
    };
    let address = if written.contains("://") { written.to_owned() } else { format!("{scheme}://{written}") };
    let mut url = Url::parse(&address).map_err(|_| wrong())?;
    // People paste http:// from old bookmarks; nothing is ever asked over it.
    if reach == Reach::Public && url.scheme() == "http" && url.port().is_none() {
        url.set_scheme("https").map_err(|()| wrong())?;
    }
    url.set_query(None);
    url.set_fragment(None);
    if written.is_empty() || !reach.allows(&url) {
        return Err(wrong());
    }
    let segments = url.path_segments().into_iter().flatten().filter(|segment| !segment.is_empty());
    let kept: Vec<String> = segments.take_while(|s| !ITS_OWN.contains(s)).map(str::to_owned).collect();
    let folder = |n: usize| {
        let mut folder = url.clone();
        folder.set_path(&kept[..n].iter().fold("/".to_owned(), |path, segment| path + segment + "/"));
        folder
    };
    Ok((0..=kept.len().min(DEEPEST)).rev().map(folder).collect())
}

/// An address as it is stored and compared: no slash at its end.
pub(crate) fn written(folder: &Url) -> String {
    folder.as_str().trim_end_matches('/').to_owned()
}

/// A route of the forum at `server`.
pub(crate) fn at(server: &str, route: &str, query: &[(&str, String)]) -> Result<Url, Fault> {
    let mut url = Url::parse(&format!("{server}{route}")).map_err(|_| Fault::NeedsLogin)?;
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    Ok(url)
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
