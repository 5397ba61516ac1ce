//! What a domain says of its servers, and what of it is believed.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::Reach;

fn described(servers: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><clientConfig version=\"1.1\"><emailProvider id=\"exemple.fr\">{servers}</emailProvider></clientConfig>"
    )
}

fn server(kind: &str, ty: &str, host: &str, port: u16, security: &str) -> String {
    format!(
        "<{kind}Server type=\"{ty}\"><hostname>{host}</hostname><port>{port}</port><socketType>{security}</socketType><username>%EMAILLOCALPART%</username><authentication>password-cleartext</authentication></{kind}Server>"
    )
}

#[test]
fn the_safest_of_the_right_kind_is_taken() {
    let all = [
        server("incoming", "pop3", "pop.exemple.fr", 995, "SSL"),
        server("incoming", "imap", "clair.exemple.fr", 143, "plain"),
        server("incoming", "imap", "imap.exemple.fr", 143, "STARTTLS"),
        server("incoming", "imap", "imap.exemple.fr", 993, "SSL"),
        server("outgoing", "smtp", "smtp.exemple.fr", 587, "STARTTLS"),
    ];
    let pair = read(&described(&all.concat()), Reach::Public).unwrap();
    assert_eq!(
        (pair.imap.url("imap"), pair.smtp.url("smtp")),
        ("imaps://imap.exemple.fr:993".into(), "smtp://smtp.exemple.fr:587".into())
    );
    assert_eq!(pair.user, User::LocalPart);
}

#[test]
fn what_is_in_clear_inside_the_house_or_no_description_is_none() {
    let good = server("outgoing", "smtp", "smtp.exemple.fr", 465, "SSL");
    for bad in [
        server("incoming", "imap", "imap.exemple.fr", 143, "plain"),
        server("incoming", "imap", "192.168.1.1", 993, "SSL"),
        server("incoming", "imap", "&e;", 993, "SSL"),
        server("incoming", "imap", "exemple.fr/x?", 993, "SSL"),
        String::new(),
    ] {
        assert_eq!(read(&described(&(bad + &good)), Reach::Public), None);
    }
    assert_eq!(read("<html><h1>404", Reach::Public), None);
}
