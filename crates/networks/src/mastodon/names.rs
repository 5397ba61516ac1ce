//! A server's name as people write it: `exemple.social`, an address, or their own name there.

use crate::addresses::Reach;
use guichet_model::{Fault, RefusalCode};
use url::Url;

/// The origin meant: `exemple.social`, `https://exemple.social/@lea`, `@lea@exemple.social`, `lea@exemple.social`.
pub(crate) fn origin(written: &str, reach: Reach) -> Result<Url, Fault> {
    let wrong = || Fault::refused(RefusalCode::WrongServer, None);
    let written = written.trim();
    let has_scheme = written.contains("://");
    let host = match written.rsplit_once('@') {
        // In an address, what follows an "@" in the path is a person's name.
        Some((_, host)) if !has_scheme && !written.contains('/') => host,
        _ => written,
    };
    let scheme = match reach {
        Reach::Public => "https",
        Reach::Loopback => "http",
    };
    let address = if has_scheme { host.to_owned() } else { format!("{scheme}://{host}") };
    let mut url = Url::parse(&address).map_err(|_| wrong())?;
    // People paste http:// from old bookmarks; nothing is ever asked over it.
    if reach == Reach::Public && url.scheme() == "http" && url.port().is_none() {
        url.set_scheme("https").map_err(|()| wrong())?;
    }
    url.set_path("/");
    url.set_query(None);
    url.set_fragment(None);
    if host.is_empty() || !reach.allows(&url) {
        return Err(wrong());
    }
    Ok(url)
}

/// An origin as it is stored and compared: no slash at its end.
pub(crate) fn written(origin: &Url) -> String {
    origin.as_str().trim_end_matches('/').to_owned()
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
