mod between;
mod crashes;
mod ending;
mod ledger;

use std::path::PathBuf;

use proto::errors::v1::Reason;
use runtime::{Refusal, config::Config};
use seal::{Context, KeyRingError, KeySet, Plaintext, Renewal, key_of};
use store::{Batch, Entry, MemoryStore, Op, Precondition, StoreExt};
use tempfile::TempDir;

use super::*;

/// Where the tests keep what they seal.
const EARLIER: &str = "a/";
const LATER: &str = "b/";
const VALUE: &[u8] = b"a value of a test";
const CONTEXT: Context<'static> = Context { tenant: "", kind: "test", name: "", version: 0, scope: "" };

fn renew(keys: &KeySet, entry: &Entry) -> Option<Renewal> {
    let from = Vec::from_iter(key_of(&entry.value));
    Some(match keys.renew(&CONTEXT, &entry.value) {
        Ok(None) => Renewal::Current,
        Ok(Some(record)) => Renewal::Renewed { record, from },
        Err(_) => Renewal::Unreadable(from),
    })
}

/// Keys over a store, with records of their own.
struct Scene {
    folder: TempDir,
    store: Arc<dyn Store>,
    keys: Keys,
}

impl Scene {
    async fn new() -> Self {
        Self::over(Arc::new(MemoryStore::new().unwrap())).await
    }

    async fn over(store: Arc<dyn Store>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = open(folder.path(), store.clone(), true).await.unwrap();
        Self { folder, store, keys }
    }

    /// The same store and file, under another process.
    async fn restarted(self) -> Self {
        let Self { folder, store, keys } = self;
        drop(keys);
        let keys = open(folder.path(), store.clone(), true).await.unwrap();
        Self { folder, store, keys }
    }

    async fn put(&self, key: &str, sealing: &KeySet) {
        let sealed = sealing.seal(&CONTEXT, &Plaintext::new(VALUE.to_vec())).unwrap();
        self.store.commit(Batch::try_from(Op::put(key, sealed).shreddable()).unwrap()).await.unwrap();
    }

    async fn assert_opens(&self, key: &str) {
        let entry = self.store.get(key).await.unwrap().unwrap();
        let opened = self.keys.ring().open(&CONTEXT, &entry.value).unwrap();
        assert_eq!(opened.expose(), VALUE, "{key}");
        assert!(entry.shreddable, "{key} was put so");
    }

    fn ids(&self) -> Vec<KeyId> {
        self.keys.ring().sealing().ids().to_vec()
    }

    fn ids_in_file(&self) -> Vec<KeyId> {
        self.keys.file.read().unwrap().0.keys().iter().map(|key| key.id).collect()
    }
}

async fn open(data: &Path, store: Arc<dyn Store>, alone: bool) -> Result<Keys, ServeError> {
    let mut config = Config::load(None, []).unwrap().seal;
    let file = data.join("seal.key");
    config.key_file = file.exists().then_some(file);
    let opened = Opened::read(data, &data.join("store"), &config, alone, &mut Vec::new()).await?;
    let keys = opened.over(store).await?;
    for prefix in [EARLIER, LATER] {
        keys.seals(Sealed { prefix, renew });
    }
    Ok(keys)
}

#[test]
fn a_file_that_this_process_cannot_change_says_how_it_is_changed() {
    let error = KeysError::File(KeyRingError::ReadOnly { path: PathBuf::from("/run/keys/seal.key") });
    let refusal = Refusal::from(error);
    assert_eq!(refusal.reason(), Reason::KeysReadOnly);
    for text in ["/run/keys/seal.key", "outgate keys file add", "replace the file"] {
        assert!(refusal.message().contains(text), "{refusal}");
    }
}
