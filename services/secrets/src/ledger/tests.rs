//! The ledger by itself: what is written holds, and whatever is done to it is found.

mod full;
mod keys;
mod proving;

use std::{collections::BTreeMap, fs, path::PathBuf};

use tempfile::TempDir;

use super::*;

/// A folder, its keys, and the ledger in it.
struct Scene {
    folder: TempDir,
    ring: Arc<KeyRing>,
    options: Options,
}

impl Scene {
    /// Files of about three entries, and no care for the room on the disk.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ring = Arc::new(KeyRing::create(folder.path().join("key")).unwrap());
        Self { folder, ring, options: Options { segment_bytes: 600, reserve_bytes: 0 } }
    }

    /// With so many entries in it.
    async fn with(entries: u64) -> Self {
        let scene = Self::new();
        let ledger = scene.open().unwrap();
        for number in 1..=entries {
            assert_eq!(ledger.record(vec![entry(number)]).await.unwrap(), number);
        }
        scene
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("ledger")
    }

    fn open(&self) -> Result<Ledger, OpenError> {
        Ledger::open_with(&self.path(), self.ring.clone(), self.options.clone())
    }

    fn verify(&self) -> Result<Verified, Broken> {
        verify(&self.path(), Some(&self.ring), None)
    }

    /// Every file of entries.
    fn files(&self) -> Files {
        let paths = segment::list(&self.path()).unwrap().into_iter().map(|segment| segment.path);
        paths.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }

    /// Puts other files in the place of those that are there.
    fn replace(&self, files: &Files) {
        for path in self.files().keys() {
            fs::remove_file(path).unwrap();
        }
        for (path, bytes) in files {
            fs::write(path, bytes).unwrap();
        }
    }
}

type Files = BTreeMap<PathBuf, Vec<u8>>;

fn entry(number: u64) -> Entry {
    Entry::new(Kind::Released).text("by", "integrations").number("version", number)
}

/// The number of the entry that an error names.
fn broken_at(broken: &Broken) -> Option<u64> {
    match broken {
        Broken::Entry { sequence, .. } | Broken::Segment { sequence, .. } => Some(*sequence),
        Broken::Checkpoint(_) | Broken::Io { .. } => None,
    }
}

fn problem(broken: Broken) -> Problem {
    match broken {
        Broken::Entry { problem, .. } => problem,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn an_entry_is_a_line_that_other_tools_can_read_and_prove() {
    let scene = Scene::with(5).await;
    let text: Vec<u8> = scene.files().into_values().flatten().collect();
    let mut previous = "0".repeat(64);
    for (line, number) in String::from_utf8(text).unwrap().lines().zip(1..) {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["sequence"], number);
        assert_eq!(value["kind"], "released");
        assert_eq!(value["version"], number);
        assert_eq!(value["previous"], previous);
        let (hashed, _) = line.split_once(",\"hash\":").unwrap();
        let hash = ::ring::digest::digest(&::ring::digest::SHA256, hashed.as_bytes());
        previous = data_encoding::HEXLOWER.encode(hash.as_ref());
        assert_eq!(value["hash"], previous);
        let time: prost_types::Timestamp = value["time"].as_str().unwrap().parse().unwrap();
        assert!(time.seconds > 0);
    }
    assert_eq!(scene.verify().unwrap().head.hash.to_string(), previous);
}

#[tokio::test]
async fn texts_are_quoted_as_json_quotes_them() {
    let scene = Scene::new();
    let ledger = scene.open().unwrap();
    let hostile = "\",\"hash\":\"\\\n\u{0}\u{7f}ü\u{2028}";
    ledger.record(vec![Entry::new(Kind::Put).text("by", hostile).text("left_out", "")]).await.unwrap();
    let text: Vec<u8> = scene.files().into_values().flatten().collect();
    let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
    assert_eq!((&value["by"], value.get("left_out")), (&hostile.into(), None));
    scene.verify().unwrap();
}

#[tokio::test]
async fn it_is_continued_where_it_ended() {
    let scene = Scene::with(4).await;
    for more in 0..5 {
        let ledger = scene.open().unwrap();
        assert_eq!(ledger.head().sequence, 4 + more);
        assert_eq!(ledger.record(vec![entry(more)]).await.unwrap(), 5 + more);
    }
    let verified = scene.verify().unwrap();
    assert_eq!((verified.entries, verified.head.sequence, verified.unfinished), (9, 9, 0));
    assert!(scene.files().len() > 2, "the files are small enough for several");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_all_written_each_with_its_own_number() {
    let scene = Scene::new();
    let ledger = Arc::new(scene.open().unwrap());
    let all = (0..500).map(|number| {
        let ledger = ledger.clone();
        tokio::spawn(async move { ledger.record(vec![entry(number), entry(number)]).await.unwrap() })
    });
    let mut numbers: Vec<_> = futures::future::try_join_all(all).await.unwrap();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=500).map(|number| 2 * number).collect::<Vec<_>>());
    assert_eq!(scene.verify().unwrap().entries, 1000);
}

#[tokio::test]
async fn an_unfinished_entry_at_the_end_is_cut_off() {
    let scene = Scene::with(4).await;
    let files = scene.files();
    let (last, bytes) = files.last_key_value().unwrap();
    let whole = scene.verify().unwrap();
    for more in [&b"{"[..], b"{\"sequence\":5,\"time\":\"2026-01-01T00:00:00Z\",\"previous\":\""] {
        fs::write(last, [bytes, more].concat()).unwrap();
        assert_eq!(scene.verify().unwrap(), Verified { unfinished: more.len() as u64, ..whole.clone() });
        drop(scene.open().unwrap());
        assert_eq!(scene.files(), files);
    }
}

#[tokio::test]
async fn what_is_full_writes_nothing_and_says_so() {
    let scene = Scene { options: Options { reserve_bytes: u64::MAX, ..Options::default() }, ..Scene::new() };
    let ledger = scene.open().unwrap();
    ledger.check().await.unwrap_err();
    let refused = ledger.record(vec![entry(1)]).await.unwrap_err();
    assert!(refused.to_string().ends_with("make room"), "{refused}");
    ledger.check().await.unwrap_err();
    assert_eq!((ledger.head(), scene.files().into_values().flatten().count()), (Head::START, 0));
}

#[tokio::test]
async fn a_copy_that_was_begun_before_more_was_written_is_whole() {
    let scene = Scene::with(5).await;
    let ledger = scene.open().unwrap();
    let Snapshot { head, files, checkpoint } = ledger.snapshot().unwrap();
    for number in 6..20 {
        ledger.record(vec![entry(number)]).await.unwrap();
    }
    let copy = Scene { ring: scene.ring.clone(), ..Scene::new() };
    fs::create_dir(copy.path()).unwrap();
    for (path, bytes) in files {
        let content = fs::read(&path).unwrap();
        let bytes = usize::try_from(bytes).unwrap();
        fs::write(copy.path().join(path.file_name().unwrap()), &content[..bytes]).unwrap();
    }
    fs::write(copy.path().join("head"), checkpoint).unwrap();
    let verified = copy.verify().unwrap();
    assert_eq!((verified.head, verified.entries), (head, 5));
    assert_eq!(copy.open().unwrap().record(vec![entry(6)]).await.unwrap(), 6);
}

#[tokio::test]
async fn its_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::with(3).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&scene.path()), 0o700);
    for entry in fs::read_dir(scene.path()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn what_was_recorded_can_be_read_from_any_number_on() {
    let scene = Scene::with(9).await;
    let ledger = scene.open().unwrap();
    for from in 1..=11 {
        let numbers: Vec<_> = ledger.lines(from).unwrap().map(|line| line.unwrap().0).collect();
        assert_eq!(numbers, (from..=9).collect::<Vec<_>>());
    }
}
