//! What can be set about a store.

use crate::Clock;

/// Settings of the stores in this crate. Plain data: `Options { clock, ..Options::default() }`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the time comes from. Default: the machine.
    pub clock: Clock,
    /// How many events are kept for watches to replay. Default: 65,536.
    pub history_events: usize,
    /// How many bytes of keys and values these may hold. Default: 2 MiB. The newest commit is kept whatever it holds.
    pub history_bytes: usize,
    /// How much memory the database takes for pages it has read. Default: 8 MiB; what the system has of the file costs nobody else
    /// anything. sled looks at it only after 64 times that it was asked for pages of one remainder by 256: beyond it stay up to
    /// 32 MiB of what was read in order (`sled_store/passed.rs`), or 16,384 pages that were asked for one by one. Of no meaning in
    /// memory.
    pub cache_bytes: u64,
    /// Writes are refused (`Full`) while the disk has less room than this: a disk that fills up under a write breaks
    /// the store until it is opened anew. Default: 64 MiB. Of no meaning in memory.
    pub reserve_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            history_events: 65_536,
            history_bytes: 2 << 20,
            cache_bytes: 8 << 20,
            reserve_bytes: 64 << 20,
        }
    }
}
