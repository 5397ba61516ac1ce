//! Connections that never stand, each for its own reason, against servers of our own on loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::addresses::{self, Reach};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use reqwest::{Certificate, Client};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// Years of a certificate's life.
type Life = (i32, i32);
const NOWADAYS: Life = (2020, 2999);

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A TLS server whose certificate bears that name, and lives so long; where it listens.
async fn server(by: &CertifiedIssuer<'static, KeyPair>, name: &str, life: Life) -> String {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(life.0, 1, 1), date_time_ymd(life.1, 1, 1));
    let certificate = params.signed_by(&key, by).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // The client breaks the handshake off: that is what is tested.
            let _ = acceptor.accept(stream).await;
        }
    });
    format!("https://localhost:{port}/")
}

/// One that trusts that authority alone.
fn client(trusted: &CertifiedIssuer<'static, KeyPair>) -> Client {
    let root = Certificate::from_der(trusted.der()).unwrap();
    addresses::client(Reach::Loopback).tls_certs_only([root]).build().unwrap()
}

async fn met(client: &Client, url: &str) -> Unreached {
    let error = client.post(url).send().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    why(&error)
}

#[tokio::test]
async fn a_wrong_clock_is_told_from_a_wrong_server() {
    let ours = authority("nous");
    let client = client(&ours);
    assert_eq!(met(&client, &server(&ours, "localhost", (2001, 2002)).await).await, Unreached::Clock);
    assert_eq!(met(&client, &server(&ours, "localhost", (2998, 2999)).await).await, Unreached::Clock);
    assert_eq!(met(&client, &server(&ours, "portail.test", NOWADAYS).await).await, Unreached::Portal);
    assert_eq!(met(&client, &server(&authority("la gare"), "localhost", NOWADAYS).await).await, Unreached::Portal);
}

#[tokio::test]
async fn a_certificate_in_order_is_no_trouble() {
    let ours = authority("nous");
    let error = client(&ours).post(server(&ours, "localhost", NOWADAYS).await).send().await.unwrap_err();
    // The handshake was made; the server of this test then says nothing.
    assert!(!error.is_connect(), "{error:?}");
}

#[tokio::test]
async fn a_name_an_address_and_a_house_are_told_apart() {
    let client = addresses::client(Reach::Loopback).build().unwrap();
    assert_eq!(met(&client, "http://nulle-part.invalid/").await, Unreached::NoName);
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(met(&client, &format!("http://{closed}/")).await, Unreached::NoAnswer);
    // A name that leads where public names do not: something on the way answers for the internet.
    let public = addresses::client(Reach::Public).build().unwrap();
    assert_eq!(met(&public, "https://localhost/").await, Unreached::Portal);
}

#[test]
fn the_system_has_its_word() {
    assert_eq!(by_system(io::ErrorKind::NetworkUnreachable), Some(Unreached::NoNetwork));
    assert_eq!(by_system(io::ErrorKind::ConnectionRefused), None);
}
