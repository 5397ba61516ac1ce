//! What people type, and what it leads to.

#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn a_server_is_typed_with_or_without_its_port_and_its_scheme() {
    use Protocol::{Imap, Smtp};
    for (typed, protocol, wanted) in [
        ("imap.exemple.fr", Imap, ("imap.exemple.fr", 993, Security::Tls)),
        (" IMAP.exemple.fr:143 ", Imap, ("imap.exemple.fr", 143, Security::StartTls)),
        ("imap://imap.exemple.fr", Imap, ("imap.exemple.fr", 143, Security::StartTls)),
        ("imaps://imap.exemple.fr:1143/", Imap, ("imap.exemple.fr", 1143, Security::Tls)),
        ("smtp.exemple.fr", Smtp, ("smtp.exemple.fr", 465, Security::Tls)),
        ("smtp.exemple.fr:587", Smtp, ("smtp.exemple.fr", 587, Security::StartTls)),
        ("courrier.café.fr", Smtp, ("courrier.xn--caf-dma.fr", 465, Security::Tls)),
    ] {
        let (host, port, security) = wanted;
        assert_eq!(Server::typed(typed, protocol, Reach::Public), Ok(Server::new(host, port, security)), "{typed}");
    }
    for wrong in [
        "",
        "http://exemple.fr",
        "smtp://exemple.fr",
        "a@exemple.fr",
        "exemple.fr/x",
        "imap",
        "127.0.0.1:143",
        "[::1]",
        "10.0.0.2",
    ] {
        assert!(Server::typed(wrong, Imap, Reach::Public).is_err(), "{wrong}");
    }
}

#[test]
fn on_loopback_nothing_is_safe_and_nothing_else_is_reached() {
    let server = Server::typed("127.0.0.1:1143", Protocol::Imap, Reach::Loopback).unwrap();
    assert_eq!((server.security, server.url("imap").as_str()), (Security::Plain, "imap://127.0.0.1:1143"));
    assert!(!server.is_within(Reach::Public));
    assert!(Server::typed("imap.exemple.fr", Protocol::Imap, Reach::Loopback).is_err());
    let clear = Server { security: Security::Plain, ..Server::new("imap.exemple.fr", 143, Security::Tls) };
    assert!(!clear.is_within(Reach::Public), "in clear over the internet");
}

#[test]
fn the_great_ones_are_known_and_named() {
    assert_eq!(known("gmail.com").and_then(|pair| Provider::of_server(&pair.imap)), Some(Provider::Gmail));
    assert_eq!(known("hotmail.fr").and_then(|pair| Provider::of_server(&pair.imap)), Some(Provider::Microsoft));
    let free = known("free.fr").unwrap();
    assert_eq!((Provider::of_server(&free.imap), free.user.of("lea@free.fr").as_str()), (Some(Provider::Free), "lea"));
    assert_eq!(known("exemple.fr"), None);
}
