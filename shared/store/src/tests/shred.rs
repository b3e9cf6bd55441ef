//! What is left of a value in a folder when it has ended: with all that the folder held before, nobody reads it.

use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::StreamExt;
use tempfile::TempDir;

use super::filled::copy;
use super::fixture_options;
use crate::conformance::Fixture;
use crate::{
    Batch, Error, ErrorKind, ManualClock, Op, Options, Precondition, Range, SledStore, Store, StoreExt,
};

/// It would be seen in any file.
const VALUE: &[u8] = b"What is to be shredded, and no file may hold as it is";
const MINUTE: Duration = Duration::from_secs(60);

/// A store with a value that will be shredded and one beside it, and a copy of its folder as it was with both.
struct Before {
    folder: TempDir,
    options: Options,
    clock: ManualClock,
    copied: TempDir,
}

async fn commit(store: &SledStore, op: Op) {
    store.commit(Batch::try_from(op).unwrap()).await.unwrap();
}

/// What somebody with these files reads of it.
async fn read(folder: &Path) -> Result<Option<Vec<u8>>, Error> {
    let (_, options) = fixture_options();
    let store = SledStore::open_with(folder, &options)?;
    assert_eq!(store.get("beside").await?.map(|entry| entry.value.to_vec()).as_deref(), Some(VALUE));
    Ok(store.get("secret").await?.map(|entry| entry.value.to_vec()))
}

/// The folder's files, with the cells of another.
fn with_cells_of(folder: &Path, other: &Path) -> TempDir {
    let mixed = tempfile::tempdir().unwrap();
    copy(folder, mixed.path());
    fs::copy(other.join("cells"), mixed.path().join("cells")).unwrap();
    mixed
}

/// Every file of a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

impl Before {
    async fn new() -> (Self, SledStore) {
        let (clock, options) = fixture_options();
        let (folder, copied) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let store = SledStore::open_with(folder.path(), &options).unwrap();
        commit(&store, Op::put("secret", VALUE).shreddable().until(Fixture::start() + MINUTE)).await;
        commit(&store, Op::put("beside", VALUE).shreddable()).await;
        copy(folder.path(), copied.path());
        (Self { folder, options, clock, copied }, store)
    }

    /// The value has ended: nothing that is there now, and nothing that was there before, is of any use.
    async fn assert_gone(&self, how: &str) {
        let [before, now] = [self.copied.path(), self.folder.path()];
        let after = tempfile::tempdir().unwrap();
        copy(now, after.path());
        let found = read(after.path()).await.unwrap();
        assert!(found.as_deref() != Some(VALUE), "{how}: it is there");
        let old_files = with_cells_of(before, now);
        assert_eq!(read(old_files.path()).await.unwrap(), Some(Vec::new()), "{how}: what was there opens");
        let whole = tempfile::tempdir().unwrap();
        copy(before, whole.path());
        assert_eq!(
            read(whole.path()).await.unwrap().as_deref(),
            Some(VALUE),
            "whoever has it all from before"
        );
    }
}

#[tokio::test]
async fn nobody_reads_a_value_that_was_deleted_or_replaced() {
    let ends = [
        ("deleted", Op::delete("secret")),
        ("replaced", Op::put("secret", "another").shreddable()),
        ("replaced by one that is not shreddable", Op::put("secret", "another")),
    ];
    for (how, end) in ends {
        for of_the_log in [true, false] {
            let (before, mut store) = Before::new().await;
            if !of_the_log {
                drop(store);
                // Whoever opens it has the database take over what the log holds.
                store = SledStore::open_with(before.folder.path(), &before.options).unwrap();
            }
            commit(&store, end.clone()).await;
            // As it is when the answer is there, whatever the store would do later.
            before.assert_gone(how).await;
            drop(store);
            before.assert_gone(how).await;
        }
    }
}

/// It could stay there, wherever the database moves it.
#[tokio::test]
async fn no_file_holds_a_shreddable_value_as_it_is() {
    let (before, store) = Before::new().await;
    drop(store);
    for path in files(before.folder.path()) {
        let bytes = fs::read(&path).unwrap();
        let holds = bytes.split(|byte| *byte == VALUE[0]).any(|part| part.starts_with(&VALUE[1..]));
        assert!(!holds, "{} holds it as it is", path.display());
    }
}

#[tokio::test]
async fn nobody_reads_a_value_that_has_expired() {
    let (before, store) = Before::new().await;
    let now = store.scan(Range::all(), 1).await.unwrap().revision;
    let mut events = store.watch("secret", now).await.unwrap();
    before.clock.advance(MINUTE);
    assert_eq!(events.next().await.unwrap().unwrap().key(), "secret");
    before.assert_gone("expired").await;
}

/// The batch is on disk, and the process dies before the cell is written over: the next one does that before it serves.
#[tokio::test]
async fn what_a_crash_left_is_shredded_by_the_next_start() {
    let (before, store) = Before::new().await;
    commit(&store, Op::delete("secret")).await;
    drop(store);
    let crashed = with_cells_of(before.folder.path(), before.copied.path());
    let same_cells = with_cells_of(before.copied.path(), crashed.path());
    assert_eq!(
        read(same_cells.path()).await.unwrap().as_deref(),
        Some(VALUE),
        "the crash left the cell as it was"
    );
    let store = SledStore::open_with(crashed.path(), &before.options).unwrap();
    fs::copy(crashed.path().join("cells"), before.folder.path().join("cells")).unwrap();
    before.assert_gone("crashed").await;
    drop(store);
}

/// One record is lost and no other, nobody gets anything else for it, and it can be put anew or deleted.
#[tokio::test]
async fn a_damaged_cell_loses_one_value() {
    let (before, store) = Before::new().await;
    drop(store);
    for damage in [[0xff_u8; 32].as_slice(), &[0; 32], &[7]] {
        let folder = tempfile::tempdir().unwrap();
        copy(before.copied.path(), folder.path());
        let file = fs::OpenOptions::new().write(true).open(folder.path().join("cells")).unwrap();
        file.write_all_at(damage, 32).unwrap();
        assert_eq!(read(folder.path()).await.unwrap(), Some(Vec::new()));
        let store = SledStore::open_with(folder.path(), &before.options).unwrap();
        let lost = store.scan(Range::all(), 10).await.unwrap().entries;
        assert_eq!(
            lost.iter().map(|it| (it.key.as_str(), it.value.len())).collect::<Vec<_>>(),
            [("beside", VALUE.len()), ("secret", 0)]
        );
        commit(&store, Op::put("secret", "anew").shreddable().when(Precondition::Exists)).await;
        assert_eq!(&store.get("secret").await.unwrap().unwrap().value[..], b"anew");
        store.delete("secret", Precondition::Exists).await.unwrap();
        assert_eq!(store.get("secret").await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_file_of_cells_that_is_not_the_one_is_told() {
    let (before, store) = Before::new().await;
    drop(store);
    let (other, store) = Before::new().await;
    drop(store);
    let foreign = fs::read(other.folder.path().join("cells")).unwrap();
    type Change<'a> = Box<dyn Fn(&Path) -> std::io::Result<()> + 'a>;
    let changes: [(&str, Change<'_>); 5] = [
        ("is not there", Box::new(|path| fs::remove_file(path))),
        ("has 0 bytes", Box::new(|path| fs::write(path, ""))),
        (
            "bytes, and 8224 were written",
            Box::new(|path| fs::OpenOptions::new().write(true).open(path)?.set_len(8_223)),
        ),
        (
            "is no file of cells",
            Box::new(|path| fs::OpenOptions::new().write(true).open(path)?.write_all_at(b"x", 3)),
        ),
        ("is another store's", Box::new(|path| fs::write(path, &foreign))),
    ];
    for (told, change) in changes {
        let folder = tempfile::tempdir().unwrap();
        copy(before.copied.path(), folder.path());
        let path = folder.path().join("cells");
        change(&path).unwrap();
        let error = SledStore::open_with(folder.path(), &before.options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error:?}");
        let text = error.to_string();
        assert!(text.contains(told) && text.contains(path.to_str().unwrap()), "{told}: {text}");
    }
}

/// A file that no entry needs yet may be any, or none: so is what a crash of the very first start left.
#[tokio::test]
async fn a_store_without_such_a_value_needs_no_cells() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cells");
    let changes: [fn(&Path) -> std::io::Result<()>; 3] =
        [|path| fs::remove_file(path), |path| fs::write(path, "half"), |_| Ok(())];
    for change in changes {
        let store = SledStore::open(folder.path()).unwrap();
        store.put("plain", "v".into(), Precondition::None).await.unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        drop(store);
        change(&path).unwrap();
    }
    let store = SledStore::open(folder.path()).unwrap();
    commit(&store, Op::put("secret", VALUE).shreddable()).await;
    drop(store);
    let store = SledStore::open(folder.path()).unwrap();
    assert_eq!(&store.get("secret").await.unwrap().unwrap().value[..], VALUE);
}
