//! Reaching: nothing outside the reach, and no certificate that nobody vouches for.

#![allow(clippy::unwrap_used)]

use super::*;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

fn server(host: &str, port: u16, security: Security) -> Server {
    Server { host: host.into(), port, security }
}

#[tokio::test]
async fn what_is_outside_the_reach_is_not_asked_for() {
    let public = Dial::new(Reach::Public);
    for at in [
        server("127.0.0.1", 993, Security::Tls),
        server("imap.local", 993, Security::Tls),
        server("imap.exemple.fr", 143, Security::Plain),
    ] {
        assert!(matches!(public.connect(&at).await, Err(Fault::Unreadable { .. })), "{at:?}");
    }
    let loopback = Dial::new(Reach::Loopback);
    let outside = server("imap.exemple.fr", 143, Security::Plain);
    assert!(matches!(loopback.connect(&outside).await, Err(Fault::Unreadable { .. })));
    let nobody = server("127.0.0.1", 1, Security::Plain);
    assert_eq!(loopback.connect(&nobody).await.err(), Some(Fault::OFFLINE));
}

#[tokio::test]
async fn a_certificate_must_be_known_and_be_the_hosts() {
    let made = rcgen::generate_simple_self_signed(["imap.librairie.test".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = || Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let connector = |known: bool| {
        let mut roots = RootCertStore::empty();
        if known {
            roots.add(made.cert.der().clone()).unwrap();
        }
        let config = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
        TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
    };
    for (known, host, wanted) in [
        (true, "imap.librairie.test", None),
        (true, "imap.autre.test", Some(Fault::Offline { why: Unreached::Portal })),
        (false, "imap.librairie.test", Some(Fault::Offline { why: Unreached::Portal })),
    ] {
        let (ours, theirs) = tokio::io::duplex(64 << 10);
        let acceptor = acceptor.clone();
        let there = tokio::spawn(async move {
            let mut safe = acceptor.accept(theirs).await.ok()?;
            safe.write_all(b"* OK\r\n").await.ok()?;
            safe.flush().await.ok()
        });
        let line = secured(&connector(known), Box::new(ours), host).await;
        match line {
            Ok(mut line) => {
                let mut said = [0; 6];
                line.read_exact(&mut said).await.unwrap();
                assert_eq!((&said, wanted), (b"* OK\r\n", None));
            }
            Err(fault) => assert_eq!(Some(fault), wanted, "{host}"),
        }
        there.abort();
    }
}
