//! Ids in their one form, and ours.

use super::*;

#[test]
fn an_id_has_one_form() {
    for (written, wanted) in [
        (" <a@b>\r\n", Some("a@b")),
        ("a@b", Some("a@b")),
        ("<a\r\n b@c>", Some("ab@c")),
        ("<>", None),
        ("<a><b>", None),
        ("<a\u{7}b>", None),
    ] {
        assert_eq!(id(written).as_deref(), wanted);
    }
    assert_eq!(id(&"x".repeat(2_000)), None);
}

#[test]
fn ours_come_from_the_key_alone_and_carry_no_stranger_letters() {
    let own = of_key("0b6c-1", "contact@librairie.test");
    assert_eq!(own, "guichet.0b6c-1@librairie.test");
    assert!(is_of_key(&own, "autre@librairie.test") && is_any_key(&own));
    assert!(!is_of_key("x@librairie.test", "contact@librairie.test"));
    assert!(!is_of_key(&own, "contact@autre.test"));
    assert_eq!(of_key("a>\r\nb", "léa@café.test"), "guichet.ab@guichet.invalid");
}

#[test]
fn names_say_of_which_kind_they_are() {
    assert_eq!(named(&by_id("a:b@c")), Some(Named::Id("a:b@c".into())));
    assert_eq!(named(&by_hash("00")), Some(Named::Hash("00".into())));
    assert_eq!(named(&RemoteId::new("comment:1")), None);
    assert_eq!(searchable("a\"b\\c@d").as_deref(), Some("\"a\\\"b\\\\c@d\""));
    assert_eq!(searchable("é@d"), None);
}
