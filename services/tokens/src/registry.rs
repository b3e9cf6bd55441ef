//! Which grants have a keeper.
//!
//! One lock guards the map, and every message to a keeper is put into its inbox under that lock. So whoever holds the
//! lock knows whether a keeper is idle, and a keeper that leaves, or is let go of for want of room, leaves nothing
//! behind: there are never two of them for one grant that both send requests.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use proto::errors::v1::Reason;
use runtime::{Refusal, names::Id};
use tokio::{
    sync::{
        mpsc::{self, UnboundedReceiver, UnboundedSender},
        oneshot,
    },
    time::Instant,
};
use tracing::Span;

use crate::{
    grant::{Grant, GrantKey},
    keeper::{Ask, Keeper, Shared},
    release::SecretVersion,
    token::Token,
};

/// When to come back after there was no room.
const NO_ROOM_PAUSE: Duration = Duration::from_secs(1);

/// The keepers of every grant that is in use.
pub(crate) struct Registry {
    shared: Arc<Shared>,
    keepers: Mutex<Keepers>,
    /// How many keepers there may be.
    most: usize,
}

#[derive(Default)]
struct Keepers {
    by_key: HashMap<GrantKey, Entry>,
    /// Tells a keeper from one that had the same key before it.
    last: u64,
}

struct Entry {
    inbox: UnboundedSender<Ask>,
    number: u64,
    /// The keeper's inbox is empty, and no request of it is under way.
    idle: bool,
    used: Instant,
}

impl Registry {
    pub(crate) fn new(shared: Shared, most: usize) -> Self {
        Self { shared: Arc::new(shared), keepers: Mutex::default(), most: most.max(1) }
    }

    /// A token that is good now, got with one value of the client's secret.
    pub(crate) async fn get(
        self: &Arc<Self>,
        tenant: &Id,
        grant: Grant,
        secret: SecretVersion,
    ) -> Result<Arc<Token>, Refusal> {
        let (answer, answered) = oneshot::channel();
        self.send(GrantKey::new(tenant, &grant, secret), grant, Ask::Get { answer, span: Span::current() })?;
        answered.await.map_err(died)?
    }

    /// Drops the token of this generation, if it is the kept one.
    pub(crate) async fn invalidate(
        self: &Arc<Self>,
        tenant: &Id,
        grant: Grant,
        secret: SecretVersion,
        generation: u64,
    ) -> Result<(), Refusal> {
        let (done, answered) = oneshot::channel();
        self.send(GrantKey::new(tenant, &grant, secret), grant, Ask::Invalidate { generation, done })?;
        answered.await.map_err(died)?
    }

    fn send(self: &Arc<Self>, key: GrantKey, grant: Grant, mut ask: Ask) -> Result<(), Refusal> {
        let mut keepers = self.lock();
        if let Some(entry) = keepers.by_key.get_mut(&key) {
            entry.idle = false;
            entry.used = Instant::now();
            match entry.inbox.send(ask) {
                Ok(()) => return Ok(()),
                // Its task died of a panic, which the log has; a new one takes its place.
                Err(returned) => ask = returned.0,
            }
        }
        if !keepers.by_key.contains_key(&key) {
            keepers.make_room(self.most)?;
        }
        keepers.last += 1;
        let number = keepers.last;
        let (inbox, received) = mpsc::unbounded_channel();
        // The receiver is right here, so the message arrives.
        let _ = inbox.send(ask);
        keepers.by_key.insert(key.clone(), Entry { inbox, number, idle: false, used: Instant::now() });
        let place = Place { registry: Arc::downgrade(self), key, number };
        tokio::spawn(Keeper::new(self.shared.clone(), place, grant, received).run());
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Keepers> {
        self.keepers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many grants are held.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.lock().by_key.len()
    }

    /// Whether nothing is under way.
    #[cfg(test)]
    pub(crate) fn is_idle(&self) -> bool {
        self.lock().by_key.values().all(|entry| entry.idle)
    }
}

impl Keepers {
    /// Lets go of some of the least recently used keepers when there is no room for one more.
    fn make_room(&mut self, most: usize) -> Result<(), Refusal> {
        if self.by_key.len() < most {
            return Ok(());
        }
        let mut idle: Vec<(Instant, GrantKey)> = self
            .by_key
            .iter()
            .filter(|(_, entry)| entry.idle)
            .map(|(key, entry)| (entry.used, key.clone()))
            .collect();
        if idle.is_empty() {
            let text = "more grants have a token request under way than there is room for; try again soon";
            return Err(Refusal::new(Reason::Overloaded, text).retry_after(NO_ROOM_PAUSE));
        }
        // A sixteenth at once, so that a full registry does not sort at every new grant.
        idle.sort_unstable();
        for (_, key) in idle.into_iter().take(most / 16 + 1) {
            self.by_key.remove(&key);
        }
        Ok(())
    }
}

/// A keeper's place in the registry, as the keeper sees it.
pub(crate) struct Place {
    registry: Weak<Registry>,
    pub(crate) key: GrantKey,
    number: u64,
}

impl Place {
    /// Says that the keeper has nothing to do, unless a message came meanwhile.
    pub(crate) fn rest(&self, inbox: &UnboundedReceiver<Ask>) {
        self.with(|entry| entry.idle = inbox.is_empty());
    }

    /// Says that the keeper is about to do something of its own accord. False: it was let go of, and must not.
    pub(crate) fn claim(&self) -> bool {
        self.with(|entry| entry.idle = false).is_some()
    }

    /// Gives the place up, unless a message came meanwhile. False: the keeper must go on.
    pub(crate) fn leave(&self, inbox: &UnboundedReceiver<Ask>) -> bool {
        let Some(registry) = self.registry.upgrade() else { return true };
        let mut keepers = registry.lock();
        let mine = keepers.by_key.get(&self.key).is_some_and(|entry| entry.number == self.number);
        if mine && !inbox.is_empty() {
            return false;
        }
        if mine {
            keepers.by_key.remove(&self.key);
        }
        true
    }

    fn with<T>(&self, change: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        let registry = self.registry.upgrade()?;
        let mut keepers = registry.lock();
        keepers.by_key.get_mut(&self.key).filter(|entry| entry.number == self.number).map(change)
    }
}

fn died(error: oneshot::error::RecvError) -> Refusal {
    Refusal::new(Reason::Internal, "the keeper of this token failed; try again").because(error)
}
