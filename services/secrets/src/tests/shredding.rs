//! What somebody opens who has the key ring and the whole folder of the store, and had the most of it before.

use std::{fs, path::Path};

use futures::StreamExt;
use proto::secrets::v1::PatchSecretRequest;
use store::{ManualClock, Range, SledStore, StoreExt as _};

use super::*;
use crate::vault::sealed_at;

const MINUTE: Duration = Duration::from_secs(60);
/// Values that a patch can change; none is in another.
const FIRST: &str = r#"{"a":"canary-3b9f5c1d8e7a"}"#;
const SECOND: &str = r#"{"a":"canary-94d2e6f07b1c"}"#;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &place)
        } else {
            fs::copy(entry.path(), place).map(drop).unwrap()
        }
    }
}

/// A secret of two versions that overlap, on disk, and everything that is on disk of it.
struct Before {
    suite: Suite,
    clock: ManualClock,
    store: TempDir,
    copied: TempDir,
}

fn over(store: &Path, ring: Arc<KeyRing>) -> (Suite, ManualClock) {
    let clock = clock();
    let options = Options { clock: clock.clock(), ..Options::default() };
    let store = Arc::new(SledStore::open_with(store, &options).unwrap());
    let config = Config { clock: clock.clock(), ..Config::default() };
    (Suite::sealed_with(ring, tempfile::tempdir().unwrap(), config, store), clock)
}

impl Before {
    async fn new() -> Self {
        let keys = tempfile::tempdir().unwrap();
        let ring = Arc::new(KeyRing::create(keys.path().join("key")).unwrap());
        let (store, copied) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (suite, clock) = over(store.path(), ring);
        suite.put("crm", FIRST).await;
        suite.put_as(PutSecretRequest { overlap: lasting(60), ..put("crm", SECOND, URL) }).await;
        suite.put("beside", CANARY).await;
        copy(store.path(), copied.path());
        Self { suite, clock, store, copied }
    }

    /// What somebody with the keys opens in these files: the older version, the newest, and another secret.
    async fn opens(&self, files: &Path) -> [Option<String>; 3] {
        let (thief, _) = over(files, self.suite.ring.clone());
        let text = |released: Result<ReleaseSecretResponse, Status>| match released {
            Ok(released) => Some(String::from_utf8(released.value.to_vec()).unwrap()),
            Err(refused) => {
                assert!(["SECRET_UNREADABLE", "SECRET_NOT_FOUND"].contains(&&*reason(&refused)), "{refused}");
                None
            }
        };
        let older = thief.release_version("crm", 1).await;
        [text(older), text(thief.release("crm", URL).await), text(thief.release("beside", URL).await)]
    }

    /// The same in what was there before the end, less what the store writes over in place.
    async fn opens_in_old_files(&self) -> [Option<String>; 3] {
        let files = tempfile::tempdir().unwrap();
        copy(self.copied.path(), files.path());
        fs::copy(self.store.path().join("cells"), files.path().join("cells")).unwrap();
        self.opens(files.path()).await
    }

    async fn opens_now(&self) -> [Option<String>; 3] {
        let files = tempfile::tempdir().unwrap();
        copy(self.store.path(), files.path());
        self.opens(files.path()).await
    }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[tokio::test]
async fn nobody_opens_a_deleted_secret_with_the_keys_and_the_disk() {
    let before = Before::new().await;
    let all = [some(FIRST), some(SECOND), some(CANARY)];
    assert_eq!(before.opens_in_old_files().await, all, "as long as it is there");
    before.suite.delete("crm", "").await.unwrap();
    assert_eq!(before.opens_in_old_files().await, [None, None, some(CANARY)]);
    assert_eq!(before.opens_now().await, [None, None, some(CANARY)]);
    // So the old files would have been enough, with what was written over.
    assert_eq!(before.opens(before.copied.path()).await, all);
}

#[tokio::test]
async fn nobody_opens_a_version_that_was_replaced() {
    let before = Before::new().await;
    before.suite.put("crm", "put in its place").await;
    assert_eq!(before.opens_in_old_files().await, [None, None, some(CANARY)]);

    let before = Before::new().await;
    let patch = PatchSecretRequest {
        name: full("crm"),
        member: "a".into(),
        value: "patched".into(),
        ..PatchSecretRequest::default()
    };
    before.suite.configurator().patch_secret(patch).await.unwrap();
    assert_eq!(before.opens_in_old_files().await, [None, None, some(CANARY)]);
}

#[tokio::test]
async fn nobody_opens_a_version_whose_overlap_has_ended() {
    let before = Before::new().await;
    let now = before.suite.store.scan(Range::all(), 1).await.unwrap().revision;
    let mut events = before.suite.store.watch("secrets/previous/", now).await.unwrap();
    before.clock.advance(MINUTE);
    events.next().await.unwrap().unwrap();
    assert_eq!(before.opens_in_old_files().await, [None, some(SECOND), some(CANARY)]);
}

/// Whatever writes a sealed value, it says so.
#[tokio::test]
async fn every_sealed_value_is_put_to_be_shredded() {
    let suite = Suite::new();
    suite.put("crm", FIRST).await;
    suite.put_as(PutSecretRequest { overlap: lasting(60), ..put("crm", SECOND, URL) }).await;
    let name = "tenants/acme/businessUnits/north/secrets/crm".to_owned();
    for value in [FIRST, SECOND] {
        suite
            .put_as(PutSecretRequest { name: name.clone(), overlap: lasting(60), ..put("", value, URL) })
            .await;
    }
    let patch = PatchSecretRequest {
        name,
        member: "a".into(),
        value: "patched".into(),
        overlap: lasting(60),
        ..PatchSecretRequest::default()
    };
    suite.configurator().patch_secret(patch).await.unwrap();
    let entries = suite.store.list(Range::all()).await.unwrap().entries;
    let sealed: Vec<_> = entries.iter().filter(|entry| sealed_at(&entry.key).is_some()).collect();
    assert_eq!(sealed.len(), 4, "two that are in use, and one beside each");
    for entry in sealed {
        assert!(entry.shreddable, "{entry:?}");
    }
}
