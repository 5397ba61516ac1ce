//! Pages of comments: which ones, in which order, how many; and the headers that tell how many there are.

use super::answers::Refusal;
use super::asked::Params;
use super::server::{Caller, Host};
use super::world::{Comment, Id, Site, State};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use std::cmp::Reverse;

/// How much of a list is asked for.
pub(crate) struct Slice {
    page: usize,
    size: usize,
    offset: Option<usize>,
}

impl Slice {
    pub fn asked(params: &Params) -> Result<Slice, Refusal> {
        let number = |name: &str, usual: usize, most: usize| match params.get(name) {
            None => Ok(usual),
            Some(text) => {
                let number = text.parse::<usize>().ok().filter(|number| (1..=most).contains(number));
                number.ok_or_else(|| Refusal::parameter(name, &format!("{name} : hors limites")))
            }
        };
        Ok(Slice {
            page: number("page", 1, usize::MAX)?,
            size: number("per_page", 10, 100)?,
            offset: params.get("offset").and_then(|offset| offset.parse().ok()),
        })
    }

    pub fn cut<T>(&self, items: Vec<T>) -> Vec<T> {
        let skipped = self.offset.unwrap_or_else(|| (self.page - 1).saturating_mul(self.size));
        items.into_iter().skip(skipped).take(self.size).collect()
    }

    pub fn pages(&self, total: usize) -> usize {
        total.div_ceil(self.size)
    }

    pub fn is_beyond(&self, total: usize) -> bool {
        self.page > 1 && self.page > self.pages(total)
    }

    /// How many there are, and where the neighbours of this page are.
    pub fn headers(&self, host: &Host, route: &str, params: &Params, total: usize) -> Vec<(&'static str, String)> {
        let pages = self.pages(total);
        let to = |page: usize, rel: &str| {
            let kept = params.query.iter().filter(|(name, _)| name != "page" && name != "rest_route");
            let query = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(kept)
                .append_pair("page", &page.to_string())
                .finish();
            format!("<{}>; rel=\"{rel}\"", host.link(route, &query))
        };
        let mut headers = vec![("x-wp-total", total.to_string()), ("x-wp-totalpages", pages.to_string())];
        if self.page > 1 {
            headers.push(("link", to((self.page - 1).min(pages.max(1)), "prev")));
        }
        if self.page < pages {
            headers.push(("link", to(self.page + 1, "next")));
        }
        headers
    }
}

/// Names that only who writes on the site may ask by.
const PROTECTED: [&str; 3] = ["author", "author_exclude", "author_email"];

/// Refuses what the caller may not ask.
pub(crate) fn allowed(site: &Site, caller: &Caller<'_>) -> Result<(), Refusal> {
    let params = &caller.asked.params;
    let known = caller.who.is_some();
    if params.get("context") == Some("edit") && !caller.moderates(site) {
        return Err(Refusal::denied(known, "rest_forbidden_context"));
    }
    let writes = caller.user(site).is_some_and(|user| user.role.edits_posts());
    let protected = PROTECTED.iter().any(|name| params.get(name).is_some())
        || params.get("status").is_some_and(|status| status != "approve")
        || params.get("type").is_some_and(|kind| kind != "comment");
    if protected && !writes {
        return Err(Refusal::denied(known, "rest_forbidden_param"));
    }
    Ok(())
}

/// The comments asked for, in the order asked for, those included that the caller may not read: they are counted.
pub(crate) fn matching<'a>(host: &Host, site: &'a Site, params: &Params) -> Result<Vec<&'a Comment>, Refusal> {
    let within = |name: &str, value: Id| {
        let wanted = params.ids(name);
        wanted.is_empty() || wanted.contains(&value)
    };
    let after = moment(host, params, "after")?;
    let before = moment(host, params, "before")?;
    let status = params.get("status").unwrap_or("approve");
    let kind = params.get("type").unwrap_or("comment");
    let mail = params.get("author_email");
    let words = params.get("search").map(str::to_lowercase);
    let excluded = params.ids("exclude");
    let mut found: Vec<&Comment> = site
        .comments
        .values()
        .filter(|comment| stands(comment.state, status) && (kind == "all" || comment.kind == kind))
        .filter(|comment| within("include", comment.id) && !excluded.contains(&comment.id))
        .filter(|comment| within("post", comment.post) && within("parent", comment.parent))
        .filter(|comment| within("author", comment.user))
        .filter(|comment| mail.is_none_or(|mail| comment.mail.eq_ignore_ascii_case(mail)))
        .filter(|comment| after.is_none_or(|after| second(comment.at_ms) > after))
        .filter(|comment| before.is_none_or(|before| second(comment.at_ms) < before))
        .filter(|comment| {
            let said = |words: &String| {
                [&comment.text, &comment.name, &comment.mail].iter().any(|text| text.to_lowercase().contains(words))
            };
            words.as_ref().is_none_or(said)
        })
        .collect();
    let order = params.get("orderby").unwrap_or("date_gmt");
    match order {
        "date" | "date_gmt" => found.sort_by_key(|comment| (second(comment.at_ms), comment.id)),
        "id" => found.sort_by_key(|comment| comment.id),
        "post" => found.sort_by_key(|comment| (comment.post, comment.id)),
        "parent" => found.sort_by_key(|comment| (comment.parent, comment.id)),
        "type" => found.sort_by_key(|comment| (comment.kind.clone(), comment.id)),
        "include" => {
            let wanted = params.ids("include");
            found.sort_by_key(|comment| Reverse(wanted.iter().position(|id| *id == comment.id)));
        }
        _ => return Err(Refusal::parameter("orderby", "orderby : valeur inconnue")),
    }
    match params.get("order").unwrap_or("desc") {
        "desc" => found.reverse(),
        "asc" => {}
        _ => return Err(Refusal::parameter("order", "order : valeur inconnue")),
    }
    Ok(found)
}

/// Whether a comment stands where a query says: its words are not those of the answers. Any other word finds nothing.
fn stands(state: State, status: &str) -> bool {
    match status {
        "approve" | "1" => state == State::Approved,
        "hold" | "0" => state == State::Hold,
        "spam" => state == State::Spam,
        "trash" => state == State::Trash,
        "all" => matches!(state, State::Approved | State::Hold),
        "any" => true,
        _ => false,
    }
}

/// A site knows whole seconds.
fn second(ms: i64) -> i64 {
    ms.div_euclid(1000)
}

/// A moment in whole seconds. Without a zone it is the site's own time.
fn moment(host: &Host, params: &Params, name: &str) -> Result<Option<i64>, Refusal> {
    let Some(text) = params.get(name) else {
        return Ok(None);
    };
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Some(at.as_second()));
    }
    let hours = i8::try_from(host.own.hours).unwrap_or_default();
    let zone = TimeZone::fixed(Offset::from_hours(hours).unwrap_or(Offset::UTC));
    let local = text.parse::<DateTime>().ok().and_then(|at| at.to_zoned(zone).ok());
    let at = local.ok_or_else(|| Refusal::parameter(name, &format!("{name} : date invalide")))?;
    Ok(Some(at.timestamp().as_second()))
}
