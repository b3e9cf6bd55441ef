//! One tenant's registers and the adapters compiled from them.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Duration,
};

use runtime::{Refusal, names::Id};
use store::Revision;
use tokio::{sync::watch, time::Instant};
use tonic::Status;

use super::Document;
use crate::adapters::Adapters;

/// How long runs go on with what is in memory when the registers service cannot be followed.
const STALE: Duration = Duration::from_secs(60);

/// What the watch has told so far.
#[derive(Default)]
pub(crate) struct View {
    state: RwLock<State>,
    progress: watch::Sender<Progress>,
}

#[derive(Default)]
struct State {
    /// Shared with those who read it for long, so that they hold up nobody who changes it.
    snapshot: Arc<Snapshot>,
    adapters: Adapters,
    /// Counts what changed, so that what was compiled before a change is not kept after it.
    changes: u64,
}

/// Registers as they are at one moment. One that is there and cannot be read has no document: a private one still stands
/// before the shared one, which is not what its unit was given.
#[derive(Clone, Default)]
pub(crate) struct Snapshot(HashMap<Option<Id>, HashMap<Arc<str>, Readable>>);

/// A register's document, where its record can be read.
type Readable = Option<Arc<Document>>;

/// How far the watch is.
#[derive(Clone, Default)]
struct Progress {
    revision: Revision,
    condition: Condition,
}

#[derive(Clone, Default)]
enum Condition {
    /// The first snapshot is on its way.
    #[default]
    Starting,
    /// Everything is there, and changes come in.
    Live,
    /// Everything was there until then.
    Lost { since: Instant, status: Status },
    /// Nothing was ever there.
    Failed(Status),
}

impl Snapshot {
    /// The register that answers for a key: the unit's private one, else the shared one.
    pub(crate) fn find(&self, unit: Option<&Id>, key: &str) -> Option<&Arc<Document>> {
        let private = unit.and_then(|unit| self.0.get(&Some(unit.clone()))?.get(key));
        private.or_else(|| self.0.get(&None)?.get(key))?.as_ref()
    }

    /// The key of every register that a unit sees, in no order.
    pub(crate) fn keys(&self, unit: Option<&Id>) -> impl Iterator<Item = &str> {
        let private = unit.and_then(|unit| self.0.get(&Some(unit.clone())));
        let both = private.into_iter().chain(self.0.get(&None));
        both.flat_map(|keys| keys.keys().map(|key| &**key))
    }

    pub(super) fn put(&mut self, unit: Option<Id>, key: &Id, document: Document) {
        self.0.entry(unit).or_default().insert(key.as_str().into(), Some(Arc::new(document)));
    }

    pub(super) fn hide(&mut self, unit: Option<Id>, key: &Id) {
        self.0.entry(unit).or_default().insert(key.as_str().into(), None);
    }

    fn delete(&mut self, unit: &Option<Id>, key: &Id) {
        if let Some(keys) = self.0.get_mut(unit) {
            keys.remove(key.as_str());
            if keys.is_empty() {
                self.0.remove(unit);
            }
        }
    }
}

impl View {
    /// Returns when a run can read the registers.
    ///
    /// # Errors
    /// What the registers service answered, when it cannot be followed.
    pub(super) async fn ready(&self) -> Result<(), Refusal> {
        let mut progress = self.progress.subscribe();
        let decided = progress.wait_for(|progress| !matches!(progress.condition, Condition::Starting)).await;
        match decided.map(|progress| progress.condition.clone()) {
            Ok(Condition::Lost { since, status }) if since.elapsed() > STALE => {
                Err(Refusal::from_peer("registers", &status))
            }
            Ok(Condition::Failed(status)) => Err(Refusal::from_peer("registers", &status)),
            // The sender lives as long as this view.
            _ => Ok(()),
        }
    }

    /// Returns when memory shows `revision`.
    pub(super) async fn reached(&self, revision: Revision) {
        let mut progress = self.progress.subscribe();
        drop(progress.wait_for(|progress| progress.revision >= revision).await);
    }

    /// The registers of this moment, for whoever reads in them for longer: a script in an adapter waits for a process.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.state().snapshot)
    }

    /// What `read` finds in the registers, all of one moment. Nobody can change them meanwhile.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Snapshot) -> T) -> T {
        read(&self.state().snapshot)
    }

    /// The compiled form that is kept for a key.
    pub(crate) fn kept<T>(&self, kept: impl FnOnce(&Adapters) -> Option<T>) -> Option<T> {
        kept(&self.state().adapters)
    }

    /// The compiled form that is kept for a key, or what `compile` makes of the registers of this moment.
    pub(crate) fn compiled<T: Clone>(
        &self,
        kept: impl FnOnce(&Adapters) -> Option<T>,
        compile: impl FnOnce(&Snapshot) -> T,
        keep: impl FnOnce(&mut Adapters, T),
    ) -> T {
        let state = self.state();
        if let Some(kept) = kept(&state.adapters) {
            return kept;
        }
        let (snapshot, at) = (Arc::clone(&state.snapshot), state.changes);
        drop(state);
        let made = compile(&snapshot);
        let mut state = self.state_mut();
        // A change that came between may be one of what was read: the run has its adapter, and nobody else gets it.
        if state.changes == at {
            keep(&mut state.adapters, made.clone());
        }
        made
    }

    pub(super) fn replace(&self, snapshot: Snapshot, revision: Revision) {
        let old = {
            let mut state = self.state_mut();
            state.changes += 1;
            state.adapters = Adapters::default();
            mem::replace(&mut state.snapshot, Arc::new(snapshot))
        };
        drop(old);
        self.progress.send_replace(Progress { revision, condition: Condition::Live });
    }

    pub(super) fn put(&self, unit: Option<Id>, key: &Id, document: Document, revision: Revision) {
        self.change(revision, |state| {
            state.adapters.forget(&unit, key.as_str());
            Arc::make_mut(&mut state.snapshot).put(unit, key, document);
        });
    }

    pub(super) fn hide(&self, unit: Option<Id>, key: &Id, revision: Revision) {
        self.change(revision, |state| {
            state.adapters.forget(&unit, key.as_str());
            Arc::make_mut(&mut state.snapshot).hide(unit, key);
        });
    }

    pub(super) fn delete(&self, unit: &Option<Id>, key: &Id, revision: Revision) {
        self.change(revision, |state| {
            state.adapters.forget(unit, key.as_str());
            Arc::make_mut(&mut state.snapshot).delete(unit, key);
        });
    }

    fn change(&self, revision: Revision, change: impl FnOnce(&mut State)) {
        let mut state = self.state_mut();
        state.changes += 1;
        change(&mut state);
        drop(state);
        self.progress.send_modify(|progress| progress.revision = progress.revision.max(revision));
    }

    /// The watch goes on where it broke off.
    pub(super) fn resumed(&self) {
        self.progress.send_modify(|progress| progress.condition = Condition::Live);
    }

    pub(super) fn lost(&self, status: Status) {
        self.progress.send_modify(|progress| {
            progress.condition = match &progress.condition {
                Condition::Starting | Condition::Failed(_) => Condition::Failed(status),
                Condition::Live => Condition::Lost { since: Instant::now(), status },
                Condition::Lost { since, .. } => Condition::Lost { since: *since, status },
            };
        });
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
