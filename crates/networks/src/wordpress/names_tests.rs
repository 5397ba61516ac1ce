//! What people paste, and the site it means.

#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn any_address_of_a_site_is_the_site_with_its_folder() {
    let page = |written: &str| page(written, Reach::Public).map(|url| url.to_string()).ok();
    let site = |written: &str| page(written).unwrap();
    assert_eq!(site(" exemple.fr "), "https://exemple.fr/");
    assert_eq!(site("http://exemple.fr"), "https://exemple.fr/");
    assert_eq!(site("https://exemple.fr/journal/wp-admin/edit-comments.php?p=1#a"), "https://exemple.fr/journal/");
    assert_eq!(site("exemple.fr/journal/wp-login.php"), "https://exemple.fr/journal/");
    assert_eq!(site("exemple.fr/wp-json/wp/v2/comments"), "https://exemple.fr/");
    assert_eq!(site("exemple.fr/index.php/2021/05/"), "https://exemple.fr/");
    assert_eq!(site("exemple.fr/?p=12"), "https://exemple.fr/");
    assert_eq!(site("exemple.fr/2021/05/la-rentree"), "https://exemple.fr/2021/05/la-rentree");
    for wrong in
        ["", "exemple", "https://127.0.0.1/", "https://a:b@exemple.fr", "ftp://exemple.fr", "http://exemple.fr:80a"]
    {
        assert_eq!(page(wrong), None, "{wrong}");
    }
}

#[test]
fn the_folders_above_a_page_may_each_be_the_site() {
    let page = Url::parse("https://exemple.fr/journal/2021/la-rentree").unwrap();
    let folders: Vec<String> = folders(&page).iter().map(Url::to_string).collect();
    assert_eq!(
        folders,
        [
            "https://exemple.fr/journal/2021/la-rentree/",
            "https://exemple.fr/journal/2021/",
            "https://exemple.fr/journal/",
            "https://exemple.fr/"
        ]
    );
    assert_eq!(written(&Url::parse("https://exemple.fr/journal/").unwrap()), "https://exemple.fr/journal");
}
