use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use tempfile::TempDir;

use super::cells::{CELL, NAME};
use super::{Shredding, cell};
use crate::engine::{Backend, Before, Change, Changes};
use crate::memory::Memory;
use crate::{Entry, Error, Range, Revision};

/// What lies before the cells.
const HEADER: usize = 32;

/// Keys to a new state; none: absent. Odd keys are shreddable.
type Group = Vec<(u8, Option<u8>)>;

/// Where a group is cut off.
#[derive(Clone, Copy, Debug)]
enum Cut {
    Nowhere,
    /// The log is half full, and takes the group when it was written back.
    Full,
    /// The group is not on disk.
    BeforeTheBarrier,
    /// The group is on disk, and what it ended is not written over.
    BeforeTheShredding,
}

/// A backend in memory that can be cut off before it is durable. What is logged is in the entries at once.
#[derive(Default)]
struct Disk {
    memory: Memory,
    is_gone: AtomicBool,
    is_full: AtomicBool,
}

impl Backend for Disk {
    fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        self.memory.get(key)
    }

    fn scan(
        &self,
        range: &Range,
        limit: usize,
        is_hidden: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<Entry>, Error> {
        self.memory.scan(range, limit, is_hidden)
    }

    fn room(&self) -> Result<(), Error> {
        self.memory.room()
    }

    fn log(&self, changes: &Changes, revision: Revision) -> Result<bool, Error> {
        if self.is_gone.load(Ordering::Relaxed) {
            return Err(Error::io("the disk", io::Error::other("it is gone")));
        }
        if self.is_full.load(Ordering::Relaxed) {
            return Ok(false);
        }
        self.write_back(changes, revision).map(|()| true)
    }

    fn turn(&self) {
        self.is_full.store(false, Ordering::Relaxed);
    }

    fn write_back(&self, logged: &Changes, revision: Revision) -> Result<(), Error> {
        self.memory.write_back(logged, revision)
    }
}

/// A store that is written, cut off and opened anew, beside what must be in it.
struct Run {
    folder: TempDir,
    backend: Shredding<Disk>,
    revision: Revision,
    expected: BTreeMap<String, Vec<u8>>,
    /// What was in every cell when it was given.
    given: HashSet<[u8; CELL]>,
}

impl Run {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let backend = Shredding::open(Disk::default(), folder.path()).unwrap();
        let (revision, expected, given) = (Revision::ZERO, BTreeMap::new(), HashSet::new());
        Self { folder, backend, revision, expected, given }
    }

    fn write(&mut self, group: &Group, cut: Cut) {
        self.revision = self.revision.next();
        let mut changes = Changes::new();
        for (number, state) in group {
            let key = format!("key {number}");
            let after = state.map(|content| Entry {
                key: key.clone(),
                value: vec![content; 1 + usize::from(content)].into(),
                revision: self.revision,
                expires: None,
                shreddable: number % 2 == 1,
            });
            let before = self.backend.get(&key).unwrap().as_ref().map(Before::of);
            changes.insert(key, Change { before, after });
        }
        let put: Vec<_> = changes.iter().map(|(key, change)| (key.clone(), change.after.clone())).collect();
        let stored = self.stored(changes);
        self.note_given(&stored);
        let disk = &self.backend.inner;
        match cut {
            Cut::Nowhere => assert!(self.backend.log(&stored, self.revision).unwrap()),
            Cut::Full => {
                disk.is_full.store(true, Ordering::Relaxed);
                let before = cells(self.folder.path());
                assert!(!self.backend.log(&stored, self.revision).unwrap());
                assert_eq!(cells(self.folder.path()), before, "what was not ended is shredded");
                self.backend.turn();
                assert!(self.backend.log(&stored, self.revision).unwrap());
            }
            Cut::BeforeTheBarrier => {
                let durable = everything(disk);
                disk.is_gone.store(true, Ordering::Relaxed);
                self.backend.log(&stored, self.revision).unwrap_err();
                return self.open(durable);
            }
            Cut::BeforeTheShredding => {
                disk.log(&stored, self.revision).unwrap();
                self.open(everything(&self.backend.inner));
            }
        }
        for (key, after) in put {
            match after {
                Some(entry) => self.expected.insert(key, entry.value.to_vec()),
                None => self.expected.remove(&key),
            };
        }
    }

    fn stored(&self, changes: Changes) -> Changes {
        self.backend.stored(changes, self.revision, &|key| self.backend.get(key)).unwrap()
    }

    /// What users read.
    fn found(&self, prefix: &str) -> BTreeMap<String, Vec<u8>> {
        let stored = everything(&self.backend.inner).into_iter().filter(|it| it.key.starts_with(prefix));
        let found = stored.map(|stored| self.backend.readable(stored).unwrap());
        found.map(|entry| (entry.key, entry.value.to_vec())).collect()
    }

    /// A process that dies, and one that goes on with what is on disk.
    fn open(&mut self, durable: Vec<Entry>) {
        let disk = Disk::default();
        let put = |entry: Entry| (entry.key.clone(), Change { before: None, after: Some(entry) });
        disk.write_back(&durable.into_iter().map(put).collect(), self.revision).unwrap();
        self.backend = Shredding::open(disk, self.folder.path()).unwrap();
    }

    /// No cell is ever given twice with the same in it.
    fn note_given(&mut self, stored: &Changes) {
        for cell in stored.values().filter_map(|change| change.after.as_ref()).filter_map(cell) {
            let key = self.backend.cells.read(cell).unwrap().unwrap();
            assert!(self.given.insert(key), "a cell was given again as it was");
        }
    }

    /// What is there is as it was put, each with a cell of its own; every other cell is free, and holds what no value was ever
    /// encrypted under.
    fn check(&self) {
        assert_eq!(self.found("key "), self.expected);
        let used: Vec<_> = everything(&self.backend.inner).iter().filter_map(cell).collect();
        assert_eq!(
            used.iter().collect::<HashSet<_>>().len(),
            used.len(),
            "two entries with one cell: {used:?}"
        );
        let map = &self.backend.writing.lock().unwrap().map;
        let free: u64 = map.free().iter().map(|run| run.end - run.start).sum();
        assert_eq!(map.cells() - free, used.len() as u64, "cells that nothing uses are taken");
        for (cell, content) in (0..).zip(cells(self.folder.path())) {
            assert_eq!(used.contains(&cell), self.given.contains(&content), "cell {cell}, in use: {used:?}");
        }
    }
}

fn everything(disk: &Disk) -> Vec<Entry> {
    disk.scan(&Range::all(), usize::MAX, &|_| false).unwrap()
}

fn cells(folder: &Path) -> Vec<[u8; CELL]> {
    fs::read(folder.join(NAME)).unwrap()[HEADER..].as_chunks().0.to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_cut_off_no_cell_is_shared_and_no_ended_value_keeps_its_own(
        groups in proptest::collection::vec((
            proptest::collection::vec((0..8_u8, any::<Option<u8>>()), 1..6),
            prop_oneof![
                2 => Just(Cut::Nowhere),
                1 => Just(Cut::Full),
                1 => Just(Cut::BeforeTheBarrier),
                1 => Just(Cut::BeforeTheShredding),
            ],
        ), 1..20),
    ) {
        let mut run = Run::new();
        for (group, cut) in &groups {
            run.write(group, *cut);
            run.check();
        }
    }
}

/// The file grows where it is full, and not where cells are free again.
#[test]
fn cells_are_used_again_and_the_file_grows_when_all_are_used() {
    let mut run = Run::new();
    let of_one = |state| vec![(1, state)];
    run.write(&of_one(Some(0)), Cut::Nowhere);
    let grown = cells(run.folder.path()).len();
    for round in 0..20 {
        run.write(&of_one((round % 3 > 0).then_some(round)), Cut::Nowhere);
    }
    let used = everything(&run.backend.inner).iter().filter_map(cell).max();
    assert!(used < Some(2), "{used:?}");

    let entry = |number| Entry {
        key: format!("many/{number:06}"),
        value: "v".into(),
        revision: Revision::new(100),
        expires: None,
        shreddable: true,
    };
    let many = (0..grown + 5).map(entry).map(|it| (it.key.clone(), Change { before: None, after: Some(it) }));
    let many: Changes = many.collect();
    let stored = run.stored(many);
    assert!(run.backend.log(&stored, run.revision).unwrap());
    assert_eq!(cells(run.folder.path()).len(), 2 * grown);
    // Also for a process that knows of them only what the store says.
    run.open(everything(&run.backend.inner));
    let found = run.found("many/");
    assert!(found.len() == grown + 5 && found.values().all(|value| value == b"v"));
}
