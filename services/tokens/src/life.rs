//! How long a token is handed out, and when it is renewed.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// A token is no longer handed out this long before its end, or in the last tenth of its life: whoever gets it still
/// has a call to make, and clocks differ.
const MARGIN: Duration = Duration::from_secs(30);
/// A token is renewed this long before its end, or in the last fifth of its life.
const AHEAD: Duration = Duration::from_secs(300);
/// By how much of that, at most, chance makes it earlier.
const JITTER: f64 = 0.25;

/// The limits of what endpoints say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lives {
    /// Taken where the endpoint does not say.
    pub(crate) default: Duration,
    /// Taken where the endpoint says more.
    pub(crate) longest: Duration,
}

/// The life of one token, counted from the moment its request was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life {
    /// How long it lives.
    pub(crate) total: Duration,
    /// Whether the endpoint said so.
    pub(crate) said: bool,
    /// How long before its end it is renewed.
    pub(crate) renew_ahead: Duration,
}

impl Lives {
    /// The life that follows from what the endpoint said; `chance` is 0 to 1.
    pub(crate) fn of(&self, said: Option<Duration>, chance: f64) -> Life {
        let total = said.unwrap_or(self.default).min(self.longest);
        let ahead = (total / 5).min(AHEAD);
        Life {
            total,
            said: said.is_some(),
            renew_ahead: ahead.mul_f64(1.0 + JITTER * chance.clamp(0.0, 1.0)),
        }
    }
}

impl Life {
    fn margin(&self) -> Duration {
        (self.total / 10).min(MARGIN)
    }

    /// When it is renewed, and from when on it is no longer handed out.
    pub(crate) fn from(&self, start: Instant) -> Times {
        Times {
            renew: start + self.total.saturating_sub(self.renew_ahead),
            end: start + self.total.saturating_sub(self.margin()),
        }
    }

    /// The same for one that was got at `got` by the wall clock, as the store keeps it, seen from `now`, which is
    /// `instant` by the clock that never steps. A wall clock that was set back does not lengthen a life.
    pub(crate) fn resumed(&self, got: SystemTime, now: SystemTime, instant: Instant) -> Times {
        let left = (got + self.total).duration_since(now).unwrap_or_default().min(self.total);
        Times {
            renew: instant + left.saturating_sub(self.renew_ahead),
            end: instant + left.saturating_sub(self.margin()),
        }
    }
}

/// The moments of a token that this process goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) renew: Instant,
    pub(crate) end: Instant,
}

#[cfg(test)]
mod tests;
