//! A token in memory.

use std::time::SystemTime;

use seal::Plaintext;
use tokio::time::Instant;

use crate::life::{Life, Times};

/// A token that can be handed out. It has no `Debug`, no `Clone` and no comparison: its value is wiped with it.
pub(crate) struct Token {
    pub(crate) value: Plaintext,
    /// How it is presented, as the endpoint spelled it.
    pub(crate) token_type: String,
    /// Counts the tokens of the grant.
    pub(crate) generation: u64,
    /// When its request was sent, by the wall clock.
    pub(crate) got: SystemTime,
    pub(crate) life: Life,
    pub(crate) times: Times,
}

impl Token {
    /// Whether it may be handed out.
    pub(crate) fn is_good(&self, now: Instant) -> bool {
        now < self.times.end
    }

    /// Whether it is time to renew it.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        now >= self.times.renew
    }

    /// When it ends, if the endpoint said so.
    pub(crate) fn expires(&self) -> Option<SystemTime> {
        self.life.said.then(|| self.got + self.life.total)
    }
}
