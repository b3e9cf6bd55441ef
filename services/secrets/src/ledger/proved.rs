//! The way from the files of a ledger to a ledger that is written to: proved first, which only reads, and then opened.

use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, RwLock, mpsc},
    thread,
    time::Instant,
};

use seal::KeyRing;

use super::{
    Ledger, Options, Shared,
    chain::Head,
    checkpoint::{self, Checkpoint},
    error::{Broken, LedgerError, OpenError},
    segment::{self, Segment},
    walk::Walk,
    writer::{Position, Writer},
};

/// The ledger of a folder whose last files are as they were written, not open yet.
pub struct Proved {
    folder: PathBuf,
    ring: Arc<KeyRing>,
    /// Where it ends.
    at: Position,
    /// There is none yet: not even a checkpoint.
    is_new: bool,
}

impl Proved {
    pub(super) fn read(folder: &Path, ring: Arc<KeyRing>) -> Result<Self, OpenError> {
        let is_new =
            !folder.exists() || segment::list(folder)?.is_empty() && !Checkpoint::path(folder).exists();
        let at = match is_new {
            true => Position { head: Head::START, segment: Segment::new(folder, 1), bytes: 0 },
            false => found(folder, &ring)?,
        };
        Ok(Self { folder: folder.to_owned(), ring, at, is_new })
    }

    /// Opens the ledger; its folder is made where it is missing. An entry at the very end that was never finished, as a kill or a
    /// power cut leaves it, is cut off: nobody was answered for it. Blocks.
    ///
    /// # Errors
    /// When it cannot be written on.
    pub fn open(self, options: Options) -> Result<Ledger, OpenError> {
        let Self { folder, ring, at, is_new } = self;
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.map_err(|error| LedgerError::io(format!("{} cannot be made", folder.display()), error))?;
        if is_new {
            Checkpoint::create(&folder, &ring)?;
        }
        let failed =
            |error| LedgerError::io(format!("{} cannot be opened", at.segment.path.display()), error);
        let file = at.segment.create(&folder).map_err(failed)?;
        // A kill may have left an unfinished entry, and entries that were written and not synced.
        file.set_len(at.bytes).and_then(|()| file.sync_all()).map_err(failed)?;
        let mut checkpoint = Checkpoint::open(&folder)?;
        checkpoint.renew(&ring, at.head)?;
        let shared = Arc::new(Shared {
            position: RwLock::new(at.clone()),
            broken: OnceLock::new(),
            failing: Mutex::new(None),
        });
        let writer = Writer {
            shared: Arc::clone(&shared),
            ring: Arc::clone(&ring),
            folder: folder.clone(),
            options: options.clone(),
            file,
            checkpoint,
            at,
            marked: Instant::now(),
            lines: String::new(),
        };
        let (queue, commands) = mpsc::channel();
        let writer = thread::Builder::new()
            .name("ledger-writer".to_owned())
            .spawn(move || writer.run(&commands))
            .map_err(|error| LedgerError::io("the ledger's writer could not be started", error))?;
        Ok(Ledger { shared, ring, folder, options, queue, writer: Some(writer) })
    }
}

impl std::fmt::Debug for Proved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proved").field("at", &self.at).finish_non_exhaustive()
    }
}

/// Where the ledger of a folder ends: the last files are proved.
fn found(folder: &Path, ring: &KeyRing) -> Result<Position, Broken> {
    let checkpoint = checkpoint::read(folder, Some(ring))?;
    let segments = segment::list(folder)?;
    let marked = segments.iter().rposition(|segment| segment.first <= checkpoint.sequence).unwrap_or(0);
    let start = marked.min(segments.len().saturating_sub(2));
    let before = if start == 0 { Some(Head::START) } else { None };
    let mut walk = Walk::new(before, [Some(checkpoint), None]);
    for segment in segments.iter().skip(start) {
        walk.segment(segment)?;
    }
    let bytes = walk.place().bytes;
    let head = walk.end()?.head;
    let segment = segments.into_iter().next_back().unwrap_or_else(|| Segment::new(folder, 1));
    Ok(Position { head, segment, bytes })
}
