//! Writing a backup: from a store and a ledger to sealed bytes.

use std::{io, sync::Arc, time::SystemTime};

use bytes::{BufMut, Bytes, BytesMut};
use data_encoding::HEXLOWER;
use prost::Message;
use ring::rand::{SecureRandom, SystemRandom};
use seal::{KeyRing, Plaintext, SealError};
use secrets::ledger::{Ledger, OpenError};
use store::{Snapshot, Store};

use super::{CHUNK, Change, Chunk, HEAD, Head, ID, LEDGER, MAGIC, STORE, context, ledger::Reading};

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The chunk cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] OpenError),
    /// A file of the ledger cannot be read.
    #[error("a file of the audit ledger cannot be read: {0}")]
    File(#[from] io::Error),
}

/// A backup on its way out, read piece by piece.
pub(crate) struct Backup {
    sealer: Sealer,
    ledger: Option<Arc<Ledger>>,
    left: Left,
}

/// What was not read yet.
enum Left {
    /// The store, and the ledger then: what was stored before it was released comes before it in a backup.
    Store(Box<Snapshot>),
    Ledger(Reading),
    Nothing,
}

impl Backup {
    /// Begins a backup of the store as it is, or will be while it is read, and of the ledger as it is then.
    ///
    /// # Errors
    /// When the store cannot be read, or there are no random bytes.
    pub(crate) async fn begin(
        store: Arc<dyn Store>,
        ring: Arc<KeyRing>,
        ledger: Option<Arc<Ledger>>,
    ) -> Result<Self, BackupError> {
        let snapshot = Snapshot::begin(store).await?;
        let keys = ring.sealing().ids().iter().map(ToString::to_string).collect();
        let head =
            Head { version: env!("CARGO_PKG_VERSION").into(), created: SystemTime::now().into(), keys };
        let mut sealer = Sealer::new(ring)?;
        sealer.message(HEAD, &head)?;
        Ok(Self { sealer, ledger, left: Left::Store(Box::new(snapshot)) })
    }

    /// The next bytes of the file; none: it is whole.
    ///
    /// # Errors
    /// When the store or the ledger cannot be read, or a chunk not be sealed.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, BackupError> {
        while self.sealer.sealed.is_empty() {
            match &mut self.left {
                Left::Store(snapshot) => match snapshot.next().await? {
                    Some(events) => {
                        for event in events {
                            self.sealer.message(STORE, &Change::from(event))?;
                        }
                    }
                    None => {
                        self.sealer.message(STORE, &Change::end(snapshot.revision()))?;
                        self.left = self.ledger().await?;
                    }
                },
                Left::Ledger(reading) => match reading.next().await? {
                    Some(piece) => self.sealer.message(LEDGER, &piece)?,
                    None => self.end()?,
                },
                Left::Nothing => return Ok(None),
            }
        }
        // A message of gRPC holds less than all that a page of the store can come to.
        let next = self.sealer.sealed.len().min(1 << 20);
        Ok(Some(self.sealer.sealed.split_to(next).freeze()))
    }

    async fn ledger(&mut self) -> Result<Left, BackupError> {
        let Some(ledger) = self.ledger.take() else {
            self.sealer.finish()?;
            return Ok(Left::Nothing);
        };
        let snapshot =
            tokio::task::spawn_blocking(move || ledger.snapshot()).await.map_err(io::Error::other)??;
        Ok(Left::Ledger(Reading::of(snapshot)))
    }

    fn end(&mut self) -> Result<(), SealError> {
        self.left = Left::Nothing;
        self.sealer.finish()
    }
}

/// Cuts sections into chunks and seals them.
struct Sealer {
    ring: Arc<KeyRing>,
    id: String,
    number: u64,
    section: &'static str,
    /// What the next chunks will hold.
    pending: BytesMut,
    sealed: BytesMut,
}

impl Sealer {
    fn new(ring: Arc<KeyRing>) -> Result<Self, SealError> {
        let mut id = [0; ID];
        SystemRandom::new().fill(&mut id).map_err(|_| SealError::Random)?;
        let mut sealed = BytesMut::from(MAGIC);
        sealed.put_slice(&id);
        Ok(Self {
            ring,
            id: HEXLOWER.encode(&id),
            number: 0,
            section: HEAD,
            pending: BytesMut::new(),
            sealed,
        })
    }

    fn message(&mut self, section: &'static str, message: &impl Message) -> Result<(), SealError> {
        if section != self.section {
            self.seal(self.pending.len(), false)?;
            self.section = section;
        }
        // A vector's room grows without an end.
        let _ = message.encode_length_delimited(&mut self.pending);
        while self.pending.len() > CHUNK {
            self.seal(CHUNK, false)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), SealError> {
        self.seal(self.pending.len(), true)
    }

    /// Seals the first `length` pending bytes as the next chunk.
    fn seal(&mut self, length: usize, last: bool) -> Result<(), SealError> {
        let content = self.pending.split_to(length).freeze();
        let chunk = Chunk { section: self.section.to_owned(), content };
        let chunk = Plaintext::new(chunk.encode_to_vec());
        let sealed = self.ring.sealing().seal(&context(&self.id, self.number, last), &chunk)?;
        self.number += 1;
        self.sealed.put_u32(u32::try_from(sealed.len()).unwrap_or(u32::MAX));
        self.sealed.put_slice(&sealed);
        Ok(())
    }
}
