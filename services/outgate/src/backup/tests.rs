use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use seal::{KeyRing, Plaintext};
use secrets::ledger::{KeyEvent, Ledger, verify};
use store::{Batch, Op, Precondition, Range, SledStore, Store, StoreExt};
use tempfile::TempDir;

use super::{restoring::RestoreError, *};

/// A store with a few hundred entries of all sizes, its keys, and the file of a backup of it.
struct Scene {
    folder: TempDir,
    store: Arc<dyn Store>,
    ring: Arc<KeyRing>,
    ledger: Arc<Ledger>,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SledStore::open(&folder.path().join("old")).unwrap());
        for number in 0..300_usize {
            let value = vec![number as u8; if number % 50 == 0 { 200_000 } else { number * 3 }];
            store.put(&format!("key/{number:03}"), value.into(), Precondition::Create).await.unwrap();
        }
        for number in 0..10 {
            let put = Op::put(format!("sealed/{number}"), vec![number; 100]).shreddable();
            store.commit(Batch::try_from(put).unwrap()).await.unwrap();
        }
        store.delete("key/007", Precondition::Exists).await.unwrap();
        let ring = Arc::new(KeyRing::create(folder.path().join("key")).unwrap());
        let ledger = Arc::new(Ledger::open(&folder.path().join("old ledger"), ring.clone()).unwrap());
        for _ in 0..1000 {
            let event = KeyEvent::Retiring { forget_unreadable: false };
            ledger.record_keys("somebody", &[event]).await.unwrap();
        }
        Self { folder, store, ring, ledger }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A backup's bytes.
    async fn backup(&self) -> Vec<u8> {
        let ledger = Some(self.ledger.clone());
        let mut backup = Backup::begin(self.store.clone(), self.ring.clone(), ledger).await.unwrap();
        let mut bytes = Vec::new();
        while let Some(piece) = backup.next().await.unwrap() {
            assert!(piece.len() <= 1 << 20);
            bytes.extend_from_slice(&piece);
        }
        bytes
    }

    /// Restores these bytes into a new data folder, of which nothing may be left where that is refused.
    fn restore(&self, bytes: &[u8]) -> Result<Restored, RestoreError> {
        let file = self.path("backup");
        fs::write(&file, bytes).unwrap();
        let data = tempfile::tempdir_in(self.folder.path()).unwrap();
        let restored = restore(&file, &self.ring, data.path());
        let left = fs::read_dir(data.path()).unwrap().count();
        assert_eq!(left, if restored.is_ok() { 2 } else { 0 }, "{restored:?}");
        restored
    }

    fn refused(&self, bytes: &[u8]) -> String {
        self.restore(bytes).expect_err("the backup was taken").to_string()
    }
}

/// Where each chunk lies, with its length before it.
fn chunks(backup: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut begin = MAGIC.len() + ID;
    let mut chunks = Vec::new();
    while let Some(length) = backup[begin..].first_chunk::<4>() {
        let end = begin + 4 + u32::from_be_bytes(*length) as usize;
        chunks.push(begin..end);
        begin = end;
    }
    chunks
}

#[tokio::test]
async fn what_is_restored_is_the_same_store() {
    let scene = Scene::new().await;
    fs::write(scene.path("backup"), scene.backup().await).unwrap();
    let restored = restore(&scene.path("backup"), &scene.ring, &scene.path("data")).unwrap();
    let before = scene.store.list(Range::all()).await.unwrap();
    assert_eq!((restored.entries, restored.revision), (309, before.revision.get()));
    assert_eq!(restored.version, env!("CARGO_PKG_VERSION"));
    let store = SledStore::open(&scene.path("data/store")).unwrap();
    let after = store.list(Range::all()).await.unwrap();
    assert_eq!(after.entries, before.entries);
    assert_eq!(after.revision, before.revision);
}

/// What one store shreds its values by is of no use to whoever has the other's folder.
#[tokio::test]
async fn a_restored_store_shreds_by_itself() {
    let scene = Scene::new().await;
    fs::write(scene.path("backup"), scene.backup().await).unwrap();
    restore(&scene.path("backup"), &scene.ring, &scene.path("data")).unwrap();
    let [old, new] = ["old/cells", "data/store/cells"].map(|path| fs::read(scene.path(path)).unwrap());
    let cells: BTreeSet<_> = old.as_chunks::<32>().0.iter().collect();
    assert!(!new.as_chunks::<32>().0.iter().any(|cell| cells.contains(cell)));
    let store = SledStore::open(&scene.path("data/store")).unwrap();
    let sealed = store.list(Range::prefix("sealed/")).await.unwrap().entries;
    assert_eq!(sealed.iter().filter(|entry| entry.shreddable).count(), 10);
}

#[tokio::test]
async fn the_ledger_comes_along_and_proves() {
    let scene = Scene::new().await;
    let backup = scene.backup().await;
    // What comes later is not in it.
    scene.ledger.record_keys("later", &[KeyEvent::Retiring { forget_unreadable: true }]).await.unwrap();
    fs::write(scene.path("backup"), backup).unwrap();
    let restored = restore(&scene.path("backup"), &scene.ring, &scene.path("data")).unwrap();
    assert_eq!(restored.audited, Some(1000));
    let folder = scene.path("data/ledger");
    assert_eq!(verify(&folder, Some(&scene.ring), None).unwrap().entries, 1000);
    let ledger = Ledger::open(&folder, scene.ring.clone()).unwrap();
    assert_eq!(ledger.head().sequence, 1000);
    ledger.record_keys("somebody", &[KeyEvent::Retiring { forget_unreadable: true }]).await.unwrap();
}

#[tokio::test]
async fn a_ledger_that_is_there_stays() {
    let scene = Scene::new().await;
    fs::write(scene.path("backup"), scene.backup().await).unwrap();
    let folder = scene.path("data/ledger");
    fs::create_dir_all(scene.path("data")).unwrap();
    drop(Ledger::open(&folder, scene.ring.clone()).unwrap());
    let restored = restore(&scene.path("backup"), &scene.ring, &scene.path("data")).unwrap();
    assert_eq!(restored.audited, None);
    assert_eq!(verify(&folder, Some(&scene.ring), None).unwrap().entries, 0);
    assert!(!scene.path("data/ledger.restoring").exists());
}

#[tokio::test]
async fn nothing_of_the_store_is_readable_in_a_backup() {
    let scene = Scene::new().await;
    scene.store.put("readable", "canary-of-a-register".into(), Precondition::None).await.unwrap();
    let backup = scene.backup().await;
    for needle in ["canary-of-a-register", "readable", "key/0"] {
        assert!(!backup.windows(needle.len()).any(|part| part == needle.as_bytes()), "{needle}");
    }
}

#[tokio::test]
async fn a_changed_bit_is_noticed_wherever_it_is() {
    let scene = Scene::new().await;
    let backup = scene.backup().await;
    let chunks = chunks(&backup);
    // Magic, id, and of the first, a middle and the last chunk: length, format, key id, salt, text and tag.
    let mut places: BTreeSet<usize> = [0, MAGIC.len() - 1, MAGIC.len(), MAGIC.len() + ID - 1].into();
    for chunk in [&chunks[0], &chunks[chunks.len() / 2], chunks.last().unwrap()] {
        places.extend([0, 3, 4, 5, 12, 13, 45, 100].map(|place| chunk.start + place));
        places.insert(chunk.end - 1);
    }
    for place in places {
        let mut changed = backup.clone();
        changed[place] ^= 1;
        let error = scene.refused(&changed);
        let told = ["is damaged", "is no backup", "is not in the key file", "ends after", "behind its end"];
        assert!(told.iter().any(|text| error.contains(text)), "{place}: {error}");
    }
    scene.restore(&backup).unwrap();
}

#[tokio::test]
async fn a_backup_that_was_cut_is_refused() {
    let scene = Scene::new().await;
    let backup = scene.backup().await;
    let chunks = chunks(&backup);
    assert!(chunks.len() > 10, "{} chunks", chunks.len());
    for end in [0, 5, MAGIC.len() + 3] {
        assert!(scene.refused(&backup[..end]).contains("is no backup"));
    }
    let whole = chunks[..chunks.len() - 1].iter().map(|chunk| chunk.end);
    for end in whole.chain([backup.len() - 1, chunks[3].start + 2, chunks[3].start + 50]) {
        let error = scene.refused(&backup[..end]);
        assert!(error.contains("before its end"), "{end}: {error}");
    }
    assert!(scene.refused(&[&backup[..], b"x"].concat()).contains("behind its end"));
}

#[tokio::test]
async fn chunks_that_were_moved_or_come_from_another_backup_are_refused() {
    let scene = Scene::new().await;
    let (backup, other) = (scene.backup().await, scene.backup().await);
    let places = chunks(&backup);
    let put_together = |order: &[(usize, &[u8])]| {
        let mut bytes = backup[..places[0].start].to_vec();
        for (chunk, from) in order {
            bytes.extend_from_slice(&from[places[*chunk].clone()]);
        }
        bytes
    };
    let mine: Vec<(usize, &[u8])> = (0..places.len()).map(|chunk| (chunk, &backup[..])).collect();
    assert_eq!(put_together(&mine), backup);
    let (mut swapped, mut left_out, mut twice, mut foreign) =
        (mine.clone(), mine.clone(), mine.clone(), mine);
    swapped.swap(3, 4);
    left_out.remove(3);
    twice.insert(3, twice[3]);
    foreign[3].1 = &other;
    for (what, order) in
        [("swapped", swapped), ("left out", left_out), ("twice", twice), ("foreign", foreign)]
    {
        let error = scene.refused(&put_together(&order));
        assert!(error.contains("is damaged: chunk"), "{what}: {error}");
    }
}

#[tokio::test]
async fn another_key_is_refused_by_name() {
    let mut scene = Scene::new().await;
    let backup = scene.backup().await;
    let right = scene.ring.sealing().active();
    scene.ring = Arc::new(KeyRing::create(scene.path("other key")).unwrap());
    let error = scene.refused(&backup);
    assert!(error.contains(&format!("key {right}, which is not in the key file")), "{error}");
}

/// A key that sealed no chunk may have sealed a record within: the whole ring must be there.
#[tokio::test]
async fn a_ring_that_lacks_an_older_key_is_refused() {
    let scene = Scene::new().await;
    let keys = vec![scene.ring.sealing().active().to_string(), "0011223344556677".to_owned()];
    let head = Head { version: "1".into(), created: std::time::SystemTime::now().into(), keys };
    let error = scene.refused(&written(&scene.ring, &[(HEAD, head.encode_length_delimited_to_vec())]));
    assert!(error.contains("key 0011223344556677, which is not in the key file"), "{error}");
}

#[tokio::test]
async fn a_section_of_a_newer_outgate_is_refused_by_name() {
    let scene = Scene::new().await;
    let error = scene.refused(&written(&scene.ring, &[("later", vec![1, 7])]));
    assert!(error.contains("section `later` that this Outgate does not know"), "{error}");
}

#[tokio::test]
async fn data_is_never_written_over() {
    let scene = Scene::new().await;
    fs::write(scene.path("backup"), scene.backup().await).unwrap();
    let data = scene.path("data");
    let store = SledStore::open(&data.join("store")).unwrap();
    store.put("mine", "v".into(), Precondition::None).await.unwrap();
    drop(store);
    let error = restore(&scene.path("backup"), &scene.ring, &data).unwrap_err().to_string();
    assert!(error.contains("never writes over data"), "{error}");
    let store = SledStore::open(&data.join("store")).unwrap();
    assert!(store.get("mine").await.unwrap().is_some());
}

/// What a restore that was killed has left is in nobody's way.
#[tokio::test]
async fn a_restore_begins_anew_after_one_that_was_killed() {
    let scene = Scene::new().await;
    fs::write(scene.path("backup"), scene.backup().await).unwrap();
    let data = scene.path("data");
    drop(SledStore::open(&data.join("store.restoring")).unwrap());
    assert!(!Path::exists(&data.join("store")));
    restore(&scene.path("backup"), &scene.ring, &data).unwrap();
    assert!(!Path::exists(&data.join("store.restoring")));
}

/// A backup of these sections, sealed as the real ones are.
fn written(ring: &KeyRing, sections: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = [MAGIC, &[7; ID]].concat();
    let id = data_encoding::HEXLOWER.encode(&[7; ID]);
    for (number, (section, content)) in sections.iter().enumerate() {
        let chunk = Chunk { section: (*section).to_owned(), content: content.clone().into() };
        let last = number + 1 == sections.len();
        let chunk = Plaintext::new(chunk.encode_to_vec());
        let sealed = ring.sealing().seal(&context(&id, number as u64, last), &chunk).unwrap();
        bytes.extend_from_slice(&(sealed.len() as u32).to_be_bytes());
        bytes.extend_from_slice(&sealed);
    }
    bytes
}
