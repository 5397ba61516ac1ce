//! The root of the API, by which a site introduces itself, and the user who asks.

use super::answers::{Refusal, Said};
use super::consent;
use super::server::{Caller, Host};
use super::shapes::{avatars, stamp};
use super::text::slug;
use super::world::Role;
use crate::hold;
use serde_json::{Map, Value, json};

/// What each may do, as far as comments go.
const EVERYONE: [&str; 2] = ["read", "level_0"];
const WRITERS: [&str; 4] = ["edit_posts", "publish_posts", "edit_published_posts", "upload_files"];
const MODERATORS: [&str; 4] = ["moderate_comments", "edit_others_posts", "manage_categories", "unfiltered_html"];

pub(crate) fn index(host: &Host) -> Said {
    let home = host.home();
    let authentication = if host.own.passwords {
        let page = format!("{home}{}", consent::PATH);
        json!({"application-passwords": {"endpoints": {"authorization": page}}})
    } else {
        // PHP writes an empty map as a list.
        json!([])
    };
    let route = |namespace: &str, methods: Value| json!({"namespace": namespace, "methods": methods, "endpoints": []});
    Said::ok(
        json!({
            "name": host.line.title,
            "description": host.line.description,
            "url": home,
            "home": home,
            "gmt_offset": host.own.hours.to_string(),
            "timezone_string": "",
            "namespaces": ["oembed/1.0", "wp/v2", "wp-site-health/v1", "wp-block-editor/v1"],
            "authentication": authentication,
            "routes": {
                "/": route("", json!(["GET"])),
                "/wp/v2": route("wp/v2", json!(["GET"])),
                "/wp/v2/posts": route("wp/v2", json!(["GET", "POST"])),
                "/wp/v2/users/me": route("wp/v2", json!(["GET", "POST", "PUT", "PATCH", "DELETE"])),
                "/wp/v2/comments": route("wp/v2", json!(["GET", "POST"])),
                "/wp/v2/comments/(?P<id>[\\d]+)": route("wp/v2", json!(["GET", "POST", "PUT", "PATCH", "DELETE"]))
            },
            "site_logo": 0,
            "site_icon": 0,
            "site_icon_url": "",
            "_links": {"help": [{"href": "https://developer.wordpress.org/rest-api/"}]}
        }),
        "GET",
    )
}

/// Who asks. A wrong password is as good as none (recorded from 6.1).
pub(crate) fn me(host: &Host, caller: &Caller<'_>) -> Result<Said, Refusal> {
    let site = hold(&host.site);
    let user = caller.user(&site).ok_or_else(|| Refusal::json(401, "rest_not_logged_in"))?;
    let home = host.home();
    let own = format!("/wp/v2/users/{}", user.id);
    let mut shape = json!({
        "id": user.id,
        "name": user.name,
        "url": home,
        "description": "",
        "link": format!("{home}/author/{}/", slug(&user.login)),
        "slug": slug(&user.login),
        "avatar_urls": avatars(host, &user.mail),
        "meta": [],
        "_links": {
            "self": [{"href": host.link(&own, "")}],
            "collection": [{"href": host.link("/wp/v2/users", "")}]
        }
    });
    if caller.asked.params.get("context") == Some("edit") {
        shape["username"] = json!(user.login);
        shape["email"] = json!(user.mail);
        shape["nickname"] = json!(user.name);
        shape["locale"] = json!("fr_FR");
        shape["roles"] = json!([user.role.name()]);
        shape["registered_date"] = json!(format!("{}+00:00", stamp(user.since_ms, 0)));
        shape["capabilities"] = capabilities(user.role);
        shape["extra_capabilities"] = json!({ (user.role.name()): true });
    }
    Ok(Said::ok(shape, "GET, POST, PUT, PATCH, DELETE"))
}

fn capabilities(role: Role) -> Value {
    let mut can: Map<String, Value> = EVERYONE.iter().map(|can| ((*can).to_owned(), json!(true))).collect();
    let mut allow = |more: &[&str]| can.extend(more.iter().map(|can| ((*can).to_owned(), json!(true))));
    if role.edits_posts() {
        allow(&WRITERS);
    }
    if role.moderates() {
        allow(&MODERATORS);
    }
    allow(&[role.name()]);
    Value::Object(can)
}
