//! What a program on somebody's own machine says of itself: having no public page, it is called `http://localhost`, and its
//! ways back and its scope stand in the query of that name.

use url::Url;

pub(crate) struct Program {
    redirects: Vec<Url>,
    pub scope: String,
}

impl Program {
    pub fn read(client_id: &str) -> Result<Program, &'static str> {
        if !client_id.starts_with("http://localhost") {
            return Err("Unable to obtain client metadata");
        }
        let url = Url::parse(client_id).map_err(|_| "Invalid client_id")?;
        if url.host_str() != Some("localhost") || url.port().is_some() || url.path() != "/" || url.fragment().is_some()
        {
            return Err("Invalid loopback client_id");
        }
        let (mut redirects, mut scope) = (Vec::new(), "atproto".to_owned());
        for (name, value) in url.query_pairs() {
            match &*name {
                "redirect_uri" => redirects.push(Url::parse(&value).map_err(|_| "Invalid redirect_uri")?),
                "scope" => scope = value.into_owned(),
                _ => return Err("Invalid loopback client_id: unexpected parameter"),
            }
        }
        if redirects.is_empty() {
            redirects = ["http://127.0.0.1/", "http://[::1]/"].iter().filter_map(|url| Url::parse(url).ok()).collect();
        }
        let inside = |url: &Url| url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "[::1]"));
        if redirects.iter().all(inside) {
            Ok(Program { redirects, scope })
        } else {
            Err("Loopback redirect_uri must be an IP")
        }
    }

    /// Whether that is one of its ways back. The port does not count.
    pub fn leads_to(&self, redirect: &str) -> bool {
        let Ok(wanted) = Url::parse(redirect) else { return false };
        let place =
            |url: &Url| (url.host().map(|host| host.to_owned()), url.path().to_owned(), url.query().map(str::to_owned));
        wanted.scheme() == "http" && self.redirects.iter().any(|known| place(known) == place(&wanted))
    }
}
