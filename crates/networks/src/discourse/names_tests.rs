//! What people paste, and the folders it may mean.

#![allow(clippy::unwrap_used)]

use super::*;

fn folders_of(written: &str) -> Vec<String> {
    folders(written, Reach::Public).unwrap().iter().map(Url::to_string).collect()
}

#[test]
fn a_forum_is_found_in_the_address_of_any_of_its_pages() {
    assert_eq!(folders_of("forum.exemple.fr"), ["https://forum.exemple.fr/"]);
    assert_eq!(folders_of("http://forum.exemple.fr/t/bonjour/12/3?u=lea"), ["https://forum.exemple.fr/"]);
    let both = ["https://exemple.fr/forum/", "https://exemple.fr/"];
    assert_eq!(folders_of("https://exemple.fr/forum"), both);
    assert_eq!(folders_of("exemple.fr/forum/c/annonces/4#x"), both);
    assert_eq!(written(&folders("exemple.fr/forum/", Reach::Public).unwrap()[0]), "https://exemple.fr/forum");
}

#[test]
fn what_is_no_forum_of_the_open_internet_is_refused() {
    for wrong in
        ["", "  ", "localhost", "http://127.0.0.1/forum", "intranet", "https://lea:x@exemple.fr", "ftp://exemple.fr"]
    {
        assert!(folders(wrong, Reach::Public).is_err(), "{wrong}");
    }
}

#[test]
fn routes_stand_under_the_folder() {
    let query = [("post_ids[]", "7".to_owned()), ("post_ids[]", "8".to_owned())];
    let url = at("https://exemple.fr/forum", "/t/9/posts.json", &query).unwrap();
    assert_eq!(url.as_str(), "https://exemple.fr/forum/t/9/posts.json?post_ids%5B%5D=7&post_ids%5B%5D=8");
}
