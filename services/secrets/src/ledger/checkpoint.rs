//! The checkpoint: how far the ledger went, sealed with the key ring, so that entries cut off its end are missed.
//!
//! The file `head` has two places that are written in turn, so that one of them is whole whatever happens. Each holds one line
//! of JSON: the number and the hash of the last durable entry, and a record of [`seal`] that opens for exactly these.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;
use seal::{Context, KeyRing, KeySet, Plaintext, SealError};

use super::{
    chain::{Hash, Head},
    error::{Broken, LedgerError},
    segment,
};

const NAME: &str = "head";
/// The length of a place, in bytes: more than a line takes, and what a disk writes at once.
const PLACE: usize = 512;
/// What `seal` binds the record to, beside the head itself.
const KIND: &str = "ledger";

/// The file, open for writing.
#[derive(Debug)]
pub(super) struct Checkpoint {
    file: File,
    path: PathBuf,
    /// Which place is written next.
    second: bool,
}

impl Checkpoint {
    pub(super) fn path(folder: &Path) -> PathBuf {
        folder.join(NAME)
    }

    /// Makes the file for a ledger that begins, whole or not at all.
    pub(super) fn create(folder: &Path, ring: &KeyRing) -> Result<(), LedgerError> {
        let path = Self::path(folder);
        let text = written(&ring.sealing(), Head::START)?;
        let made = || {
            let temporary = path.with_extension("new");
            let file =
                OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
            file.write_all_at(&text, 0)?;
            file.sync_all()?;
            fs::rename(&temporary, &path)?;
            segment::sync(folder)
        };
        made().map_err(|error| failed(&path, error))
    }

    /// Opens the file for writing.
    pub(super) fn open(folder: &Path) -> Result<Self, LedgerError> {
        let path = Self::path(folder);
        let file = OpenOptions::new().write(true).open(&path).map_err(|error| failed(&path, error))?;
        Ok(Self { file, path, second: false })
    }

    /// Writes down how far the ledger is. It survives the end of the process at once, and a power cut after [`sync`](Self::sync).
    pub(super) fn write(&mut self, ring: &KeyRing, head: Head) -> Result<(), LedgerError> {
        // Held until it is written: the key that seals this lives as long.
        let sealing = ring.sealing();
        let place = place(&sealing, head)?;
        let at = if self.second { PLACE as u64 } else { 0 };
        self.file.write_all_at(&place, at).map_err(|error| failed(&self.path, error))?;
        self.second = !self.second;
        Ok(())
    }

    /// Writes both places, one after the other, so that no older one is left: neither for a torn write to fall back to, nor
    /// sealed with an older key. On return they are durable.
    pub(super) fn renew(&mut self, ring: &KeyRing, head: Head) -> Result<(), LedgerError> {
        for _ in 0..2 {
            self.write(ring, head)?;
            self.sync()?;
        }
        Ok(())
    }

    pub(super) fn sync(&self) -> Result<(), LedgerError> {
        self.file.sync_data().map_err(|error| failed(&self.path, error))
    }
}

/// The whole file, for a copy of a ledger that ends here.
pub(super) fn written(keys: &KeySet, head: Head) -> Result<Vec<u8>, SealError> {
    Ok([place(keys, head)?, place(keys, head)?].concat())
}

/// The furthest head in the file; with the key ring, of those that were sealed with it.
pub(super) fn read(folder: &Path, ring: Option<&KeyRing>) -> Result<Head, Broken> {
    let path = Checkpoint::path(folder);
    let text = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Broken::Checkpoint(path)),
        read => read.map_err(|error| Broken::io(&path, error))?,
    };
    let heads = text.chunks(PLACE).filter_map(|place| parse(place, ring));
    heads.max_by_key(|head| head.sequence).ok_or(Broken::Checkpoint(path))
}

fn place(keys: &KeySet, head: Head) -> Result<Vec<u8>, SealError> {
    let hash = head.hash.to_string();
    let sealed = HEXLOWER.encode(&keys.seal(&context(head.sequence, &hash), &Plaintext::new(Vec::new()))?);
    let line = format!("{{\"sequence\":{},\"hash\":\"{hash}\",\"seal\":\"{sealed}\"}}", head.sequence);
    let mut place = line.into_bytes();
    place.resize(PLACE - 1, b' ');
    place.push(b'\n');
    Ok(place)
}

fn parse(place: &[u8], ring: Option<&KeyRing>) -> Option<Head> {
    let line = std::str::from_utf8(place).ok()?.trim_end();
    let (sequence, rest) = line.strip_prefix("{\"sequence\":")?.split_once(",\"hash\":\"")?;
    let (hash, sealed) = rest.strip_suffix("\"}")?.split_once("\",\"seal\":\"")?;
    let head = Head { sequence: sequence.parse().ok()?, hash: hash.parse::<Hash>().ok()? };
    if let Some(ring) = ring {
        let record = HEXLOWER.decode(sealed.as_bytes()).ok()?;
        ring.open(&context(head.sequence, hash), &record).ok()?;
    }
    Some(head)
}

/// Nothing is sealed but what the record is bound to: the head.
fn context(sequence: u64, hash: &str) -> Context<'_> {
    Context { tenant: "", kind: KIND, name: NAME, version: sequence, scope: hash }
}

fn failed(path: &Path, error: io::Error) -> LedgerError {
    LedgerError::io(format!("writing {} failed", path.display()), error)
}
