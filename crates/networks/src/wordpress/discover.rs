//! From a page of a site to its doors: where its REST routes begin, and where a person agrees to an application password.
//!
//! A site says where its routes are in a `Link` header and in the head of each page; where a cache swallowed both, its two
//! forms are tried in the folders above (`/wp-json/`, and `/?rest_route=/` without pretty addresses). Nothing secret is
//! asked with here, so that pointing from `exemple.fr` to `www.exemple.fr` may be followed, as far as reach allows.

use super::api::at;
use super::{errors, names};
use crate::addresses::{same_origin, same_site};
use crate::asked::Ask;
use crate::http::{Answer, Http};
use guichet_model::{Fault, Millis, RefusalCode, Unreached};
use serde_json::Value;
use url::Url;

/// The relation that names the routes (developer.wordpress.org/rest-api/using-the-rest-api/discovery).
const RELATION: &str = "https://api.w.org/";
const MOST_REDIRECTS: usize = 3;
/// A sign-in has a person waiting: "later" means when they try again.
pub(super) const NOW: Millis = Millis(0);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    pub root: Url,
    /// As it is stored.
    pub server: String,
    pub authorize: Url,
}

pub(crate) async fn discover(http: &Http, page: Url) -> Result<Site, Fault> {
    let (page, answer) = visit(http, page).await?;
    if let Some(fault) = closed_in_front(&answer) {
        return Err(fault);
    }
    for root in named(&page, &answer) {
        if same_site(&root, &page)
            && http.reach.allows(&root)
            && let Some(site) = index(http, root).await?
        {
            return Ok(site);
        }
    }
    for folder in names::folders(&page) {
        for form in ["wp-json/", "?rest_route=/"] {
            let Ok(root) = folder.join(form) else { continue };
            if let Some(site) = index(http, root).await? {
                return Ok(site);
            }
        }
    }
    // Nothing but trouble was heard: it may be WordPress all the same (maintenance is a 503 page).
    if answer.status >= 500 {
        return Err(Fault::Later { after: NOW });
    }
    Err(wrong_server())
}

async fn visit(http: &Http, mut page: Url) -> Result<(Url, Answer), Fault> {
    for _ in 0..=MOST_REDIRECTS {
        let answer = http.read_any(http.reading(page.clone())?, NOW).await?;
        if answer.status == 511 {
            return Err(Fault::Offline { why: Unreached::Portal });
        }
        let to = answer.header("location").and_then(|to| page.join(to).ok());
        match to.filter(|to| (300..400).contains(&answer.status) && http.reach.allows(to)) {
            Some(to) => page = to,
            None => return Ok((page, answer)),
        }
    }
    Err(wrong_server())
}

/// The web server itself asks a password before WordPress is reached. Its way of asking takes the very header that an
/// application password needs, so that both cannot go together: the site must let `/wp-json/` through.
fn closed_in_front(answer: &Answer) -> Option<Fault> {
    let asks = answer.header("www-authenticate")?;
    (answer.status == 401).then(|| Fault::refused(RefusalCode::Forbidden, Some(asks.to_owned())))
}

/// Where the page says that the routes are: its `Link` headers, then its head.
fn named(page: &Url, answer: &Answer) -> Vec<Url> {
    let headers = answer.headers.get_all("link");
    let linked = headers.iter().filter_map(|header| header.to_str().ok()).flat_map(|header| header.split(','));
    let linked = linked.filter_map(|part| {
        let (target, rest) = part.trim().strip_prefix('<')?.split_once('>')?;
        rest.contains(RELATION).then(|| target.to_owned())
    });
    let body = String::from_utf8_lossy(&answer.body);
    let tags = body.split("<link").skip(1).filter_map(|tag| {
        let tag = tag.split('>').next()?;
        let (_, rest) = tag.contains(RELATION).then(|| tag.split_once("href="))??;
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let href = rest[1..].split(quote).next()?;
        Some(href.replace("&#038;", "&").replace("&amp;", "&"))
    });
    let told: Vec<String> = linked.chain(tags).collect();
    told.iter().filter_map(|target| page.join(target).ok()).take(4).collect()
}

/// The site whose routes begin at `root`; `None` where they do not.
async fn index(http: &Http, root: Url) -> Result<Option<Site>, Fault> {
    let query = [("_fields", "name,url,home,namespaces,authentication".to_owned())];
    let answer = http.read_any(http.reading(at(&root, "/", &query))?, NOW).await?;
    if let Some(fault) = closed_in_front(&answer) {
        return Err(fault);
    }
    let told = answer.json().unwrap_or_default();
    let folder = folder_of(&root);
    let usual = folder.join("wp-admin/authorize-application.php").map_err(|_| wrong_server())?;
    let site = |authorize| Site { server: names::written(&folder), root: root.clone(), authorize };
    match answer.status {
        200 if speaks(&told) => {
            let door = door(&told).filter(|door| http.reach.allows(door) && same_site(door, &root));
            // Switched off: by the site, by an extension, or because it has no https.
            let door = door.ok_or_else(|| Fault::refused(RefusalCode::NotOffered, None))?;
            Ok(Some(site(door)))
        }
        // Closed to strangers by an extension, which answers in WordPress' own form. Its door is where doors are.
        401 | 403 if errors::code(&answer).is_some() => Ok(Some(site(usual))),
        _ => Ok(None),
    }
}

/// Where a person lets a program in.
pub(crate) fn door(told: &Value) -> Option<Url> {
    let passwords = told.at("authentication").at("application-passwords");
    Url::parse(passwords.at("endpoints").at("authorization").as_str()?).ok()
}

pub(crate) fn speaks(told: &Value) -> bool {
    let namespaces = told.at("namespaces").as_array();
    namespaces.is_some_and(|all| all.iter().any(|name| name.as_str() == Some("wp/v2")))
}

/// The site's folder: what stands before `wp-json/`, or before the question mark.
fn folder_of(root: &Url) -> Url {
    let mut folder = root.clone();
    folder.set_query(None);
    folder.set_fragment(None);
    let path = root.path().trim_end_matches('/');
    let cut = path.rsplit('/').next().is_some_and(|last| matches!(last, "wp-json" | "index.php"));
    let path = if cut { path.rsplit_once('/').map_or("", |(before, _)| before) } else { path };
    folder.set_path(&format!("{path}/"));
    debug_assert!(same_origin(&folder, root));
    folder
}

pub(super) fn wrong_server() -> Fault {
    Fault::refused(RefusalCode::WrongServer, None)
}

#[cfg(test)]
#[path = "discover_tests.rs"]
mod tests;
