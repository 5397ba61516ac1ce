//! Both forms of a site's routes.

#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn a_route_is_a_path_or_a_question() {
    let at = |root: &str| {
        let query = [("page", "2".to_owned()), ("after", "a b".to_owned())];
        at(&Url::parse(root).unwrap(), "/wp/v2/comments", &query).to_string()
    };
    assert_eq!(at("https://a.fr/wp-json/"), "https://a.fr/wp-json/wp/v2/comments?page=2&after=a+b");
    assert_eq!(at("https://a.fr/b/wp-json"), "https://a.fr/b/wp-json/wp/v2/comments?page=2&after=a+b");
    let asked = at("https://a.fr/b/?rest_route=/");
    assert_eq!(asked, "https://a.fr/b/?rest_route=%2Fwp%2Fv2%2Fcomments&page=2&after=a+b");
    let asked = at("https://a.fr/index.php?lang=fr&rest_route=/");
    assert_eq!(asked, "https://a.fr/index.php?lang=fr&rest_route=%2Fwp%2Fv2%2Fcomments&page=2&after=a+b");
}

#[test]
fn a_route_of_elsewhere_is_none() {
    let pretty = Url::parse("https://a.fr/b/wp-json/").unwrap();
    let plain = Url::parse("https://a.fr/?rest_route=/").unwrap();
    let route = |root: &Url, address: &str| route_of(root, address);
    assert_eq!(route(&pretty, "https://a.fr/b/wp-json/wp/v2/pages/4").as_deref(), Some("/wp/v2/pages/4"));
    assert_eq!(route(&plain, "https://a.fr/index.php?rest_route=/wp/v2/posts/4").as_deref(), Some("/wp/v2/posts/4"));
    for elsewhere in [
        "https://b.fr/b/wp-json/wp/v2/pages/4",
        "https://a.fr/wp-json/wp/v2/pages/4",
        "https://a.fr/b/wp-json/../../x",
        "https://a.fr/b/wp-json/wp/v2/pages/4%2F..",
        "ni adresse",
    ] {
        assert_eq!(route(&pretty, elsewhere), None, "{elsewhere}");
    }
}
