//! The audit ledger in a backup: its files up to its head, and the checkpoint that fits them.

use std::{
    collections::VecDeque,
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use bytes::BytesMut;
use secrets::ledger::Snapshot;
use tokio::io::{AsyncReadExt, Take};

use super::Piece;

/// The file of the checkpoint.
const CHECKPOINT: &str = "head";
/// How many bytes of a file are read at once.
const PIECE: usize = 256 << 10;

/// The pieces of a ledger, on their way out.
pub(super) struct Reading {
    files: VecDeque<(PathBuf, u64)>,
    /// The file that is being read, and its name.
    open: Option<(String, Take<tokio::fs::File>)>,
    checkpoint: Option<Vec<u8>>,
}

impl Reading {
    pub(super) fn of(snapshot: Snapshot) -> Self {
        let Snapshot { files, checkpoint, head: _ } = snapshot;
        Self { files: files.into(), open: None, checkpoint: Some(checkpoint) }
    }

    /// The next piece; none: that was all.
    pub(super) async fn next(&mut self) -> io::Result<Option<Piece>> {
        loop {
            if let Some((name, file)) = &mut self.open {
                let mut content = BytesMut::with_capacity(PIECE);
                file.read_buf(&mut content).await?;
                if !content.is_empty() {
                    return Ok(Some(Piece { file: name.clone(), content: content.freeze() }));
                }
                if file.limit() > 0 {
                    return Err(io::Error::new(
                        io::ErrorKind::UnexpectedEof,
                        format!("{name} became shorter"),
                    ));
                }
            }
            let Some((path, length)) = self.files.pop_front() else {
                let checkpoint = self.checkpoint.take();
                return Ok(
                    checkpoint.map(|content| Piece { file: CHECKPOINT.to_owned(), content: content.into() })
                );
            };
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            self.open = Some((name, tokio::fs::File::open(&path).await?.take(length)));
        }
    }
}

/// The files of a ledger, on their way into a folder that was not there.
pub(super) struct Writing {
    folder: PathBuf,
    open: Option<(String, File)>,
}

impl Writing {
    pub(super) fn begin(folder: &Path) -> io::Result<Self> {
        DirBuilder::new().mode(0o700).create(folder)?;
        Ok(Self { folder: folder.to_owned(), open: None })
    }

    /// Writes a piece behind what the file holds. False: its name is none of a file in the folder.
    pub(super) fn write(&mut self, piece: &Piece) -> io::Result<bool> {
        let Piece { file: name, content } = piece;
        if Path::new(name).file_name().is_none_or(|only| only != name.as_str()) {
            return Ok(false);
        }
        match &mut self.open {
            Some((open, file)) if open == name => file.write_all(content)?,
            _ => {
                self.sync()?;
                let options = OpenOptions::new().write(true).create_new(true).mode(0o600).to_owned();
                let mut file = options.open(self.folder.join(name))?;
                file.write_all(content)?;
                self.open = Some((name.clone(), file));
            }
        }
        Ok(true)
    }

    /// Makes all of it durable.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.sync()?;
        File::open(&self.folder)?.sync_all()
    }

    fn sync(&mut self) -> io::Result<()> {
        self.open.take().map_or(Ok(()), |(_, file)| file.sync_all())
    }
}
