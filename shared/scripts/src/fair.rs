//! What a worker must have had of a processor before the clock counts.

use std::time::Duration;

#[cfg(target_os = "linux")]
use nix::{
    errno::Errno,
    time::{ClockId, clock_getcpuclockid},
    unistd::Pid,
};

/// One part in this many of the time that a script may take.
const SHARE: u32 = 5;

/// A worker's fair share of a processor: once it has had that, it is held to the clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fair {
    /// The worker's processor time by when it has had it.
    enough: Duration,
}

impl Fair {
    /// No share at all: the clock alone counts.
    pub(crate) const ANY: Self = Self { enough: Duration::ZERO };

    /// The share of work that may take `time`, by a process that had `before` until it began.
    pub(crate) fn of(time: Duration, before: Duration) -> Self {
        Self { enough: before.saturating_add(time / SHARE) }
    }

    /// Whether a process that has had `used` had its share.
    pub(crate) fn had(self, used: Duration) -> bool {
        used >= self.enough
    }
}

/// The time that a process has had on a processor. Where it cannot be asked, it counts as all that it needs, and the clock
/// alone holds.
#[cfg(target_os = "linux")]
pub(crate) fn time_of(process: u32) -> Duration {
    let id = i32::try_from(process).map_err(|_| Errno::ESRCH);
    let time = id.and_then(|id| clock_getcpuclockid(Pid::from_raw(id))).and_then(ClockId::now);
    time.map_or(Duration::MAX, Into::into)
}

/// The time that this process has had on a processor.
#[cfg(target_os = "linux")]
pub(crate) fn own_time() -> Duration {
    ClockId::CLOCK_PROCESS_CPUTIME_ID.now().map_or(Duration::MAX, Into::into)
}

/// The time that a process has had on a processor, which cannot be asked here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn time_of(_: u32) -> Duration {
    Duration::MAX
}

/// The time that this process has had on a processor, which cannot be asked here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn own_time() -> Duration {
    Duration::MAX
}
