//! Links as people copy them: from the browser, from a mail, from the phone; two ways to one item are one name.

#![allow(clippy::unwrap_used)]

use super::*;

fn same(links: &[&str]) -> Linked {
    let first = read(links[0]).unwrap();
    for link in &links[1..] {
        let other = read(link).unwrap();
        assert_eq!((&other.name, other.network, other.precise), (&first.name, first.network, first.precise), "{link}");
    }
    first
}

#[test]
fn one_item_has_one_name_however_its_link_was_copied() {
    let comment = same(&[
        "https://www.facebook.com/phare/posts/pfbid0abc?comment_id=812345678901234",
        "https://m.facebook.com/story.php?story_fbid=pfbid0zzz&id=1000&comment_id=812345678901234&notif_id=17",
        "https://fr-fr.facebook.com/phare/posts/un-titre/pfbid0abc/?comment_id=812345678901234&__cft__[0]=AZ&__tn__=R",
        "facebook.com/permalink.php?story_fbid=9&id=1000&comment_id=812345678901234",
        "https://www.facebook.com/n/?phare%2Fposts%2F122&comment_id=812345678901234&aref=17&medium=email&mid=5f",
    ]);
    assert_eq!((comment.network, comment.precise, comment.kind), ("facebook", true, Kind::Comment));
    assert_eq!(comment.post.as_deref(), Some("facebook.com/pfbid0abc"));
    let post = same(&[
        "https://www.instagram.com/p/Cabc123/?igsh=MzRlODBiNWFlZA==",
        "https://instagram.com/reel/Cabc123",
        "https://www.instagram.com/phare/p/Cabc123/",
    ]);
    assert!(!post.precise);
    assert_eq!(post.post.as_deref(), Some("instagram.com/p/Cabc123"), "what hangs on it has that post");
    let under = same(&["https://www.instagram.com/p/Cabc123/c/179", "https://www.instagram.com/reel/Cabc123/c/179/"]);
    assert_eq!((under.post.as_deref(), under.precise), (Some("instagram.com/p/Cabc123"), true));
    same(&[
        "https://www.linkedin.com/feed/update/urn:li:activity:7200000000000000001/",
        "https://fr.linkedin.com/posts/phare_un-titre-activity-7200000000000000001-AbCd?utm_source=share&trk=x",
        "https://www.linkedin.com/feed/update/urn%3Ali%3Aactivity%3A7200000000000000001",
    ]);
    let said = read("https://www.linkedin.com/feed/update/urn:li:activity:7200000000000000001?commentUrn=urn%3Ali%3Acomment%3A%28activity%3A7200000000000000001%2C7200000000000000002%29").unwrap();
    assert_eq!((said.name.as_str(), said.precise), ("linkedin.com/comment/7200000000000000002", true));
    let thread = same(&[
        "https://www.linkedin.com/messaging/thread/2-aW5/",
        "https://www.linkedin.com/comm/messaging/thread/2-aW5/?midToken=A",
    ]);
    assert_eq!((thread.kind, thread.precise), (Kind::Message, false));
    assert_eq!(
        read("https://www.instagram.com/stories/lea/377/?utm_source=email").unwrap().handle.as_deref(),
        Some("lea")
    );
    same(&[
        "https://youtu.be/dQw4w9WgXcQ?si=1",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=12",
        "https://youtube.com/shorts/dQw4w9WgXcQ",
    ]);
    let lc = read("https://www.youtube.com/watch?v=dQw4w9WgXcQ&lc=Ugzabc").unwrap();
    assert_eq!(
        (lc.name.as_str(), lc.post.as_deref()),
        ("youtube.com/dQw4w9WgXcQ/Ugzabc", Some("youtube.com/dQw4w9WgXcQ"))
    );
    let status = same(&[
        "https://twitter.com/lea/status/17?s=20",
        "https://x.com/lea/status/17",
        "https://mobile.twitter.com/i/web/status/17",
    ]);
    assert_eq!((status.handle.as_deref(), status.kind, status.precise), (Some("lea"), Kind::Mention, true));
    same(&["https://www.tiktok.com/@phare/video/73?is_from_webapp=1", "https://m.tiktok.com/@phare/video/73"]);
    assert_eq!(read("https://www.google.fr/maps/place/Phare/").unwrap().network, "google");
    assert_eq!(read("https://business.google.com/reviews/l/12/r/34").unwrap().kind, Kind::Review);
    let review = same(&[
        "https://business.google.com/n/12/reviews?hl=fr&review=AbF&utm_source=gmb",
        "https://business.google.com/n/12/reviews?review=AbF",
    ]);
    assert!(review.precise);
    assert_eq!(read("https://www.facebook.com/n/?phare%2Fposts%2F122&aref=17").unwrap().name, "facebook.com/122");
    same(&["https://bsky.app/profile/lea.exemple/post/3k", "https://bsky.app/profile/lea.exemple/post/3k/"]);
}

#[test]
fn any_site_is_told_by_its_host() {
    let page = same(&["https://www.quais.exemple/infos/?utm_source=x&b=2&a=1", "quais.exemple/infos?a=1&b=2&fbclid=9"]);
    assert_eq!((page.network, page.host.as_str(), page.precise), (SITE, "quais.exemple", false));
    let comment = read("https://quais.exemple/infos/#comment-12").unwrap();
    assert_eq!(
        (comment.name.as_str(), comment.post.as_deref(), comment.precise),
        ("quais.exemple/infos#12", Some("quais.exemple/infos"), true)
    );
    assert!(!read("https://quais.exemple/infos/#plan").unwrap().precise);
    let toot = read("https://social.exemple/@lea/109372843234123456").unwrap();
    assert_eq!((toot.handle.as_deref(), toot.precise), (Some("lea@social.exemple"), true));
    assert_ne!(normal("forum.exemple/viewtopic.php?t=1"), normal("forum.exemple/viewtopic.php?t=2"));
    // A name that only ends like a network's is another site.
    assert_eq!(read("https://notfacebook.com/x").unwrap().network, SITE);
    assert_eq!(read("https://x.com.exemple.org/lea/status/17").unwrap().network, SITE);
    assert_eq!(read("https://google.exemple.fr/maps").unwrap().network, SITE);
}

#[test]
fn a_link_that_passes_through_a_counter_is_the_one_behind_it() {
    let through = "https://l.facebook.com/l.php?u=https%3A%2F%2Fquais.exemple%2Finfos&h=AT0";
    assert_eq!(read(through).unwrap().name, "quais.exemple/infos");
}

#[test]
fn what_no_browser_opens_is_no_link() {
    for text in [
        "",
        "bonjour",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https://lea:pw@facebook.com/x",
        "un deux.fr",
        "http://localhost/x",
        "http://127.0.0.1/x",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn an_answer_s_link_tells_what_it_answers() {
    let urn = |name: &str, number: u64| {
        format!("{name}=urn%3Ali%3Acomment%3A%28activity%3A7200000000000000001%2C{number}%29")
    };
    let linkedin = format!(
        "https://www.linkedin.com/feed/update/urn:li:activity:7200000000000000001?{}&{}",
        urn("commentUrn", 7_200_000_000_000_000_002),
        urn("replyUrn", 7_200_000_000_000_000_003)
    );
    for (link, name, parent) in [
        (
            "https://www.facebook.com/phare/posts/1?comment_id=90&reply_comment_id=91",
            "facebook.com/comment/91",
            "facebook.com/comment/90",
        ),
        ("https://www.instagram.com/p/Cabc/c/17/r/18", "instagram.com/p/Cabc/c/18", "instagram.com/p/Cabc/c/17"),
        ("https://www.youtube.com/watch?v=q&lc=Ugx.9z", "youtube.com/q/Ugx.9z", "youtube.com/q/Ugx"),
        (linkedin.as_str(), "linkedin.com/comment/7200000000000000003", "linkedin.com/comment/7200000000000000002"),
    ] {
        let linked = read(link).unwrap();
        assert_eq!((linked.name.as_str(), linked.parent.as_deref()), (name, Some(parent)));
        let answered = link.replace("&reply_comment_id=91", "").replace("/r/18", "").replace(".9z", "");
        let answered = answered.split("&replyUrn").next().unwrap();
        let answered = read(answered).unwrap();
        assert_eq!((answered.name.as_str(), answered.parent), (parent, None), "the other one bears that name");
    }
}

#[test]
fn a_server_is_the_host_that_its_links_name() {
    for server in
        ["https://exemple.fr", "https://www.exemple.fr/", "https://Exemple.fr:8443/blog", "https://m.exemple.fr"]
    {
        let link = read(&format!("{}/2026/galette/#comment-3", server.trim_end_matches('/'))).unwrap();
        assert_eq!((host(server).as_deref(), link.host.as_str()), (Some("exemple.fr"), "exemple.fr"), "{server}");
    }
    // Neither a mailbox nor an address without a name is a server that links lead to.
    for server in ["imaps://exemple.fr", "http://127.0.0.1:8080", "exemple.fr", ""] {
        assert_eq!(host(server), None, "{server}");
    }
}
