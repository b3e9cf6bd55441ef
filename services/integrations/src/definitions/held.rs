//! Every definition in memory, kept true by a watch of the store.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use futures::StreamExt;
use runtime::names::Name;
use store::{Entry, Error, ErrorKind, Event, Range, Revision, Store, StoreExt};
use tokio::{sync::watch, time::timeout};

use super::record::{self, PREFIX};
use crate::definition::Definition;

/// The pause before a watch that broke is made anew.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest that a writer waits for the watch to show its write.
const CATCH_UP: Duration = Duration::from_secs(2);

/// The definitions in memory. Only the watch changes them, so they go forward and never back.
#[derive(Default)]
pub(super) struct Held {
    by_name: RwLock<HashMap<Name, Kept>>,
    progress: watch::Sender<Progress>,
}

/// How far the watch is.
#[derive(Clone, Copy, Default)]
struct Progress {
    /// Whether what is in memory is all there is.
    live: bool,
    /// The last change that is in memory.
    revision: Revision,
}

struct Kept {
    revision: Revision,
    /// None where this version cannot use the record; reading it tells why.
    definition: Option<Arc<Definition>>,
}

/// What memory knows of a definition.
pub(super) enum Look {
    /// This is it.
    Found(Arc<Definition>),
    /// There is none.
    Absent,
    /// The store must be asked.
    Unknown,
}

impl Held {
    /// Looks for a definition.
    pub(super) fn look(&self, name: &Name) -> Look {
        if !self.progress.borrow().live {
            return Look::Unknown;
        }
        match self.by_name.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            Some(Kept { definition: Some(definition), .. }) => Look::Found(definition.clone()),
            Some(Kept { definition: None, .. }) => Look::Unknown,
            None => Look::Absent,
        }
    }

    /// Returns when memory shows the commit `revision`, or cannot show it before long: who wrote a definition finds it
    /// in their next call.
    pub(super) async fn reached(&self, revision: Revision) {
        let mut progress = self.progress.subscribe();
        let shown = progress.wait_for(|progress| !progress.live || progress.revision >= revision);
        if timeout(CATCH_UP, shown).await.is_err() {
            tracing::warn!("a definition was written that the watch of definitions has not shown in time");
        }
    }

    fn replace(&self, entries: &[Entry], revision: Revision) {
        let held = entries.iter().filter_map(compile).collect();
        *self.by_name.write().unwrap_or_else(PoisonError::into_inner) = held;
        self.progress.send_replace(Progress { live: true, revision });
    }

    fn apply(&self, event: Event) {
        let revision = event.revision();
        let mut held = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        if let Ok(name) = record::name(event.key())
            // A watch can tell again what the listing before it has shown.
            && held.get(&name).is_none_or(|kept| kept.revision < revision)
        {
            match &event {
                Event::Put(entry) => held.extend(compile(entry)),
                Event::Delete { .. } => drop(held.remove(&name)),
            }
        }
        drop(held);
        self.progress.send_modify(|progress| progress.revision = progress.revision.max(revision));
    }

    fn lost(&self) {
        self.progress.send_modify(|progress| progress.live = false);
    }
}

fn compile(entry: &Entry) -> Option<(Name, Kept)> {
    let name = record::name(&entry.key).ok()?;
    let parsed = record::decode(&name, entry).and_then(|message| Definition::parse(name.clone(), &message));
    let definition = match parsed {
        Ok(definition) => Some(Arc::new(definition)),
        Err(error) => {
            tracing::error!(integration = %name.id, %error, "a kept definition cannot be used");
            None
        }
    };
    Some((name, Kept { revision: entry.revision, definition }))
}

/// Keeps memory true until the store is closed.
pub(super) async fn follow(store: Arc<dyn Store>, held: Arc<Held>) {
    loop {
        let Err(error) = follow_once(&*store, &held).await;
        held.lost();
        if error.kind() == ErrorKind::Closed {
            return;
        }
        tracing::warn!(%error, "the watch of definitions broke; calls read the store until it is back");
        tokio::time::sleep(PAUSE).await;
    }
}

async fn follow_once(store: &dyn Store, held: &Held) -> Result<Infallible, Error> {
    let listing = store.list(Range::prefix(PREFIX)).await?;
    let mut events = store.watch(PREFIX, listing.revision).await?;
    held.replace(&listing.entries, listing.revision);
    loop {
        match events.next().await {
            Some(event) => held.apply(event?),
            None => return Err(Error::new(ErrorKind::Io, "the store ended a watch without a reason")),
        }
    }
}
