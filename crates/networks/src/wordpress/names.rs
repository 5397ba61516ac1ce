//! A site's address as people paste it: its name, an article, a page of its administration. A sub-folder is part of the
//! site's name (`exemple.fr/journal`): two sites may live in one domain.

use crate::addresses::Reach;
use guichet_model::{Fault, RefusalCode};
use url::Url;

/// Where WordPress' own pages begin: what stands before is the site.
const ITS_OWN: [&str; 8] = [
    "wp-admin",
    "wp-login.php",
    "wp-json",
    "wp-content",
    "wp-includes",
    "wp-comments-post.php",
    "xmlrpc.php",
    "index.php",
];
/// Folders deeper than this are not asked one by one.
const DEEPEST: usize = 6;

/// The page meant, within reach.
pub(crate) fn page(written: &str, reach: Reach) -> Result<Url, Fault> {
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
    let kept: Vec<String> =
        segments(&url).into_iter().take_while(|s| !ITS_OWN.contains(s)).map(str::to_owned).collect();
    let ends_open = url.path().ends_with('/') || kept.len() < segments(&url).len();
    let mut path = kept.iter().fold(String::new(), |path, segment| path + "/" + segment);
    if ends_open || path.is_empty() {
        path.push('/');
    }
    url.set_path(&path);
    url.set_query(None);
    url.set_fragment(None);
    if written.is_empty() || !reach.allows(&url) {
        return Err(wrong());
    }
    Ok(url)
}

/// The folders a page lies in, the nearest first: one of them may be the site.
pub(crate) fn folders(page: &Url) -> Vec<Url> {
    let segments = segments(page);
    (0..=segments.len().min(DEEPEST))
        .rev()
        .map(|n| {
            let mut folder = page.clone();
            folder.set_path(&segments[..n].iter().fold("/".to_owned(), |path, segment| path + segment + "/"));
            folder
        })
        .collect()
}

/// An address as it is stored and compared: no slash at its end.
pub(crate) fn written(folder: &Url) -> String {
    let mut folder = folder.clone();
    folder.set_query(None);
    folder.as_str().trim_end_matches('/').to_owned()
}

fn segments(url: &Url) -> Vec<&str> {
    url.path_segments().map(|all| all.filter(|segment| !segment.is_empty()).collect()).unwrap_or_default()
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
