//! The time by which keys expire.

use std::fmt::{self, Debug, Formatter};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// Where a store takes the time from.
#[derive(Clone, Debug, Default)]
pub struct Clock(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    System,
    Manual(ManualClock),
}

impl Clock {
    /// The clock of the machine.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        match &self.0 {
            Source::System => SystemTime::now(),
            Source::Manual(manual) => manual.now(),
        }
    }

    /// How long to wait until that time; none where only a hand can bring it about.
    pub(crate) fn wait_for(&self, time: SystemTime) -> Option<Duration> {
        let wait = time.duration_since(self.now()).unwrap_or_default();
        match &self.0 {
            Source::Manual(_) if !wait.is_zero() => None,
            Source::System | Source::Manual(_) => Some(wait),
        }
    }

    /// Calls back whenever a hand moves the clock, until the callback answers false.
    pub(crate) fn on_move(&self, callback: impl Fn() -> bool + Send + 'static) {
        if let Source::Manual(manual) = &self.0 {
            manual.lock().callbacks.push(Box::new(callback));
        }
    }
}

/// A clock that stands still until it is moved: tests drive expiry with it, without waiting.
#[derive(Clone)]
pub struct ManualClock(Arc<Mutex<Hand>>);

struct Hand {
    now: SystemTime,
    callbacks: Vec<Box<dyn Fn() -> bool + Send>>,
}

impl ManualClock {
    /// A clock that shows this time.
    #[must_use]
    pub fn new(now: SystemTime) -> Self {
        Self(Arc::new(Mutex::new(Hand { now, callbacks: Vec::new() })))
    }

    /// The clock to give to a store.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock(Source::Manual(self.clone()))
    }

    /// The time it shows.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.lock().now
    }

    /// Moves it forward. Every store on it sees the new time at once, and sweeps soon after.
    pub fn advance(&self, by: Duration) {
        let mut hand = self.lock();
        hand.now += by;
        hand.callbacks.retain(|callback| callback());
    }

    fn lock(&self) -> MutexGuard<'_, Hand> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Debug for ManualClock {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ManualClock").field(&self.now()).finish()
    }
}
