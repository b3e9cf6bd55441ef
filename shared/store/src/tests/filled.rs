//! Stores with something in them, and what is found there.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::fixture_options;
use crate::conformance::Fixture;
use crate::{Batch, Entry, Error, Op, Range, Revision, SledStore, Store, StoreExt};

/// A store with a few hundred entries of all sizes; its content.
pub(super) async fn fill(folder: &Path) -> Vec<Entry> {
    let (_, options) = fixture_options();
    let store = SledStore::open_with(folder, &options).unwrap();
    for number in 0..300_u32 {
        let key = format!("key/{:03}", number * 7 % 300);
        let length = if number % 40 == 0 { 30_000 } else { number as usize * 3 };
        let mut op = Op::put(key.clone(), vec![number as u8; length]);
        if number % 3 == 0 {
            op = op.until(Fixture::start() + Duration::from_secs(u64::from(number) + 1));
        }
        let gone = Op::delete(format!("key/{:03}", number * 11 % 300));
        let ops = if gone.key() == key { vec![op] } else { vec![op, gone] };
        store.commit(Batch::new(ops).unwrap()).await.unwrap();
    }
    let entries = store.list(Range::all()).await.unwrap().entries;
    assert!(entries.len() > 100 && entries.iter().any(|entry| entry.revision > Revision::ZERO));
    entries
}

pub(super) async fn everything_of(store: &SledStore) -> Vec<Entry> {
    store.list(Range::all()).await.unwrap().entries
}

pub(super) async fn everything(folder: &Path) -> Result<Vec<Entry>, Error> {
    let (_, options) = fixture_options();
    let store = SledStore::open_with(folder, &options)?;
    Ok(store.list(Range::all()).await?.entries)
}

pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &place);
        } else {
            fs::copy(entry.path(), place).unwrap();
        }
    }
}
