//! A server's name as people write it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

#[test]
fn every_way_to_write_a_server_is_understood() {
    for name in [
        "exemple.social",
        " Exemple.Social ",
        "exemple.social/",
        "https://exemple.social/",
        "https://exemple.social/@moi",
        "https://exemple.social/@moi@autre.social",
        "http://exemple.social",
        "@moi@exemple.social",
        "moi@exemple.social",
    ] {
        assert_eq!(written(&origin(name, Reach::Public).unwrap()), "https://exemple.social", "{name}");
    }
    assert_eq!(written(&origin("exemple.social:8443", Reach::Public).unwrap()), "https://exemple.social:8443");
    assert_eq!(written(&origin("éléphant.fr", Reach::Public).unwrap()), "https://xn--lphant-9uab.fr");
    for name in ["127.0.0.1:3000", "http://127.0.0.1:3000/", "@moi@127.0.0.1:3000"] {
        assert_eq!(written(&origin(name, Reach::Loopback).unwrap()), "http://127.0.0.1:3000", "{name}");
    }
}

#[test]
fn what_is_no_server_is_refused() {
    for name in [
        "",
        "   ",
        "@",
        "moi@",
        "mon serveur",
        "localhost",
        "127.0.0.1",
        "192.168.1.1",
        "https://[::1]/",
        "ftp://exemple.social",
        "javascript:alert(1)",
        "exemple",
        "https://moi:mdp@exemple.social/",
        "http://exemple.social:81",
    ] {
        assert!(origin(name, Reach::Public).is_err(), "{name:?}");
    }
    for name in ["exemple.social", "https://127.0.0.1", "http://10.0.0.1"] {
        assert!(origin(name, Reach::Loopback).is_err(), "{name:?}");
    }
}
