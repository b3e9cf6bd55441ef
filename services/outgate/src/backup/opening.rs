//! Reading a backup: from sealed bytes to the messages of its sections. Nothing is handed out that was not sealed so.

use std::io::{self, Read};

use bytes::{Buf, Bytes, BytesMut};
use data_encoding::HEXLOWER;
use prost::Message;
use seal::{KeyId, KeyRing};

use super::{CHUNK, Chunk, ID, MAGIC, MAX_MESSAGE, context};

/// The longest sealed chunk: the next class of `seal` above one, and what stands around it.
const MAX_SEALED: usize = (2 * CHUNK).next_power_of_two() + 1024;

/// Why a file is no backup that can be restored. Each says what to do next.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpeningError {
    /// The file cannot be read.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// It does not begin as a backup does.
    #[error("is no backup of Outgate, or was written by a newer one")]
    NoBackup,
    /// The key is another's.
    #[error(
        "is sealed with the key {0}, which is not in the key file; name the key file of the suite that it is from"
    )]
    OtherKey(KeyId),
    /// A chunk does not open where it stands.
    #[error("is damaged: chunk {0} is not the one that was written there; use another backup")]
    Damaged(u64),
    /// It ends before its last chunk.
    #[error("ends after {0} chunks, before its end; use another backup")]
    Cut(u64),
    /// Something stands behind its last chunk.
    #[error("goes on behind its end; use another backup")]
    Longer,
}

/// The messages of a backup, in their order.
pub(super) struct Opener<'a, R> {
    file: R,
    ring: &'a KeyRing,
    id: String,
    number: u64,
    last: bool,
    section: String,
    /// What was opened and not handed out yet.
    open: BytesMut,
}

impl<'a, R: Read> Opener<'a, R> {
    pub(super) fn new(mut file: R, ring: &'a KeyRing) -> Result<Self, OpeningError> {
        let mut begin = [0; MAGIC.len() + ID];
        if filled(&mut file, &mut begin)? < begin.len() {
            return Err(OpeningError::NoBackup);
        }
        let id = begin.strip_prefix(MAGIC).ok_or(OpeningError::NoBackup)?;
        let id = HEXLOWER.encode(id);
        Ok(Self { file, ring, id, number: 0, last: false, section: String::new(), open: BytesMut::new() })
    }

    /// The next message and its section; none: that was all.
    pub(super) fn next(&mut self) -> Result<Option<(&str, Bytes)>, OpeningError> {
        loop {
            if let Some(message) = self.message()? {
                return Ok(Some((&self.section, message)));
            }
            if self.last {
                return if self.open.is_empty() { Ok(None) } else { Err(self.damaged()) };
            }
            let Chunk { section, content } = self.chunk()?;
            if section != self.section {
                if !self.open.is_empty() {
                    return Err(self.damaged());
                }
                self.section = section;
            }
            self.open.extend_from_slice(&content);
        }
    }

    /// A whole message out of what is open.
    fn message(&mut self) -> Result<Option<Bytes>, OpeningError> {
        let mut rest = &self.open[..];
        let Ok(length) = prost::decode_length_delimiter(&mut rest) else {
            // Ten bytes hold every length.
            return if self.open.len() < 10 { Ok(None) } else { Err(self.damaged()) };
        };
        if length > MAX_MESSAGE {
            return Err(self.damaged());
        }
        if rest.len() < length {
            return Ok(None);
        }
        self.open.advance(self.open.len() - rest.len());
        Ok(Some(self.open.split_to(length).freeze()))
    }

    fn chunk(&mut self) -> Result<Chunk, OpeningError> {
        let mut length = [0; 4];
        if filled(&mut self.file, &mut length)? < length.len() {
            return Err(OpeningError::Cut(self.number));
        }
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > MAX_SEALED {
            return Err(self.damaged());
        }
        let mut sealed = vec![0; length];
        if filled(&mut self.file, &mut sealed)? < length {
            return Err(OpeningError::Cut(self.number));
        }
        let more = self.ring.open(&context(&self.id, self.number, false), &sealed);
        let chunk = match more {
            Ok(chunk) => chunk,
            Err(_) => match self.ring.open(&context(&self.id, self.number, true), &sealed) {
                Ok(chunk) => {
                    self.last = true;
                    chunk
                }
                Err(_) => return Err(self.other_key(&sealed).unwrap_or_else(|| self.damaged())),
            },
        };
        if self.last && filled(&mut self.file, &mut [0])? > 0 {
            return Err(OpeningError::Longer);
        }
        let chunk = Chunk::decode(chunk.expose()).map_err(|_| self.damaged())?;
        self.number += 1;
        Ok(chunk)
    }

    /// Whether the first chunk names a key that is not there. Later ones name the same, or are damaged.
    fn other_key(&self, sealed: &[u8]) -> Option<OpeningError> {
        let id = KeyId::from(*sealed.get(1..)?.first_chunk::<8>()?);
        (self.number == 0 && !self.ring.sealing().ids().contains(&id)).then_some(OpeningError::OtherKey(id))
    }

    fn damaged(&self) -> OpeningError {
        OpeningError::Damaged(self.number)
    }
}

/// Reads until the buffer is full or the file ends; how much it was.
fn filled(file: &mut impl Read, mut buffer: &mut [u8]) -> io::Result<usize> {
    let whole = buffer.len();
    while !buffer.is_empty() {
        match file.read(buffer) {
            Ok(0) => break,
            Ok(read) => buffer = &mut buffer[read..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(whole - buffer.len())
}
