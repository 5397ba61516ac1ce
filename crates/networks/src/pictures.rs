//! Pictures of strangers, fetched safely: only to addresses within reach, checked again at each of three redirects
//! at most; nothing that tells who asks; nothing larger than 10 MB or 40 megapixels; and what it is, is decided by
//! its bytes, never by what the server says. A drawing that can run (SVG) is no picture here.

use crate::addresses::{self, Reach};
use guichet_model::{Fault, RefusalCode};
use reqwest::{Client, redirect};
use std::time::Duration;
use url::Url;

const LARGEST: usize = 10_000_000;
const MOST_PIXELS: u64 = 40_000_000;
const MOST_REDIRECTS: usize = 3;
const WHOLE: Duration = Duration::from_secs(30);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub kind: PictureKind,
    pub width: u32,
    pub height: u32,
    pub bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureKind {
    Png,
    Jpeg,
    Gif,
    Webp,
    Avif,
}

impl PictureKind {
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Avif => "image/avif",
        }
    }
}

/// Fetches pictures within a reach.
pub struct Pictures {
    reach: Reach,
    client: Option<Client>,
}

impl Pictures {
    pub fn new(reach: Reach) -> Self {
        let client = addresses::client(reach)
            .connect_timeout(Duration::from_secs(10))
            .redirect(redirect::Policy::none())
            .build();
        Self { reach, client: client.ok() }
    }

    /// The picture at `url`; `Refused` where it is none, is too large, or is out of reach.
    pub async fn fetch(&self, url: &str) -> Result<Picture, Fault> {
        let whole = tokio::time::timeout(WHOLE, self.follow(url)).await;
        read(whole.unwrap_or(Err(Fault::OFFLINE))?)
    }

    async fn follow(&self, url: &str) -> Result<Vec<u8>, Fault> {
        let client = self.client.as_ref().ok_or(Fault::OFFLINE)?;
        let mut at = Url::parse(url).map_err(|_| none())?;
        for _ in 0..=MOST_REDIRECTS {
            if !self.reach.allows(&at) {
                return Err(Fault::refused(RefusalCode::Forbidden, None));
            }
            let request = client.get(at.clone()).header("accept", "image/*");
            let mut response = request.send().await.map_err(|_| Fault::OFFLINE)?;
            let status = response.status();
            if status.is_redirection() {
                let next = response.headers().get("location");
                let next = next.and_then(|to| to.to_str().ok()).ok_or_else(none)?;
                at = at.join(next).map_err(|_| none())?;
                continue;
            }
            if !status.is_success() {
                return Err(match status.as_u16() {
                    500.. | 408 | 429 => Fault::OFFLINE,
                    _ => Fault::refused(RefusalCode::Gone, None),
                });
            }
            let mut bytes = Vec::new();
            while let Some(piece) = response.chunk().await.map_err(|_| Fault::OFFLINE)? {
                if bytes.len() + piece.len() > LARGEST {
                    return Err(Fault::refused(RefusalCode::TooLong, None));
                }
                bytes.extend_from_slice(&piece);
            }
            return Ok(bytes);
        }
        Err(none())
    }
}

fn none() -> Fault {
    Fault::refused(RefusalCode::Invalid, None)
}

/// What the bytes are, and whether they unfold into too much.
fn read(bytes: Vec<u8>) -> Result<Picture, Fault> {
    let (kind, width, height) = header(&bytes).ok_or_else(none)?;
    if width == 0 || height == 0 {
        return Err(none());
    }
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(Fault::refused(RefusalCode::TooLong, None));
    }
    Ok(Picture { kind, width, height, bytes })
}

fn header(bytes: &[u8]) -> Option<(PictureKind, u32, u32)> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.get(12..16)? == b"IHDR" {
        return Some((PictureKind::Png, be32(bytes, 16)?, be32(bytes, 20)?));
    }
    if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        return Some((PictureKind::Gif, le16(bytes, 6)?, le16(bytes, 8)?));
    }
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        let (width, height) = jpeg_size(bytes)?;
        return Some((PictureKind::Jpeg, width, height));
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12)? == b"WEBP" {
        let (width, height) = webp_size(bytes)?;
        return Some((PictureKind::Webp, width, height));
    }
    if bytes.get(4..8)? == b"ftyp" && brands(bytes)?.any(|b| b == b"avif" || b == b"avis") {
        let (width, height) = avif_size(bytes)?;
        return Some((PictureKind::Avif, width, height));
    }
    None
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    let two = bytes.get(at..at.checked_add(2)?)?;
    Some(u32::from(two[0]) << 8 | u32::from(two[1]))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(be16(bytes, at)? << 16 | be16(bytes, at.checked_add(2)?)?)
}

fn le16(bytes: &[u8], at: usize) -> Option<u32> {
    be16(bytes, at).map(|n| (n as u16).swap_bytes().into())
}

fn le24(bytes: &[u8], at: usize) -> Option<u32> {
    Some(le16(bytes, at)? | u32::from(*bytes.get(at + 2)?) << 16)
}

/// The first frame header among the segments (ITU T.81, B.2.2).
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    while at < bytes.len() {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            0xff => at += 1,
            0x01 | 0xd0..=0xd7 => at += 2,
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                return Some((be16(bytes, at + 7)?, be16(bytes, at + 5)?));
            }
            _ => at += 2 + (be16(bytes, at + 2)? as usize).max(2),
        }
    }
    None
}

/// RFC 9649: lossy, lossless or extended.
fn webp_size(bytes: &[u8]) -> Option<(u32, u32)> {
    match bytes.get(12..16)? {
        b"VP8 " => Some((le16(bytes, 26)? & 0x3fff, le16(bytes, 28)? & 0x3fff)),
        b"VP8L" => {
            let packed = le16(bytes, 21)? | le16(bytes, 23)? << 16;
            Some(((packed & 0x3fff) + 1, (packed >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => Some((le24(bytes, 24)? + 1, le24(bytes, 27)? + 1)),
        _ => None,
    }
}

fn brands(bytes: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let end = (be32(bytes, 0)? as usize).min(bytes.len());
    Some(bytes.get(8..end)?.chunks_exact(4))
}

/// The largest `ispe` property (ISO/IEC 23008-12): every tile and the whole have one.
fn avif_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let head = &bytes[..bytes.len().min(64 << 10)];
    let mut largest: Option<(u32, u32)> = None;
    for at in head.windows(4).enumerate().filter(|(_, w)| w == b"ispe").map(|(at, _)| at) {
        let size = (be32(bytes, at + 8)?, be32(bytes, at + 12)?);
        let area = |(w, h): (u32, u32)| u64::from(w) * u64::from(h);
        if largest.is_none_or(|known| area(size) > area(known)) {
            largest = Some(size);
        }
    }
    largest
}

#[cfg(test)]
#[path = "pictures_tests.rs"]
mod tests;
