//! Where pages are cut, and what their links say.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn cut(query: &str) -> Vec<u64> {
    let params = Params::read(query, "", b"");
    Page::asked(&params, 3, 4).cut((1..=9).collect(), |id| *id)
}

#[test]
fn pages_are_cut_where_asked() {
    assert_eq!(cut(""), [9, 8, 7]);
    assert_eq!(cut("limit=400"), [9, 8, 7, 6]);
    assert_eq!(cut("max_id=4"), [3, 2, 1]);
    assert_eq!(cut("since_id=2"), [9, 8, 7]);
    assert_eq!(cut("min_id=2"), [5, 4, 3]);
    assert_eq!(cut("min_id=2&max_id=5"), [4, 3]);
    assert!(cut("min_id=9").is_empty());
}

#[test]
fn links_keep_what_was_asked() {
    let params = Params::read("limit=3&types[]=mention&max_id=9", "", b"");
    let page = Page::asked(&params, 3, 4);
    let link = |ids: &[u64]| page.link("http://h/p", &params, ids).map(|link| link.to_str().unwrap().to_owned());
    assert_eq!(
        link(&[8, 7, 6]).unwrap(),
        "<http://h/p?limit=3&types%5B%5D=mention&max_id=6>; rel=\"next\", <http://h/p?limit=3&types%5B%5D=mention&min_id=8>; rel=\"prev\""
    );
    assert!(!link(&[8]).unwrap().contains("next"));
    assert_eq!(link(&[]), None);
}
