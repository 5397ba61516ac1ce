//! Names as servers and people write them.

use super::*;

#[test]
fn an_address_names_one_record_of_one_repository() {
    let at = At::read("at://did:plc:abc/app.bsky.feed.post/3n2u3zpvbsm25");
    assert_eq!(at, Some(At { did: "did:plc:abc", collection: POST, rkey: "3n2u3zpvbsm25" }));
    for bad in [
        "",
        "at://",
        "https://bsky.app/x",
        "at://did:plc:abc",
        "at://did:plc:abc/app.bsky.feed.post",
        "at://lea.exemple.test/app.bsky.feed.post/3n2u3zpvbsm25",
        "at://did:plc:abc/app.bsky.feed.post/..",
        "at://did:plc:abc/app.bsky.feed.post/a b",
        "at://did:plc:abc/app.bsky.feed.post/a/b",
        "at://did:plc:abc/post/a",
    ] {
        assert_eq!(At::read(bad), None, "{bad}");
    }
    assert_eq!(owner("at://did:plc:abc/app.bsky.feed.post/x"), "did:plc:abc");
    assert!(post(&RemoteId::new("at://did:plc:abc/app.bsky.feed.like/x")).is_err());
}

#[test]
fn people_write_who_they_are_in_many_ways() {
    let handle = |name: &str| Some(Who::Handle(name.to_owned()));
    assert_eq!(Who::read(" @Lea.Exemple.Test "), handle("lea.exemple.test"));
    assert_eq!(Who::read("https://bsky.app/profile/lea.exemple.test?x=1"), handle("lea.exemple.test"));
    assert_eq!(Who::read("\u{202a}lea.exemple.test\u{202c}"), handle("lea.exemple.test"));
    assert_eq!(Who::read("did:plc:abc"), Some(Who::Did("did:plc:abc".into())));
    assert_eq!(Who::read("https://bsky.app/profile/did:plc:abc/post/3k"), Some(Who::Did("did:plc:abc".into())));
    assert_eq!(Who::read("lea@exemple.test"), Some(Who::Mail("lea@exemple.test".into())));
    for nobody in ["", "lea", "lea@", "@", "lea exemple.test", "-x.test", "192.168.0.1"] {
        assert_eq!(Who::read(nobody), None, "{nobody}");
    }
}

#[test]
fn a_private_message_is_named_by_its_exchange() {
    let name = message_name("3ku7", "3lpi");
    assert_eq!(said(&name), Some(Said { convo: "3ku7", message: Some("3lpi") }));
    assert_eq!(said(&convo_name("3ku7")), Some(Said { convo: "3ku7", message: None }));
    assert_eq!(said(&RemoteId::new("chat:")), None);
    assert_eq!(said(&RemoteId::new("at://did:plc:abc/app.bsky.feed.post/x")), None);
}
