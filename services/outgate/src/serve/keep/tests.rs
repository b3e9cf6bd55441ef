use std::{collections::BTreeMap, fs, io::Write};

use seal::{KeyFile, KeyList};
use tempfile::TempDir;

use super::*;

const ALL: [ServiceName; 4] =
    [ServiceName::Integrations, ServiceName::Secrets, ServiceName::Tokens, ServiceName::Registers];

/// A data folder that was used, in which one after the other is damaged.
struct Scene(TempDir);

impl Scene {
    async fn new() -> Self {
        let scene = Self(tempfile::tempdir().unwrap());
        drop(scene.open().await.ok().unwrap());
        scene
    }

    async fn open(&self) -> Result<Keep, ServeError> {
        Keep::open(&ALL, self.0.path(), &Config::load(None, []).unwrap()).await
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A line that is no entry, where the first would stand.
    fn damage_ledger(&self) {
        let file = fs::read_dir(self.path(LEDGER)).unwrap().map(|entry| entry.unwrap().path());
        let file = file.into_iter().find(|path| path.extension().is_some_and(|found| found == "jsonl"));
        fs::OpenOptions::new().append(true).open(file.unwrap()).unwrap().write_all(b"no entry\n").unwrap();
    }

    /// Every file of the ledger.
    fn ledger(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let paths = fs::read_dir(self.path(LEDGER)).unwrap().map(|entry| entry.unwrap().path());
        paths.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_store_is_told_before_the_keys_and_the_ledger() {
    let scene = Scene::new().await;
    scene.damage_ledger();
    let key = fs::read(scene.path(SEAL_KEY)).unwrap();
    fs::remove_file(scene.path(SEAL_KEY)).unwrap();
    let (id, stored) = seal::Key::generate().map(|(id, key)| (id, seal::StoredKey::Plain(key))).unwrap();
    KeyFile::new(&scene.path(SEAL_KEY), false)
        .create(&KeyList::of(seal::ListedKey { id, made: None, stored }))
        .unwrap();
    let configuration = fs::read(scene.path("store/sled/conf")).unwrap();
    fs::write(scene.path("store/sled/conf"), "nothing").unwrap();
    let before = scene.ledger();

    let error = scene.open().await.err().unwrap();
    assert!(matches!(&error, ServeError::Store { path, .. } if *path == scene.path("store")), "{error}");

    fs::write(scene.path("store/sled/conf"), configuration).unwrap();
    let error = scene.open().await.err().unwrap();
    assert!(matches!(&error, ServeError::Keys(_)), "{error}");

    fs::write(scene.path(SEAL_KEY), key).unwrap();
    let error = scene.open().await.err().unwrap();
    assert!(matches!(&error, ServeError::Ledger(_)), "{error}");
    let text = error.to_string();
    assert!(text.contains(scene.path(LEDGER).to_str().unwrap()) && text.contains("line 1"), "{text}");
    assert!(scene.ledger() == before, "a start that is refused writes nothing to the ledger");
}
