//! How far sealing anew has come, as an operator sees it.

use std::{collections::BTreeMap, time::SystemTime};

use seal::KeyId;

use super::rewrap::Seen;

/// How many records that do not open are named.
const NAMED: usize = 100;

/// What is known of the records.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    /// Whether they are looked through now.
    pub(super) running: bool,
    pub(super) seen: u64,
    /// Since the start of the process.
    pub(super) rewrapped: u64,
    /// What needs which key. While it goes on: of what was looked at.
    pub(super) counts: BTreeMap<KeyId, u64>,
    /// Those that do not open, among them those that do not even name a key.
    pub(super) unreadable: u64,
    pub(super) nameless: u64,
    pub(super) unreadable_records: Vec<String>,
    /// Why there are old keys still.
    pub(super) problem: String,
    /// When all were last looked through.
    pub(super) ended: Option<SystemTime>,
}

impl Progress {
    /// Begins to count anew.
    pub(super) fn begin(&mut self) {
        *self = Self { running: true, rewrapped: self.rewrapped, ended: self.ended, ..Self::default() };
    }

    /// Ends counting.
    pub(super) fn end(&mut self) {
        self.running = false;
        self.ended = Some(SystemTime::now());
    }

    /// Counts a record.
    pub(super) fn count(&mut self, name: &str, seen: Seen) {
        self.seen += u64::from(!matches!(seen, Seen::Nothing));
        let needed = match seen {
            Seen::Current(id) => vec![id],
            Seen::Renewed(id) => {
                self.rewrapped += 1;
                vec![id]
            }
            Seen::Unreadable(keys) => {
                self.unreadable += 1;
                self.nameless += u64::from(keys.is_empty());
                if self.unreadable_records.len() < NAMED {
                    tracing::error!(record = name, "a sealed record does not open, and keeps its key");
                    self.unreadable_records.push(name.to_owned());
                }
                keys
            }
            Seen::Nothing => Vec::new(),
        };
        for id in needed {
            *self.counts.entry(id).or_default() += 1;
        }
    }

    /// Records that need another key than this.
    pub(super) fn left(&self, active: KeyId) -> u64 {
        self.counts.iter().filter(|(id, _)| **id != active).map(|(_, count)| count).sum()
    }
}
