//! The sealed file itself: written part by part, read part by part, each part against its digest.

use super::{Header, Part};
use crate::view::Problem;
use age::secrecy::SecretString;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;
use zeroize::Zeroizing;

/// Of the first line, and of the vault's contents: what a stranger's file could make us hold in memory.
const LONGEST_LINE: u64 = 4_096;
const LARGEST_VAULT: u64 = 64 << 20;
/// As 2^n: a backup made by a much faster machine still opens here, one made to hang us does not.
const MOST_WORK: u8 = 22;
const BUFFER: usize = 1 << 18;

/// Writes all of it to `out`, sealed. Not synced.
pub(super) fn seal(
    out: &File,
    phrase: &str,
    header: &Header,
    vault: &[u8],
    store: &mut dyn Read,
) -> Result<(), Problem> {
    let sealing = |_| Problem::Unexpected { what: "sealing".into() };
    let mut recipient = age::scrypt::Recipient::new(SecretString::from(phrase.to_owned()));
    if cfg!(test) {
        // The work makes guessing slow, and changes nothing else.
        recipient.set_work_factor(4);
    }
    let recipients = std::iter::once(&recipient as &dyn age::Recipient);
    let sealed = age::Encryptor::with_recipients(recipients).map_err(sealing)?;
    let mut sealed = sealed.wrap_output(BufWriter::with_capacity(BUFFER, out))?;
    let mut line = serde_json::to_vec(header)?;
    line.push(b'\n');
    sealed.write_all(&line)?;
    sealed.write_all(vault)?;
    let written = pour(store, &mut sealed)?;
    if written != header.store {
        return Err(Problem::TornBackup);
    }
    sealed.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    Ok(())
}

/// A backup opened: its header and vault read and proven, the store yet to come.
pub(super) struct Opened {
    pub header: Header,
    pub vault: Zeroizing<Vec<u8>>,
    rest: Box<dyn Read>,
}

/// `NoBackup`, `NewerBackup`, `TornBackup`, `Passphrase { wrong: true }`.
pub(super) fn open(file: &Path, phrase: &str) -> Result<Opened, Problem> {
    let opened = File::open(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Problem::NotFound,
        _ => error.into(),
    })?;
    let sealed =
        age::Decryptor::new_buffered(BufReader::with_capacity(BUFFER, opened)).map_err(|error| match error {
            age::DecryptError::Io(error) if !is_torn(&error) => error.into(),
            _ => Problem::NoBackup,
        })?;
    if !sealed.is_scrypt() {
        return Err(Problem::NoBackup);
    }
    let mut identity = age::scrypt::Identity::new(SecretString::from(phrase.to_owned()));
    identity.set_max_work_factor(MOST_WORK);
    let plain = sealed.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(|error| match error {
        age::DecryptError::DecryptionFailed
        | age::DecryptError::KeyDecryptionFailed
        | age::DecryptError::NoMatchingKeys => Problem::Passphrase { wrong: true },
        age::DecryptError::Io(error) if !is_torn(&error) => error.into(),
        _ => Problem::TornBackup,
    })?;
    let mut plain = BufReader::with_capacity(BUFFER, plain);
    let mut line = Vec::new();
    Read::by_ref(&mut plain).take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(trouble)?;
    let header = Header::read(&line)?;
    if header.vault.size > LARGEST_VAULT {
        return Err(Problem::TornBackup);
    }
    let mut vault = Zeroizing::new(Vec::new());
    if pour(&mut Read::by_ref(&mut plain).take(header.vault.size), &mut *vault)? != header.vault {
        return Err(Problem::TornBackup);
    }
    Ok(Opened { header, vault, rest: Box::new(plain) })
}

impl Opened {
    /// The store, to its end: `TornBackup` where it is not what the header says, or something comes after it.
    pub fn store(&mut self, out: &mut dyn Write) -> Result<(), Problem> {
        let found = pour(&mut self.rest, out)?;
        if found == self.header.store { Ok(()) } else { Err(Problem::TornBackup) }
    }
}

/// What a file holds.
pub(super) fn measure(file: &Path) -> Result<Part, Problem> {
    pour(&mut File::open(file)?, &mut std::io::sink())
}

pub(super) fn measure_bytes(bytes: &[u8]) -> Part {
    Part { size: bytes.len() as u64, sha256: hex(&Sha256::digest(bytes)) }
}

/// From one to the other, to the end; what went through.
fn pour(from: &mut dyn Read, to: &mut dyn Write) -> Result<Part, Problem> {
    let mut buffer = Zeroizing::new(vec![0u8; BUFFER]);
    let (mut digest, mut size) = (Sha256::new(), 0);
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(Part { size, sha256: hex(&digest.finalize()) }),
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(trouble(error)),
        };
        digest.update(&buffer[..read]);
        size += read as u64;
        to.write_all(&buffer[..read])?;
    }
}

/// A file that ends too early or does not decrypt is torn; anything else is the disk's.
fn trouble(error: std::io::Error) -> Problem {
    if is_torn(&error) { Problem::TornBackup } else { error.into() }
}

fn is_torn(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
