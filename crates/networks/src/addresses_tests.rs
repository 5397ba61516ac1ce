//! Every form in which an address of the inside can be written.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn public(ip: &str) -> bool {
    Reach::Public.allows_ip(ip.parse().unwrap())
}

#[test]
fn addresses_of_the_inside_are_refused_in_every_form() {
    for ip in [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.8.8.8",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:192.168.1.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::808:808",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
        "3fff::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "100::1",
    ] {
        assert!(!public(ip), "{ip} is not of the open internet");
    }
}

#[test]
fn addresses_of_the_open_internet_are_allowed() {
    for ip in [
        "1.1.1.1",
        "100.63.0.1",
        "100.128.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "198.20.0.1",
        "2606:4700::1111",
        "2a01:4f8::1",
        "64:ff9b::808:808",
        "2002:808:808::1",
        "::ffff:8.8.8.8",
    ] {
        assert!(public(ip), "{ip} is of the open internet");
    }
}

#[test]
fn a_written_address_must_fit_the_reach() {
    let allows = |reach: Reach, url: &str| reach.allows(&Url::parse(url).unwrap());
    for url in ["https://exemple.social/x", "https://exemple.social:8443/", "https://1.1.1.1/"] {
        assert!(allows(Reach::Public, url), "{url}");
        assert!(!allows(Reach::Loopback, url), "{url}");
    }
    for url in [
        "http://exemple.social/",
        "https://localhost/",
        "https://routeur/",
        "https://imprimante.local/",
        "https://x.localhost./",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://moi:secret@exemple.social/",
        "ftp://exemple.social/",
        "file:///etc/passwd",
    ] {
        assert!(!allows(Reach::Public, url), "{url}");
    }
    for url in ["http://127.0.0.1:3000/", "http://[::1]:3000/", "http://localhost:3000/"] {
        assert!(allows(Reach::Loopback, url), "{url}");
    }
    for url in ["http://192.168.1.1/", "http://localhost.exemple.social/", "https://127.0.0.1/"] {
        assert!(!allows(Reach::Loopback, url), "{url}");
    }
}

#[test]
fn a_site_is_what_one_owner_registered() {
    let same = |a: &str, b: &str| same_site(&Url::parse(a).unwrap(), &Url::parse(b).unwrap());
    assert!(same("https://exemple.social", "wss://streaming.exemple.social"));
    assert!(same("https://social.exemple.fr", "https://flux.exemple.fr"));
    assert!(!same("https://exemple.co.uk", "https://autre.co.uk"));
    assert!(!same("https://a.github.io", "https://b.github.io"));
    assert!(!same("https://exemple.social", "https://autre.social"));
    assert!(!same("http://127.0.0.1:1", "http://127.0.0.2:1"));
}

#[tokio::test]
async fn a_name_that_resolves_inside_is_not_connected_to() {
    use reqwest::dns::Resolve;
    let name = || "localhost".parse().unwrap();
    assert!(CheckedNames(Reach::Public).resolve(name()).await.is_err());
    assert!(CheckedNames(Reach::Loopback).resolve(name()).await.is_ok());
}
