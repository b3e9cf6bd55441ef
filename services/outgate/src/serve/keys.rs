//! The sealing keys while the suite runs: where they come from, how they change, and how the old ones end.
//!
//! A key is in the file, on disk, before it seals, and is noted in the store (`proof`) before it seals a record of it. An old
//! key goes only after nobody seals with it any more and all records were looked through since: the note first, then the
//! line of the file, then the memory. Whatever the moment of a crash, the file holds a key for every record, and the next
//! start goes on where this one ended.

mod error;
mod follow;
mod grpc;
mod job;
mod ledger;
mod progress;
mod proof;
mod rewrap;
mod transit;
mod unlock;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use runtime::config;
use seal::{Key, KeyFile, KeyId, KeyList, KeyRing, Stamp};
use secrets::ledger::{KeyEvent, Ledger};
use store::Store;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use self::{
    progress::Progress,
    unlock::{Unlocked, Wrapped},
};
use super::{SEAL_KEY, ServeError};

pub(crate) use self::{
    error::KeysError,
    transit::Transit,
    unlock::{make, unlock},
};
pub(super) use self::{grpc::add, rewrap::Sealed};

/// Keys that were read, before there is a store to hold them against.
pub(super) struct Opened {
    file: KeyFile,
    transit: Option<Transit>,
    ring: Arc<KeyRing>,
    wrapped: Wrapped,
    stamp: Stamp,
    /// Whether no other process may use the file: an old key can be taken out of it.
    alone: bool,
}

impl Opened {
    /// Opens the key file that the configuration names, or the data folder's own, which is made together with its store.
    ///
    /// # Errors
    /// When there is none, or it cannot be used.
    pub(super) async fn read(
        data: &Path,
        store: &Path,
        config: &config::Seal,
        seals_everything: bool,
        made: &mut Vec<PathBuf>,
    ) -> Result<Self, ServeError> {
        let transit = Transit::of(config)?;
        let own = data.join(SEAL_KEY);
        let file = KeyFile::new(config.key_file.as_deref().unwrap_or(&own), config.group_readable);
        let alone = config.key_file.is_none() || seals_everything;
        if config.key_file.is_none() && !own.exists() {
            if store.exists() {
                return Err(ServeError::KeyMissing { path: own });
            }
            let (key, _) = make(transit.as_ref()).await?;
            file.create(&KeyList::of(key)).map_err(KeysError::from)?;
            made.push(own);
        }
        let (list, stamp) = file.read().map_err(KeysError::from)?;
        let Unlocked { keys, wrapped } = unlock(&file, transit.as_ref(), list, None, None).await?;
        if let Some(problem) = keys.memory_problem() {
            tracing::warn!(problem, "the sealing keys could be swapped to disk");
        }
        Ok(Self { file, transit, ring: Arc::new(KeyRing::new(keys)), wrapped, stamp, alone })
    }

    /// The keys, for reading what was sealed with them: whether they are the store's is not known yet.
    pub(super) fn ring(&self) -> Arc<KeyRing> {
        self.ring.clone()
    }

    /// The keys, held against the store.
    ///
    /// # Errors
    /// When they are not those that the store is sealed with.
    pub(super) async fn over(self, store: Arc<dyn Store>) -> Result<Keys, ServeError> {
        let Self { file, transit, ring, wrapped, stamp, alone } = self;
        proof::verify(&*store, &ring.sealing(), file.path()).await?;
        let turn = Turn { wrapped, stamp, changes: 0, forget_unreadable: false };
        Ok(Keys {
            ring,
            file,
            transit,
            alone,
            store,
            sealed: Mutex::default(),
            ledger: OnceLock::new(),
            turn: tokio::sync::Mutex::new(turn),
            progress: Mutex::default(),
            problem: Mutex::default(),
            wake: Notify::new(),
        })
    }
}

/// The keys of this process.
pub(super) struct Keys {
    ring: Arc<KeyRing>,
    file: KeyFile,
    transit: Option<Transit>,
    alone: bool,
    store: Arc<dyn Store>,
    /// What is sealed with them.
    sealed: Mutex<Vec<Sealed>>,
    /// The audit ledger, where this process has it: its checkpoint is sealed with the keys too.
    ledger: OnceLock<Arc<Ledger>>,
    /// Whoever changes keys holds it.
    turn: tokio::sync::Mutex<Turn>,
    progress: Mutex<Progress>,
    /// What is wrong with the file as it is now.
    problem: Mutex<String>,
    /// There are records to look through.
    wake: Notify,
}

/// What changes with the keys.
struct Turn {
    wrapped: Wrapped,
    /// The content of the file that is in use.
    stamp: Stamp,
    /// How often the keys changed.
    changes: u64,
    /// Whether a record that does not open keeps no key, the next time that all are looked through.
    forget_unreadable: bool,
}

/// What the file holds now.
struct Change<'a> {
    list: KeyList,
    stamp: Stamp,
    /// A key that was wrapped just now.
    fresh: Option<(KeyId, Key)>,
    /// Keys that no record needs.
    free: &'a [KeyId],
    /// Who wanted it; empty where it is this process itself, or whoever replaced the file.
    by: &'a str,
}

impl Keys {
    /// What seals and opens.
    pub(super) fn ring(&self) -> Arc<KeyRing> {
        self.ring.clone()
    }

    /// Says what is sealed with the keys.
    pub(super) fn seals(&self, part: Sealed) {
        lock(&self.sealed).push(part);
    }

    /// Follows the file, and brings old keys to their end, until `leaving`. To be called when everything that seals was
    /// named.
    pub(super) async fn run(self: Arc<Self>, leaving: CancellationToken) {
        tokio::join!(self.follow(&leaving), self.renew_records(&leaving));
    }

    fn sealed(&self) -> Vec<Sealed> {
        lock(&self.sealed).clone()
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        lock(&self.progress)
    }

    /// Makes a new key, as somebody wants, and seals with it from here on. The old ones are brought to their end in the
    /// background.
    ///
    /// # Errors
    /// When it cannot be wrapped or written, and nothing has changed; or when the store or the ledger fails, and the new key,
    /// which is in the file, is taken over as soon as it does not.
    async fn rotate(&self, by: &str) -> Result<(), KeysError> {
        let mut turn = self.turn.lock().await;
        self.catch_up(&mut turn).await?;
        let (listed, fresh) = make(self.transit.as_ref()).await?;
        let id = listed.id;
        let (list, stamp) = self
            .update(move |list| {
                list.add(listed)?;
                list.activate(id)
            })
            .await?;
        self.take_over(&mut turn, Change { list, stamp, fresh, free: &[], by }).await?;
        tracing::info!(key = %id, "a new key seals from here on");
        Ok(())
    }

    /// Looks through all records again, as somebody wants, and ends the old keys that none of them needs.
    ///
    /// # Errors
    /// When that cannot be written down in the ledger, and nothing is done.
    async fn retire(&self, by: &str, forget_unreadable: bool) -> Result<(), KeysError> {
        let mut turn = self.turn.lock().await;
        self.tell(by, &[KeyEvent::Retiring { forget_unreadable }]).await?;
        turn.forget_unreadable = forget_unreadable;
        self.progress().running = true;
        self.wake.notify_one();
        Ok(())
    }

    /// Changes the file.
    async fn update(
        &self,
        change: impl FnOnce(&mut KeyList) -> Result<(), seal::ListError> + Send + 'static,
    ) -> Result<(KeyList, Stamp), KeysError> {
        let file = self.file.clone();
        let update = move || file.update(|list| change(list).map_err(KeysError::from));
        tokio::task::spawn_blocking(update).await?
    }

    /// Puts the keys of the file in the place of those in use.
    ///
    /// # Errors
    /// When a key is not there that is needed, or is another one, or cannot be unwrapped, or it cannot be written down in the
    /// ledger: then nothing changes.
    async fn take_over(&self, turn: &mut Turn, change: Change<'_>) -> Result<(), KeysError> {
        let Change { list, stamp, fresh, free, by } = change;
        let now = self.ring.sealing();
        let before = Some((&*now, &turn.wrapped));
        let Unlocked { keys, wrapped } =
            unlock(&self.file, self.transit.as_ref(), list, fresh, before).await?;
        let path = || self.file.path().to_owned();
        if let Some(id) = now.differs(&keys) {
            return Err(KeysError::Differs { path: path(), id });
        }
        let gone: Vec<KeyId> = now.ids().iter().filter(|id| !keys.ids().contains(id)).copied().collect();
        if gone.contains(&now.active()) {
            let needed = "is the active one".to_owned();
            return Err(KeysError::Needed { path: path(), id: now.active(), needed });
        }
        if let Some(id) = gone.iter().find(|id| !free.contains(id)).copied() {
            if !self.ring.is_settled() {
                return Err(KeysError::Busy { path: path(), id });
            }
            let counts = rewrap::count(&*self.store, &now, &self.sealed()).await?;
            if let Some((id, count)) = gone.iter().find_map(|id| Some((*id, *counts.get(id)?))) {
                let needed = format!("{count} records are sealed with");
                return Err(KeysError::Needed { path: path(), id, needed });
            }
            self.renew_checkpoint().await?;
        }
        proof::forget(&*self.store, &gone).await?;
        proof::note(&*self.store, &keys).await?;
        self.tell(by, &ledger::events(&now, &keys, &gone)).await?;
        if keys.active() != now.active() {
            self.progress().running = true;
            self.wake.notify_one();
        }
        self.ring.replace(keys);
        turn.wrapped = wrapped;
        turn.stamp = stamp;
        turn.changes += 1;
        lock(&self.problem).clear();
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
