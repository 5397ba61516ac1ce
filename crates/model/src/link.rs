//! What a link says: of which network it is, whether it names one item or only what the item hangs on, and its normal
//! form, the same for every way in which one copies it.
//!
//! Nothing is asked of anybody: a shortened link stays what it is. What cannot be told apart is kept apart: a wrong
//! "the same" would lose an item, a wrong "another" shows it twice.

use crate::Kind;
use serde::Serialize;
use ts_rs::TS;
use url::Url;

/// The network of a page that is none of those known by name: told apart by its host.
pub const SITE: &str = "site";

/// Longer than any address that a browser shows.
const LONGEST: usize = 4_096;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
pub struct Linked {
    /// The network's stable name (`facebook`), or `site`.
    pub network: &'static str,
    /// As it is shown: lower case, without `www.`.
    pub host: String,
    /// What a browser opens: http or https.
    pub url: String,
    /// The normal form.
    pub name: String,
    /// The normal form of what it hangs on, where the link tells it.
    pub post: Option<String>,
    /// The normal form of the message that it answers, where the link tells it.
    pub parent: Option<String>,
    /// Whether it names the item itself, and not only what the item hangs on.
    pub precise: bool,
    pub kind: Kind,
    /// Who wrote it, where the path tells.
    pub handle: Option<String>,
}

impl Linked {
    /// The origin that stands for the whole network, or for the one site.
    pub fn origin(&self) -> String {
        origin(self.network).unwrap_or_else(|| format!("https://{}", self.host))
    }
}

/// The networks known by their hosts; the first host names the network.
const HOSTS: &[(&str, &[&str])] = &[
    ("facebook", &["facebook.com", "fb.com", "fb.me", "fb.watch"]),
    ("instagram", &["instagram.com", "instagr.am"]),
    ("linkedin", &["linkedin.com", "lnkd.in"]),
    ("youtube", &["youtube.com", "youtu.be"]),
    ("x", &["x.com", "twitter.com"]),
    ("tiktok", &["tiktok.com"]),
    ("threads", &["threads.com", "threads.net"]),
    ("bluesky", &["bsky.app"]),
    ("reddit", &["reddit.com", "redd.it"]),
    ("google", &["google.com", "goo.gl", "g.page", "g.co"]),
];

/// What only tells where somebody clicked.
const TRACKS: &[&str] = &[
    "fbclid", "gclid", "igsh", "igshid", "mibextid", "rdid", "ref_src", "ref_url", "si", "trk", "midtoken", "lipi",
    "notif_id", "notif_t", "_rdr", "__tn__", "__cft__", "acontext", "refid",
];

/// The networks that are known by name.
pub fn networks() -> impl Iterator<Item = &'static str> {
    HOSTS.iter().map(|(network, _)| *network)
}

/// The origin that stands for a network known by name.
pub fn origin(network: &str) -> Option<String> {
    let (_, hosts) = HOSTS.iter().find(|(name, _)| *name == network)?;
    Some(format!("https://www.{}", hosts[0]))
}

/// What a link says; `None`: it is none that a browser opens.
pub fn read(text: &str) -> Option<Linked> {
    let text = text.trim().trim_matches(['<', '>', '"']);
    if text.is_empty() || text.len() > LONGEST || text.contains(char::is_whitespace) {
        return None;
    }
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&whole).ok()?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let host = bare(url.domain()?);
    if !host.contains('.') {
        return None;
    }
    // A link on its way through the network's own counter.
    if host == "l.facebook.com" || host == "l.instagram.com" || (host == "google.com" && url.path() == "/url") {
        let target = query(&url, "u").or_else(|| query(&url, "q")).or_else(|| query(&url, "url"));
        if let Some(target) = target.filter(|target| target.starts_with("http") && *target != text) {
            return read(&target);
        }
    }
    let network = network_of(&host);
    let told = match network {
        "facebook" => facebook(&url),
        "instagram" => instagram(&url),
        "linkedin" => linkedin(&url),
        "youtube" => youtube(&url, &host),
        "x" => x(&url),
        "tiktok" => tiktok(&url),
        "threads" => by_segments(&url, "post", "threads.com/post"),
        "bluesky" => bluesky(&url),
        "reddit" => reddit(&url),
        "google" => google(&url, &host),
        _ => site(&url, &host),
    };
    let told = told.unwrap_or_else(|| Told::of(plain(&url, &host), kind_of(network)));
    Some(Linked {
        network,
        url: url.to_string(),
        precise: told.precise,
        kind: told.kind,
        post: told.post.or_else(|| (!told.precise).then(|| told.name.clone())),
        parent: told.parent.filter(|parent| *parent != told.name),
        name: told.name,
        handle: told.handle,
        host,
    })
}

/// The host of a server as links tell it, whatever its port and folder; `None`: no server of the web that has a name.
pub fn host(server: &str) -> Option<String> {
    let url = Url::parse(server).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.domain().map(bare)
}

/// The normal form of a link.
pub fn normal(text: &str) -> Option<String> {
    read(text).map(|linked| linked.name)
}

struct Told {
    name: String,
    post: Option<String>,
    parent: Option<String>,
    precise: bool,
    kind: Kind,
    handle: Option<String>,
}

impl Told {
    /// A page, and nothing below it.
    fn of(name: String, kind: Kind) -> Self {
        Self { name, post: None, parent: None, precise: false, kind, handle: None }
    }

    /// One item, under a post or by itself.
    fn item(name: String, post: Option<String>, kind: Kind) -> Self {
        Self { name, post, parent: None, precise: true, kind, handle: None }
    }
}

fn kind_of(network: &str) -> Kind {
    match network {
        "google" => Kind::Review,
        "x" | "bluesky" | "threads" => Kind::Mention,
        _ => Kind::Comment,
    }
}

fn bare(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    let first = host.split('.').next().unwrap_or_default();
    let same = ["www", "m", "mobile", "web", "mbasic", "touch", "old", "new", "amp"].contains(&first)
        // The network in somebody's language: `fr-fr.facebook.com`, `fr.linkedin.com`.
        || (host.matches('.').count() == 2
            && (first.len() == 2 || (first.len() == 5 && first.as_bytes()[2] == b'-'))
            && !["t.co", "g.co"].contains(&host.as_str())
            && network_of(&host) != SITE);
    if same && host.matches('.').count() > 1 { host[first.len() + 1..].to_owned() } else { host }
}

fn network_of(host: &str) -> &'static str {
    let within = |of: &str| host == of || host.strip_suffix(of).is_some_and(|rest| rest.ends_with('.'));
    let known = HOSTS.iter().find(|(_, hosts)| hosts.iter().any(|of| within(of)));
    // Google has a host a country.
    let google = host.split('.').any(|part| part == "google")
        && psl::domain_str(host).is_some_and(|of| of.starts_with("google."));
    match known {
        Some((network, _)) => network,
        None if google => "google",
        None => SITE,
    }
}

fn segments(url: &Url) -> Vec<&str> {
    url.path_segments().map(|parts| parts.filter(|part| !part.is_empty()).collect()).unwrap_or_default()
}

fn query(url: &Url, key: &str) -> Option<String> {
    url.query_pairs()
        .find(|(name, _)| name == key)
        .map(|(_, value)| value.into_owned())
        .filter(|value| !value.is_empty())
}

/// Host, path and whatever of the query is no track, in the order of its names.
fn plain(url: &Url, host: &str) -> String {
    let mut kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| {
            let name = name.to_ascii_lowercase();
            !name.starts_with("utm_")
                && !TRACKS.iter().any(|track| name == *track || name.starts_with(&format!("{track}[")))
        })
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    kept.sort();
    let mut name = format!("{host}{}", url.path().trim_end_matches('/'));
    for (at, (key, value)) in kept.iter().enumerate() {
        name.push(if at == 0 { '?' } else { '&' });
        name.push_str(&format!("{key}={value}"));
    }
    name
}

fn facebook(url: &Url) -> Option<Told> {
    let parts = segments(url);
    // As its mails write it: the path is the first word of the query.
    let first = url.query_pairs().next().map(|(path, _)| path.into_owned()).unwrap_or_default();
    let parts = if parts == ["n"] { first.split('/').filter(|part| !part.is_empty()).collect() } else { parts };
    let below = |word: &str| parts.iter().position(|part| *part == word).map(|at| &parts[at + 1..]);
    if let Some(exchange) = below("t").and_then(<[_]>::first).filter(|_| parts.first() == Some(&"messages")) {
        return Some(Told::of(format!("facebook.com/messages/{exchange}"), Kind::Message));
    }
    let id = ["story_fbid", "fbid", "v"].iter().find_map(|key| query(url, key)).or_else(|| {
        // `/page/videos/title/123`: the last one is the name.
        let last = ["posts", "videos"].iter().find_map(|word| below(word).and_then(<[_]>::last));
        let next = ["permalink", "reel", "reviews"].iter().find_map(|word| below(word).and_then(<[_]>::first));
        last.or(next).map(|id| (*id).to_owned())
    });
    let post = id.map(|id| format!("facebook.com/{id}"));
    // A comment has a number of its own in the whole network; its post is written in several ways.
    if let Some(comment) = query(url, "reply_comment_id").or_else(|| query(url, "comment_id")) {
        let parent = query(url, "comment_id").map(|parent| format!("facebook.com/comment/{parent}"));
        return Some(Told { parent, ..Told::item(format!("facebook.com/comment/{comment}"), post, Kind::Comment) });
    }
    post.map(|post| Told::of(post, Kind::Comment))
}

fn instagram(url: &Url) -> Option<Told> {
    let parts = segments(url);
    if parts.first() == Some(&"direct") {
        return Some(Told::of(format!("instagram.com/{}", parts.join("/")), Kind::Message));
    }
    if let ["stories", user, id, ..] = parts.as_slice() {
        let told = Told::item(format!("instagram.com/stories/{id}"), None, Kind::Mention);
        return Some(Told { handle: Some((*user).to_owned()), ..told });
    }
    let at = parts.iter().position(|part| ["p", "reel", "reels", "tv"].contains(part))?;
    let post = format!("instagram.com/p/{}", parts.get(at + 1)?);
    let below = &parts[at + 2..];
    let comment = match below {
        ["c", parent, "r", reply, ..] => Some((*reply, Some(format!("{post}/c/{parent}")))),
        ["c", comment, ..] => Some((*comment, None)),
        _ => None,
    };
    Some(match comment {
        Some((comment, parent)) => {
            Told { parent, ..Told::item(format!("{post}/c/{comment}"), Some(post), Kind::Comment) }
        }
        None => Told::of(post, Kind::Comment),
    })
}

fn linkedin(url: &Url) -> Option<Told> {
    let mut parts = segments(url);
    // As its mails write it.
    if parts.first() == Some(&"comm") {
        parts.remove(0);
    }
    if parts.first() == Some(&"messaging") {
        return Some(Told::of(format!("linkedin.com/{}", parts.join("/")), Kind::Message));
    }
    let said = percent(parts.last()?);
    let digits = |text: &str| -> Option<String> {
        let number: String =
            text.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        (number.len() >= 10).then_some(number)
    };
    let number = ["activity", "ugcPost", "share"]
        .iter()
        .find_map(|word| said.rfind(word).and_then(|at| digits(&said[at + word.len()..])));
    let post = number.map(|number| format!("linkedin.com/{number}"));
    // urn:li:comment:(activity:7200000000000000000,7200000000000000001): the second number is the comment's.
    let named = |keys: &[&str]| -> Option<String> {
        let urn = keys.iter().find_map(|key| query(url, key))?;
        let numbers: Vec<&str> = urn.split(|c: char| !c.is_ascii_digit()).filter(|n| n.len() >= 10).collect();
        let comment = if urn.contains("fsd_comment") { numbers.first() } else { numbers.last() };
        comment.map(|comment| format!("linkedin.com/comment/{comment}"))
    };
    let comment = named(&["commentUrn", "dashCommentUrn"]);
    if let Some(answer) = named(&["replyUrn", "dashReplyUrn"]) {
        return Some(Told { parent: comment, ..Told::item(answer, post, Kind::Comment) });
    }
    if let Some(comment) = comment {
        return Some(Told::item(comment, post, Kind::Comment));
    }
    post.map(|post| Told::of(post, Kind::Comment))
}

fn percent(text: &str) -> String {
    url::form_urlencoded::parse(format!("v={}", text.replace('+', "%2B")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

fn youtube(url: &Url, host: &str) -> Option<Told> {
    let parts = segments(url);
    let video = match parts.as_slice() {
        [id, ..] if host == "youtu.be" => Some((*id).to_owned()),
        ["shorts" | "live" | "embed" | "video", id, ..] => Some((*id).to_owned()),
        ["post", id, ..] => return Some(Told::of(format!("youtube.com/post/{id}"), Kind::Comment)),
        _ => query(url, "v"),
    }?;
    let post = format!("youtube.com/{video}");
    Some(match query(url, "lc") {
        Some(comment) => Told {
            // An answer's name begins with that of what it answers.
            parent: comment.split_once('.').map(|(parent, _)| format!("{post}/{parent}")),
            ..Told::item(format!("{post}/{comment}"), Some(post), Kind::Comment)
        },
        None => Told::of(post, Kind::Comment),
    })
}

fn x(url: &Url) -> Option<Told> {
    let parts = segments(url);
    let at = parts.iter().position(|part| *part == "status" || *part == "statuses")?;
    let id = parts.get(at + 1)?;
    let user = parts.first().filter(|user| at == 1 && **user != "i");
    Some(Told { handle: user.map(|user| (*user).to_owned()), ..Told::item(format!("x.com/{id}"), None, Kind::Mention) })
}

fn tiktok(url: &Url) -> Option<Told> {
    let parts = segments(url);
    let at = parts.iter().position(|part| *part == "video" || *part == "photo")?;
    let post = format!("tiktok.com/{}", parts.get(at + 1)?);
    Some(match query(url, "comment_id").or_else(|| query(url, "cid")) {
        Some(comment) => Told::item(format!("tiktok.com/comment/{comment}"), Some(post), Kind::Comment),
        None => Told::of(post, Kind::Comment),
    })
}

/// `/@user/post/CODE`.
fn by_segments(url: &Url, word: &str, as_name: &str) -> Option<Told> {
    let parts = segments(url);
    let at = parts.iter().position(|part| *part == word)?;
    let user = parts.first().and_then(|user| user.strip_prefix('@'));
    let name = format!("{as_name}/{}", parts.get(at + 1)?);
    Some(Told { handle: user.map(str::to_owned), ..Told::item(name, None, Kind::Mention) })
}

fn bluesky(url: &Url) -> Option<Told> {
    match segments(url).as_slice() {
        ["profile", user, "post", key, ..] => Some(Told {
            handle: (!user.starts_with("did:")).then(|| (*user).to_owned()),
            ..Told::item(format!("bsky.app/{user}/{key}"), None, Kind::Mention)
        }),
        _ => None,
    }
}

fn reddit(url: &Url) -> Option<Told> {
    let parts = segments(url);
    let at = parts.iter().position(|part| *part == "comments")?;
    let post = format!("reddit.com/{}", parts.get(at + 1)?);
    Some(match parts.get(at + 3) {
        Some(comment) => Told::item(format!("{post}/{comment}"), Some(post), Kind::Comment),
        None => Told::of(post, Kind::Comment),
    })
}

fn google(url: &Url, host: &str) -> Option<Told> {
    if let Some(review) = query(url, "review") {
        return Some(Told::item(format!("google.com/review/{review}"), None, Kind::Review));
    }
    // What the network shows of one review carries its number; a place's page shows them all.
    let one = url.path().contains("/reviews/data=") || segments(url).contains(&"r") || host == "maps.app.goo.gl";
    let host = if host.ends_with("goo.gl") || host.starts_with("business.") { host } else { "google.com" };
    let name = plain(url, host);
    Some(if one { Told::item(name, None, Kind::Review) } else { Told::of(name, Kind::Review) })
}

fn site(url: &Url, host: &str) -> Option<Told> {
    let parts = segments(url);
    // A text on a server of the fediverse: `/@lea/109372843234`.
    if let [user, id, ..] = parts.as_slice()
        && let Some(user) = user.strip_prefix('@')
        && id.len() > 8
        && id.bytes().all(|b| b.is_ascii_digit())
    {
        let handle = if user.contains('@') { user.to_owned() } else { format!("{user}@{host}") };
        return Some(Told { handle: Some(handle), ..Told::item(format!("{host}/@{user}/{id}"), None, Kind::Mention) });
    }
    let post = plain(url, host);
    let fragment = url.fragment().unwrap_or_default();
    // `#comment-12`, `#c34`, `#reply-5`: one comment of the page.
    let number: String = fragment.chars().skip_while(|c| !c.is_ascii_digit()).collect();
    let word = fragment.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches(['-', '_']);
    let numbered = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let of_comment = ["comment", "comments", "div-comment", "commentaire", "reply", "c", "post", "r"].contains(&word);
    (numbered && of_comment).then(|| Told::item(format!("{post}#{number}"), Some(post), Kind::Comment))
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
