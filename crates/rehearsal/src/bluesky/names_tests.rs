//! Content ids against those that the reference server gave the same records; keys and syntaxes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use serde_json::json;

#[test]
fn content_ids_are_the_reference_server_s() {
    let post = json!({"$type": "app.bsky.feed.post", "text": "bonjour", "createdAt": "2026-11-21T22:01:06.741Z"});
    assert_eq!(cid_of(&post).unwrap(), "bafyreidn2gwjlnsm5ydfhoctwdczsf6oixkl234qvb5fidl765dsbqfebu");
    let unknown = json!({"$type": "fr.guichet.essai", "a": 1});
    assert_eq!(cid_of(&unknown).unwrap(), "bafyreie3cswb7kfgggs3wvf6gbqqqfghluf4frmkcdtcbzqt6qhzhdgnyi");
    assert_eq!(cid_of_bytes(b"abc"), "bafkreif2pall7dybz7vecqka3zo24irdwabwdi4wc55jznaq75q7eaavvu");
    let (why, path) = cid_of(&json!({"x": [1, 1.5]})).unwrap_err();
    assert!(why.contains("(got 1.5)") && path == "$.record.x[1]", "{why} at {path}");
    // A link is no text: the same letters in another form have another id.
    let link = json!({"$link": cid_of_bytes(b"abc")});
    assert_ne!(cid_of(&json!({"a": link})).unwrap(), cid_of(&json!({"a": cid_of_bytes(b"abc")})).unwrap());
    assert!(cid_of(&json!({"a": {"$link": "bafyreizzz"}})).is_err());
}

#[test]
fn keys_are_sorted_as_time_is() {
    assert_eq!(tid(0, 0), "2222222222222");
    let keys: Vec<String> = [1, 31, 1_747_471_484_448_000, 1_747_471_484_448_001].map(|us| tid(us, 23)).to_vec();
    assert!(keys.is_sorted() && keys.iter().all(|key| is_tid(key)), "{keys:?}");
    for wrong in ["", "3jzfcijpj2z2", "3jzfcijpj2z21", "zzzzzzzzzzzzz", "kjzfcijpj2z2a", "3JZFCIJPJ2Z2A"] {
        assert!(!is_tid(wrong), "{wrong}");
    }
}

#[test]
fn syntaxes_are_refused_broken() {
    for good in ["did:plc:abc", "did:web:localhost%3A80"] {
        assert!(is_did(good), "{good}");
    }
    for wrong in ["did:plc:", "did:PLC:a", "plc:abc", "did:plc:a:", "lea.exemple.test"] {
        assert!(!is_did(wrong), "{wrong}");
    }
    for wrong in ["lea", "lea_m.exemple.test", "-a.test", "a..test", "a.1", "lea@exemple.test"] {
        assert!(!is_handle(wrong), "{wrong}");
    }
    assert!(is_at_uri("at://did:plc:abc/app.bsky.feed.post/3lpe5oldeev2w") && is_at_uri("at://lea.exemple.test"));
    for wrong in ["x", "at://", "at://did:plc:abc/post/3lpe5oldeev2w", "https://a.test"] {
        assert!(!is_at_uri(wrong), "{wrong}");
    }
    assert_eq!(datetime("2026-11-21T22:01:06.741Z"), datetime("2026-11-21T23:01:06.741+01:00"));
    for wrong in ["hier", "2026-11-21", "2026-11-21T22:01:06", "2026-11-21 22:01:06Z"] {
        assert_eq!(datetime(wrong), None, "{wrong}");
    }
    assert_eq!(instant(datetime("2026-11-21T22:01:06Z").unwrap()), "2026-11-21T22:01:06.000Z");
}
