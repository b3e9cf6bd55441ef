//! A process that died between two steps leaves a file that opens everything, and the next one goes on.

use async_trait::async_trait;
use store::ErrorKind;

use super::{
    between::{Between, Happens},
    *,
};

/// A store with a record under a key that is about to be replaced.
async fn scene() -> Scene {
    let scene = Scene::new().await;
    scene.put("a/1", &scene.keys.ring().sealing()).await;
    scene
}

async fn goes_on(scene: Scene) {
    let scene = scene.restarted().await;
    scene.assert_opens("a/1").await;
    scene.keys.round().await.unwrap();
    scene.assert_opens("a/1").await;
    assert_eq!(scene.ids().len(), 1);
    assert_eq!(scene.ids_in_file(), scene.ids());
    let scene = scene.restarted().await;
    scene.assert_opens("a/1").await;
}

#[tokio::test(start_paused = true)]
async fn after_the_file_has_a_new_key_and_before_it_seals() {
    let scene = scene().await;
    let (listed, _) = make(None).await.unwrap();
    let id = listed.id;
    let add = |list: &mut KeyList| {
        list.add(listed)?;
        list.activate(id)
    };
    scene.keys.file.update(|list| add(list).map_err(KeysError::from)).unwrap();
    goes_on(scene).await;
}

#[tokio::test(start_paused = true)]
async fn after_the_new_key_seals() {
    let scene = scene().await;
    scene.keys.rotate("ada").await.unwrap();
    goes_on(scene).await;
}

#[tokio::test(start_paused = true)]
async fn after_everything_is_sealed_anew_and_before_the_file_is_written() {
    let scene = scene().await;
    let old = scene.ids();
    scene.keys.rotate("ada").await.unwrap();
    let ring = scene.keys.ring();
    rewrap::look_through(&*scene.store, &ring, &scene.keys.sealed(), |_, _| {}).await.unwrap();
    proof::forget(&*scene.store, &old).await.unwrap();
    goes_on(scene).await;
}

#[tokio::test(start_paused = true)]
async fn after_the_old_key_left_the_file() {
    let scene = scene().await;
    let old = scene.ids()[0];
    scene.keys.rotate("ada").await.unwrap();
    let ring = scene.keys.ring();
    rewrap::look_through(&*scene.store, &ring, &scene.keys.sealed(), |_, _| {}).await.unwrap();
    proof::forget(&*scene.store, &[old]).await.unwrap();
    scene.keys.file.update(|list| list.remove(old).map_err(KeysError::from)).unwrap();
    goes_on(scene).await;
}

#[tokio::test(start_paused = true)]
async fn a_file_of_another_store_and_a_file_of_before_are_no_start() {
    let scene = scene().await;
    let before = std::fs::read(scene.keys.file.path()).unwrap();
    scene.keys.rotate("ada").await.unwrap();
    let now = std::fs::read_to_string(scene.keys.file.path()).unwrap();
    let start = |text: Vec<u8>| async {
        std::fs::write(scene.keys.file.path(), text).unwrap();
        open(scene.folder.path(), scene.store.clone(), true).await.err().map(|error| error.to_string())
    };
    let told = start(before).await.unwrap();
    let id = scene.keys.ring().sealing().active().to_string();
    assert!(told.contains(&id) && told.contains("does not hold"), "{told}");
    // The same ids, other keys.
    let other = now.lines().map(|line| match line.strip_prefix("key ") {
        Some(rest) => format!("key {} {}\n", &rest[..16], line_of_hex(&rest[..16])),
        None => format!("{line}\n"),
    });
    let told = start(other.collect::<String>().into_bytes()).await.unwrap();
    assert!(told.contains("another key"), "{told}");
    assert_eq!(start(now.into_bytes()).await, None);
}

/// A key that differs with the id.
fn line_of_hex(id: &str) -> String {
    format!("000102030405060708090a0b0c0d0e0f1011121314151617{id}")
}

/// The store takes so many more commits, and then is gone, as for a process that was killed.
#[derive(Debug)]
struct Dying(Mutex<usize>);

#[async_trait]
impl Happens for Dying {
    async fn before_a_commit(&self, _: &dyn Store) -> Result<(), store::Error> {
        let mut left = lock(&self.0);
        *left =
            left.checked_sub(1).ok_or_else(|| store::Error::new(ErrorKind::Closed, "the process is gone"))?;
        Ok(())
    }
}

/// Not with steps that the test takes by itself, as above, but with those of the code, in its order.
#[tokio::test(start_paused = true)]
async fn before_each_commit_of_a_rotation() {
    let mut commits = 0;
    loop {
        let disk: Arc<dyn Store> = Arc::new(MemoryStore::new().unwrap());
        let dying = Arc::new(Between { store: disk.clone(), happens: Dying(Mutex::new(usize::MAX)) });
        let scene = Scene::over(dying.clone()).await;
        scene.put("a/1", &scene.keys.ring().sealing()).await;
        scene.put("b/1", &scene.keys.ring().sealing()).await;
        *lock(&dying.happens.0) = commits;
        let rotated = scene.keys.rotate("ada").await;
        let ended = match &rotated {
            Ok(()) => scene.keys.round().await,
            Err(_) => Ok(()),
        };
        let active = scene.keys.ring().sealing().active();
        assert!(
            disk.get(&format!("keys/{active}")).await.unwrap().is_some(),
            "{commits}: what seals is noted before"
        );
        let died = *lock(&dying.happens.0) == 0;
        goes_on(Scene { store: disk, ..scene }).await;
        if !died {
            assert!(rotated.is_ok() && ended.is_ok());
            break;
        }
        commits += 1;
    }
    assert!(commits > 5, "a rotation of two records has more commits than {commits}");
}
