//! Pictures: what is one, how large it is, and where it may come from.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 6, 0, 0, 0]);
    bytes
}

fn jpeg(width: u16, height: u16) -> Vec<u8> {
    // A comment segment, then the frame.
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xfe, 0, 4, b'x', b'y', 0xff, 0xff, 0xc2, 0, 17, 8];
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes
}

fn webp(kind: &[u8; 4], rest: &[u8]) -> Vec<u8> {
    [b"RIFF\0\0\0\0WEBP", &kind[..], &[0; 4], rest].concat()
}

fn avif() -> Vec<u8> {
    let mut bytes = b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf".to_vec();
    for (width, height) in [(64u32, 64u32), (1920, 1080)] {
        bytes.extend(b"\0\0\0\x14ispe\0\0\0\0");
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
    }
    bytes
}

#[test]
fn what_it_is_and_how_large_come_from_the_bytes() {
    use PictureKind::*;
    assert_eq!(header(&png(640, 480)), Some((Png, 640, 480)));
    assert_eq!(header(&jpeg(640, 480)), Some((Jpeg, 640, 480)));
    assert_eq!(header(b"GIF89a\x80\x02\xe0\x01"), Some((Gif, 640, 480)));
    assert_eq!(header(&webp(b"VP8 ", &[0, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0xe0, 1])), Some((Webp, 640, 480)));
    assert_eq!(header(&webp(b"VP8L", &[0x2f, 0x7f, 0xc2, 0x77, 0])), Some((Webp, 640, 480)));
    assert_eq!(header(&webp(b"VP8X", &[0, 0, 0, 0, 0x7f, 2, 0, 0xdf, 1, 0])), Some((Webp, 640, 480)));
    assert_eq!(header(&avif()), Some((Avif, 1920, 1080)));
}

#[test]
fn what_is_no_picture_is_refused() {
    for bytes in [
        &b""[..],
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html>",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\0\0",
        b"RIFF\0\0\0\0WEBPVP8X",
        b"\0\0\0\x10ftypisom\0\0\0\0",
        b"%PDF-1.7",
    ] {
        assert!(read(bytes.to_vec()).is_err(), "{bytes:?}");
    }
    assert!(read(png(0, 10)).is_err());
    assert!(read(png(8_000, 5_000)).is_ok());
    assert!(read(png(8_001, 5_000)).is_err(), "more than 40 megapixels");
    assert!(read(png(u32::MAX, u32::MAX)).is_err());
}

#[tokio::test]
async fn a_picture_is_fetched_over_redirects_but_not_too_many() {
    let server = MockServer::start().await;
    for (from, to) in [("/4", "/3"), ("/3", "/2"), ("/2", "/1"), ("/1", "/0")] {
        let answer = ResponseTemplate::new(302).insert_header("location", to);
        Mock::given(path(from)).respond_with(answer).mount(&server).await;
    }
    let answer = ResponseTemplate::new(200).set_body_raw(png(2, 3), "text/html");
    Mock::given(path("/0")).respond_with(answer).mount(&server).await;
    let pictures = Pictures::new(Reach::Loopback);
    let picture = pictures.fetch(&format!("{}/3", server.uri())).await.unwrap();
    assert_eq!((picture.kind, picture.width, picture.height), (PictureKind::Png, 2, 3));
    assert!(pictures.fetch(&format!("{}/4", server.uri())).await.is_err());
    for request in server.received_requests().await.unwrap() {
        assert!(!request.headers.contains_key("referer") && !request.headers.contains_key("cookie"));
    }
}

#[tokio::test]
async fn a_picture_that_is_too_long_or_leads_outside_is_refused() {
    let server = MockServer::start().await;
    let huge = ResponseTemplate::new(200).set_body_bytes([png(1, 1), vec![0; LARGEST]].concat());
    Mock::given(path("/huge")).respond_with(huge).mount(&server).await;
    let out = ResponseTemplate::new(302).insert_header("location", "http://192.168.1.1/x.png");
    Mock::given(path("/out")).respond_with(out).mount(&server).await;
    let pictures = Pictures::new(Reach::Loopback);
    for name in ["huge", "out", "missing"] {
        let outcome = pictures.fetch(&format!("{}/{name}", server.uri())).await;
        assert!(matches!(outcome, Err(Fault::Refused { .. })), "{name} {outcome:?}");
    }
    let public = Pictures::new(Reach::Public);
    for url in [
        server.uri(),
        "https://127.0.0.1/".into(),
        "https://[::ffff:10.0.0.1]/".into(),
        "http://exemple.fr/".into(),
        "x".into(),
    ] {
        assert!(matches!(public.fetch(&url).await, Err(Fault::Refused { .. })), "{url}");
    }
}
