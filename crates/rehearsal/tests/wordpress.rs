//! The simulated WordPress site as a plain client sees it: discovery, shapes, lists, answers, moderation, refusals.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod stage;

use guichet_rehearsal::{Say, Speaker};
use reqwest::Method;
use serde_json::json;
use stage::site::{Site, ids, refused, site, told};
use stage::{neighbour, quiet};

const COMMENTS: &str = "wp/v2/comments";

fn odile() -> Speaker {
    Speaker::new("odile.ferrand@poste.example", "Odile Ferrand")
}

/// What a visitor wrote under the newest post.
fn say(rehearsal: &guichet_rehearsal::Rehearsal, to: &str, text: &str) -> u64 {
    rehearsal.say(Say::mention(odile(), to, text)).unwrap().parse().unwrap()
}

async fn states(site: &Site, status: &str) -> Vec<String> {
    let list = site.get(&format!("{COMMENTS}?context=edit&per_page=100&status={status}")).await;
    list.as_array().unwrap().iter().map(|comment| comment["status"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_site_says_where_its_api_is() {
    let rehearsal = quiet("sites").await;
    for (user, base) in [
        ("plume_racine", "/wp-json/"),
        ("plume_dossier", "/blog/wp-json/"),
        ("plume_simple", "/index.php?rest_route=/"),
    ] {
        let mut site = site(&rehearsal, user);
        let home = site.http.head(format!("{}/", site.card.server)).send().await.unwrap();
        let link = home.headers()["link"].to_str().unwrap().to_owned();
        let told = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"https://api.w.org/\"").unwrap().to_owned();
        assert!(told.ends_with(base), "{told}");
        site.root = told;
        let index = site.get("").await;
        assert_eq!(index["home"], site.card.server.as_str());
        assert!(index["namespaces"].as_array().unwrap().contains(&json!("wp/v2")));
        let page = index["authentication"]["application-passwords"]["endpoints"]["authorization"].as_str().unwrap();
        assert_eq!(page, format!("{}/wp-admin/authorize-application.php", site.card.server));
        let me = site.get("wp/v2/users/me?context=edit").await;
        assert_eq!((me["username"].as_str(), &me["capabilities"]["moderate_comments"]), (Some(user), &json!(true)));
        assert_eq!(ids(&site.get(&format!("{COMMENTS}?per_page=5&status=all")).await).len(), 1);
        // A link of an answer leads on, in the form of the site.
        let post = &site.get(&format!("{COMMENTS}?context=edit")).await[0]["_links"]["up"][0]["href"];
        let post = told_by(&site, post.as_str().unwrap()).await;
        assert!(post["title"]["rendered"].as_str().unwrap().starts_with("Ouverture"));
    }
    let plain = site(&rehearsal, "plume_simple");
    assert_eq!(plain.try_get("").await.unwrap().status(), 404, "no pretty addresses");
    let outside = site(&rehearsal, "plume_dossier");
    let outside = outside.http.get(outside.card.server.replace("/blog", "/")).send().await.unwrap();
    assert!(outside.status() == 404 && outside.headers().get("link").is_none());
}

async fn told_by(site: &Site, address: &str) -> serde_json::Value {
    let request = site.http.get(address).basic_auth(site.login(), Some(&site.card.token));
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn sites_can_be_hard_to_sign_in_to() {
    let rehearsal = quiet("sites").await;
    let guarded = site(&rehearsal, "plume_garde");
    let page = guarded.http.get(format!("{}/", guarded.card.server)).send().await.unwrap();
    assert!(page.status() == 401 && page.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic"));
    assert_eq!(guarded.get("wp/v2/users/me").await["name"], "Plume garde", "its API is open");
    let closed = site(&rehearsal, "plume_ferme");
    let me = closed.try_get("wp/v2/users/me").await.unwrap();
    assert!(me.status() == 401 && me.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    let without = site(&rehearsal, "plume_sans");
    assert_eq!(told(without.visit(Method::GET, "").send().await.unwrap()).await.1["authentication"], json!([]));
    for user in ["plume_sans", "plume_sourd"] {
        let site = site(&rehearsal, user);
        let answer = refused(site.ask(Method::GET, "wp/v2/users/me")).await;
        assert_eq!(answer, (401, "rest_not_logged_in".to_owned()), "the right password, unheard");
    }
}

#[tokio::test]
async fn shapes_are_wordpress_s() {
    let rehearsal = quiet("soirée").await;
    let site = site(&rehearsal, "lambert");
    let list = site.get(&format!("{COMMENTS}?context=edit&status=all&orderby=date_gmt&order=asc&_embed=up")).await;
    let first = &list[0];
    assert_eq!((&first["author"], &first["author_name"]), (&json!(0), &json!("Gérard Lupin")));
    assert_eq!(first["author_email"], "gerard.lupin@poste.example");
    assert_eq!(first["content"]["rendered"], format!("<p>{}</p>\n", first["content"]["raw"].as_str().unwrap()));
    assert_eq!((&first["status"], &first["type"], &first["meta"]), (&json!("approved"), &json!("comment"), &json!([])));
    for field in ["date", "date_gmt"] {
        assert_eq!(first[field].as_str().unwrap().len(), "2026-11-21T21:16:54".len(), "no zone");
    }
    assert_ne!(first["date"], first["date_gmt"], "the site is an hour ahead");
    assert!(first["link"].as_str().unwrap().contains("/changer-une-chambre-a-air-sans-se-facher/#comment-"));
    assert_eq!(first["_embedded"]["up"][0]["title"]["rendered"], "Changer une chambre à air sans se fâcher");
    let answer = &list[1];
    assert_eq!((&answer["parent"], answer["author"].as_u64()), (&first["id"], site.card.remote.parse().ok()));
    assert_eq!(answer["_links"]["in-reply-to"][0]["href"], first["_links"]["self"][0]["href"]);
    assert!(first["_links"]["children"].is_array() && answer["_links"]["children"].is_null());
    let posts = site.get("wp/v2/posts?_fields=id,title.rendered").await;
    assert_eq!(posts[1], json!({"id": 49, "title": {"rendered": "Changer une chambre à air sans se fâcher"}}));
    assert_eq!(first["id"], 49, "a post 49 and a comment 49");
    let face = first["author_avatar_urls"]["96"].as_str().unwrap();
    let face = site.http.get(face).send().await.unwrap();
    assert!(face.bytes().await.unwrap().starts_with(b"\x89PNG"));
    let page = site.http.get(first["link"].as_str().unwrap()).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("id=\"comment-49\"") && !page.contains("BONS PLANS"));
}

#[tokio::test]
async fn a_query_and_an_answer_name_states_differently() {
    let rehearsal = quiet("soirée").await;
    let site = site(&rehearsal, "lambert");
    let count = async |status: &str| states(&site, status).await.len();
    assert_eq!((count("approve").await, count("hold").await, count("spam").await), (5, 1, 1));
    assert_eq!((count("all").await, count("any").await), (6, 7));
    assert_eq!((count("trash").await, count("approved").await), (0, 0));
    assert!(states(&site, "hold").await.iter().all(|state| state == "hold"));
    let kinds = site.get(&format!("{COMMENTS}?type=pingback")).await;
    assert_eq!(kinds[0]["author_name"], "Vélocité, le journal");
}

#[tokio::test]
async fn pages_are_counted_and_linked() {
    let rehearsal = quiet("sites").await;
    let site = site(&rehearsal, "plume_racine");
    let said: Vec<u64> = (0..7).map(|n| say(&rehearsal, "plume_racine", &format!("numéro {n}"))).collect();
    let (mut seen, mut address) = (Vec::new(), Some(site.at(&format!("{COMMENTS}?per_page=3&order=asc&orderby=id"))));
    while let Some(page) = address {
        let response = site.http.get(page).send().await.unwrap();
        assert_eq!(
            (&response.headers()["x-wp-total"], &response.headers()["x-wp-totalpages"]),
            (&"8".parse().unwrap(), &"3".parse().unwrap())
        );
        let links: Vec<_> = response.headers().get_all("link").iter().map(|link| link.to_str().unwrap()).collect();
        assert!(links[0].ends_with("rel=\"https://api.w.org/\""), "two headers of that name: {links:?}");
        address = links
            .iter()
            .find(|link| link.ends_with("rel=\"next\""))
            .map(|link| link.split(['<', '>']).nth(1).unwrap().to_owned());
        seen.extend(ids(&response.json().await.unwrap()));
    }
    assert_eq!(seen[1..], said);
    let beyond = site.try_get(&format!("{COMMENTS}?page=9&per_page=3")).await.unwrap();
    assert!(neighbour(&beyond, "next").is_none());
    assert_eq!(told(beyond).await, (200, json!([])));
    assert_eq!(refused(site.ask(Method::GET, "wp/v2/posts?page=9")).await.1, "rest_post_invalid_page_number");
    assert_eq!(refused(site.ask(Method::GET, &format!("{COMMENTS}?per_page=101"))).await.1, "rest_invalid_param");
    let some = site.get(&format!("{COMMENTS}?include={},{}&orderby=include", said[3], said[2])).await;
    assert_eq!(ids(&some), [said[3], said[2]]);
    let fields = site.get(&format!("{COMMENTS}?include[]={}&_fields=id,content.raw&context=edit", said[2])).await;
    assert_eq!(fields, json!([{"id": said[2], "content": {"raw": "numéro 2"}}]));
}

#[tokio::test]
async fn bounds_are_exclusive_and_in_the_site_s_time() {
    let rehearsal = quiet("soirée").await;
    let site = site(&rehearsal, "lambert");
    let list = site.get(&format!("{COMMENTS}?order=asc&per_page=100")).await;
    let (third, later) = (&list[2], ids(&list)[3..].to_vec());
    let local = third["date"].as_str().unwrap();
    let zoned = format!("{}Z", third["date_gmt"].as_str().unwrap());
    for moment in [local, &zoned] {
        assert_eq!(ids(&site.get(&format!("{COMMENTS}?order=asc&after={moment}")).await), later, "{moment}");
    }
    let before = site.get(&format!("{COMMENTS}?order=asc&before={local}")).await;
    assert_eq!(ids(&before), ids(&list)[..2]);
    assert_eq!(refused(site.ask(Method::GET, &format!("{COMMENTS}?after=hier"))).await.1, "rest_invalid_param");
}

#[tokio::test]
async fn an_answer_is_written_once() {
    let rehearsal = quiet("sites").await;
    let site = site(&rehearsal, "plume_racine");
    let asked = say(&rehearsal, "plume_racine", "Ouvert lundi ?");
    let comment = site.get(&format!("{COMMENTS}/{asked}?context=edit")).await;
    let body = json!({"post": comment["post"], "parent": asked, "content": "Non, désolés & merci.\n\nOn dort."});
    let answer = site.try_post(COMMENTS, body.clone()).await.unwrap();
    assert_eq!(answer.status(), 201);
    let place = answer.headers()["location"].to_str().unwrap().to_owned();
    let answer: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(place, answer["_links"]["self"][0]["href"]);
    assert_eq!((&answer["parent"], &answer["status"]), (&json!(asked), &json!("approved")));
    assert_eq!(answer["content"]["rendered"], "<p>Non, désolés &#038; merci.</p>\n<p>On dort.</p>\n");
    let (code, double) = site.post(COMMENTS, body.clone()).await;
    assert_eq!((code, &double["code"]), (409, &json!("comment_duplicate")));
    let posted = rehearsal.posted();
    assert_eq!(posted.len(), 1);
    assert_eq!(posted[0].in_reply_to, Some(asked.to_string()));
    assert_eq!((posted[0].state.as_deref(), posted[0].native), (Some("approved"), false));
    // In the trash it no longer counts.
    let thrown = site.ask(Method::DELETE, &format!("{COMMENTS}/{}", answer["id"])).send().await.unwrap();
    assert_eq!(told(thrown).await.1["status"], "trash");
    assert_eq!(site.post(COMMENTS, body).await.0, 201);
}

#[tokio::test]
async fn answers_are_refused_by_their_codes() {
    let rehearsal = quiet("sites").await;
    let site = site(&rehearsal, "plume_racine");
    let posts = site.get("wp/v2/posts?context=edit&per_page=50").await;
    let drafts = site.get("wp/v2/posts?context=edit&status=draft").await;
    let by_title = |list: &serde_json::Value, title: &str| {
        list.as_array().unwrap().iter().find(|post| post["title"]["raw"] == title).unwrap()["id"].as_u64().unwrap()
    };
    let (open, shut) = (ids(&posts).into_iter().min().unwrap(), by_title(&posts, "Article clos"));
    let draft = by_title(&drafts, "Brouillon");
    for (body, code) in [
        (json!({"post": shut, "content": "x"}), (403, "rest_comment_closed")),
        (json!({"post": draft, "content": "x"}), (403, "rest_comment_draft_post")),
        (json!({"post": 999_999, "content": "x"}), (403, "rest_comment_invalid_post_id")),
        (json!({"content": "x"}), (403, "rest_comment_invalid_post_id")),
        (json!({"post": open, "content": " "}), (400, "rest_comment_content_invalid")),
        (json!({"post": open, "content": "x".repeat(65_526)}), (400, "comment_content_column_length")),
    ] {
        let told = refused(site.ask(Method::POST, COMMENTS).json(&body)).await;
        assert_eq!((told.0, told.1.as_str()), code, "{:.80}", body.to_string());
    }
    let fits = json!({"post": open, "content": "x".repeat(65_525)});
    assert_eq!(site.post(COMMENTS, fits).await.0, 201);
    let nobody = site.visit(Method::POST, COMMENTS).json(&json!({"post": open, "content": "x"}));
    assert_eq!(refused(nobody).await, (401, "rest_comment_login_required".to_owned()));
    let broken = site.ask(Method::POST, COMMENTS).header("content-type", "application/json").body("{");
    assert_eq!(refused(broken).await, (400, "rest_invalid_json".to_owned()));
    assert_eq!(refused(site.ask(Method::GET, "wp/v2/nulle-part")).await, (404, "rest_no_route".to_owned()));
    assert_eq!(
        refused(site.ask(Method::GET, &format!("{COMMENTS}/9999"))).await,
        (404, "rest_comment_invalid_id".to_owned())
    );
}

#[tokio::test]
async fn who_does_not_moderate_may_little() {
    let rehearsal = quiet("sites").await;
    let (chief, reader) = (site(&rehearsal, "plume_racine"), site(&rehearsal, "lecteur"));
    let said = say(&rehearsal, "plume_racine", "Coucou");
    chief.post(&format!("{COMMENTS}/{said}"), json!({"status": "hold"})).await;
    let one = format!("{COMMENTS}/{said}");
    for (route, code) in [
        (format!("{COMMENTS}?context=edit"), "rest_forbidden_context"),
        (format!("{COMMENTS}?status=hold"), "rest_forbidden_param"),
        (format!("{COMMENTS}?author=2"), "rest_forbidden_param"),
        (one.clone(), "rest_cannot_read"),
    ] {
        assert_eq!(refused(reader.ask(Method::GET, &route)).await, (403, code.to_owned()), "{route}");
        assert_eq!(refused(reader.visit(Method::GET, &route)).await, (401, code.to_owned()), "{route}");
    }
    let change = reader.ask(Method::POST, &one).json(&json!({"status": "approved"}));
    assert_eq!(refused(change).await, (403, "rest_cannot_edit".to_owned()));
    assert_eq!(refused(reader.ask(Method::DELETE, &one)).await, (403, "rest_cannot_delete".to_owned()));
    // Twice in a quarter of a minute: too fast, save for moderators.
    let open = chief.get("wp/v2/posts?order=asc").await[0]["id"].clone();
    assert_eq!(reader.post(COMMENTS, json!({"post": open, "content": "un"})).await.0, 201);
    let (code, flood) = reader.post(COMMENTS, json!({"post": open, "content": "deux"})).await;
    assert_eq!((code, &flood["code"]), (400, &json!("comment_flood")));
}

#[tokio::test]
async fn comments_are_put_where_they_belong() {
    let rehearsal = quiet("sites").await;
    let mut site = site(&rehearsal, "plume_simple");
    site.root = format!("{}/?rest_route=/", site.card.server);
    let said = say(&rehearsal, "plume_simple", "En attente");
    let one = format!("{COMMENTS}/{said}");
    assert_eq!(states(&site, "hold").await, ["hold"], "this site moderates");
    for (asked, told) in [
        ("approve", "approved"),
        ("spam", "spam"),
        ("n’importe quoi", "spam"),
        ("unspam", "approved"),
        ("hold", "hold"),
        ("trash", "trash"),
        ("untrash", "hold"),
        ("approved", "approved"),
    ] {
        let (code, comment) = site.post(&one, json!({"status": asked})).await;
        assert_eq!((code, &comment["status"]), (200, &json!(told)), "{asked}");
    }
    // Whoever changes a comment signs it with their address, unless they give back what was there.
    let (_, comment) = site.post(&one, json!({"content": "Corrigé"})).await;
    assert_eq!((&comment["author_user_agent"], &comment["content"]["raw"]), (&json!("essai/1"), &json!("Corrigé")));
    let back = json!({"author_ip": "192.0.2.7", "author_user_agent": "Mozilla/5.0", "status": "hold"});
    let (_, comment) = site.post(&one, back).await;
    assert_eq!((&comment["author_user_agent"], &comment["author_ip"]), (&json!("Mozilla/5.0"), &json!("192.0.2.7")));
    // An answer to what waits approves nothing.
    let (code, _) = site.post(COMMENTS, json!({"post": comment["post"], "parent": said, "content": "Oui"})).await;
    assert_eq!((code, site.get(&format!("{one}&context=edit")).await["status"].clone()), (201, json!("hold")));

    let answer = site.get(&format!("{COMMENTS}?parent={said}")).await[0]["id"].clone();
    assert_eq!(told(site.ask(Method::DELETE, &one).send().await.unwrap()).await.1["status"], "trash");
    assert_eq!(refused(site.ask(Method::DELETE, &one)).await, (410, "rest_already_trashed".to_owned()));
    let gone = site.ask(Method::DELETE, &format!("{one}?force=true")).send().await.unwrap();
    assert_eq!(told(gone).await.1["deleted"], true);
    assert_eq!(refused(site.ask(Method::GET, &one)).await.1, "rest_comment_invalid_id");
    let orphan = site.get(&format!("{COMMENTS}/{answer}")).await;
    assert_eq!(orphan["parent"], 0, "answers move up");
    assert_eq!(rehearsal.posted()[0].in_reply_to, Some(said.to_string()), "asked for, though gone");
}

#[tokio::test]
async fn an_author_who_may_not_publish_waits() {
    let rehearsal = quiet("sites").await;
    let mut author = site(&rehearsal, "autrice");
    author.root = format!("{}/?rest_route=/", author.card.server);
    let post = author.get("wp/v2/posts").await[0]["id"].clone();
    let (code, comment) = author.post(COMMENTS, json!({"post": post, "content": "Bravo"})).await;
    assert_eq!((code, &comment["status"]), (201, &json!("hold")));
    assert!(comment["content"]["raw"].is_null(), "not a moderator's shape");
    assert_eq!(rehearsal.posted()[0].state.as_deref(), Some("hold"));
}

#[tokio::test]
async fn visitors_write_by_the_form() {
    let rehearsal = quiet("sites").await;
    let site = site(&rehearsal, "plume_racine");
    let post = site.get("wp/v2/posts?order=asc").await[0]["id"].to_string();
    let form = |text: &str| {
        let fields = [
            ("comment_post_ID", post.as_str()),
            ("author", "Basile"),
            ("email", "basile@poste.example"),
            ("comment", text),
        ];
        site.http.post(format!("{}/wp-comments-post.php", site.card.server)).form(&fields).send()
    };
    let sent = form("Bonjour <script>x</script>").await.unwrap();
    assert!(sent.status() == 302 && sent.headers()["location"].to_str().unwrap().contains("#comment-"));
    assert_eq!(form("Bonjour <script>x</script>").await.unwrap().status(), 409);
    assert_eq!(form("Encore").await.unwrap().status(), 429);
    let list = site.get(&format!("{COMMENTS}?search=Bonjour&context=edit")).await;
    assert_eq!(list[0]["content"]["raw"], "Bonjour x");
    assert!(rehearsal.posted().is_empty(), "not ours");
}
