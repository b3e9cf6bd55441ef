//! Values that end for good.
//!
//! What a database or a log has written stays on the disk until it is written over, whenever that is. So a value that is to
//! be shredded reaches them encrypted under a key of its own, which lies elsewhere: in a *cell* of the file `cells` (see
//! [`cells`]). When the entry has ended its cell is written over, and no copy of the value can be read any more.
//!
//! 1. A cell is random and on disk before it is given. The file grows by many at once, so that a put waits for nothing more.
//! 2. Which cells are in use is written by the batches that use them or end their use, in *pages* of a bit for each (see
//!    [`map`]): it is as durable as the entries themselves, and known at the start without a look at one of them.
//! 3. When a batch is durable, the cells whose use it ended are written over, all with one barrier. Then it is answered, and
//!    the cells can be given again.
//!
//! A crash between the batch and the writing over leaves cells that are free and hold what they held. So at the start every
//! free cell is written over, before anything is served.
//!
//! The pages are entries of the database below, under keys that no user of a store can name, as they hold a control
//! character; no scan and no watch shows them.

mod cells;
mod map;
mod value;

use std::collections::BTreeSet;
use std::fmt::{self, Debug, Formatter};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use crate::engine::{Backend, Change, Changes};
use crate::{Entry, Error, Range, Revision};
use cells::Cells;
use map::{Map, PAGE};

pub(crate) use value::OVERHEAD;

/// Before the numbers of pages. No NUL: the database needs that one.
const PAGES: &str = "\u{1}cells/";
/// Before every key that a user can name: control characters are refused.
const FIRST_KEY: &str = " ";

/// A backend that shreds, over one that stores.
pub(crate) struct Shredding<B> {
    inner: B,
    cells: Cells,
    /// Of the one writer.
    writing: Mutex<Writing>,
}

#[derive(Debug, Default)]
struct Writing {
    map: Map,
    /// What the backend below was given for the last changes; none: themselves.
    stored: Option<Changes>,
    /// The cells whose use the last changes ended. They are in use to `map` until they are written over.
    ended: Vec<u64>,
}

impl<B: Backend> Shredding<B> {
    /// Goes on where the backend is, with the cells in this folder: every free one is written over.
    ///
    /// # Errors
    /// `Corrupt` where the cells are not those that the entries were encrypted under; `Io` and `Full` from the system.
    pub(crate) fn open(inner: B, folder: &Path) -> Result<Self, Error> {
        let pages = pages(&inner)?;
        let mut map = Map::default();
        let id = pages.first().and_then(|page| page.value.first_chunk().copied()).unwrap_or_default();
        for (page, number) in pages.iter().zip(0..) {
            let added = if page.key == page_key(number) { map.add(&page.value, id) } else { None };
            added.ok_or_else(|| {
                Error::corrupt(format!(
                    "the store's list of cells lacks its page {number}; restore the folder from a backup"
                ))
            })?;
        }
        let cells =
            if pages.is_empty() { Cells::create(folder)? } else { Cells::open(folder, id, map.cells())? };
        cells.renew(map.free())?;
        Ok(Self { inner, cells, writing: Mutex::new(Writing { map, ..Writing::default() }) })
    }

    /// The backend below.
    pub(crate) fn inner(&self) -> &B {
        &self.inner
    }

    /// How many entries of the backend below are none of its users'.
    pub(crate) fn pages(&self) -> Result<u64, Error> {
        Ok(pages(&self.inner)?.len() as u64)
    }

    /// A stored entry with its value. One whose cell does not fit has an empty value: what is left of it can be replaced.
    fn readable(&self, stored: Entry) -> Result<Entry, Error> {
        if !stored.shreddable {
            return Ok(stored);
        }
        let key = match value::cell(&stored) {
            Some(cell) => self.cells.read(cell).map_err(|error| error.with_key(&stored.key))?,
            None => None,
        };
        let value = key.and_then(|key| value::decrypt(&stored, &key)).unwrap_or_else(Bytes::new);
        Ok(Entry { value, ..stored })
    }

    /// The changes as the backend below is to make them, with what they change about cells.
    fn stored(&self, writing: &mut Writing, changes: &Changes, revision: Revision) -> Result<Changes, Error> {
        let mut stored = Changes::new();
        let mut touched = BTreeSet::new();
        for (key, Change { before, after }) in changes {
            let mut change = Change { before: before.clone(), after: after.clone() };
            if is_shreddable(before) {
                change.before = self.inner.get(key)?;
                let ended = change.before.as_ref().and_then(value::cell);
                writing.ended.extend(ended.filter(|cell| writing.map.in_use(*cell)));
            }
            if let Some(entry) = after.as_ref().filter(|entry| entry.shreddable) {
                let cell = self.take(&mut writing.map)?;
                touched.insert(cell / PAGE);
                change.after = Some(self.encrypted(entry, cell)?);
            }
            stored.insert(key.clone(), change);
        }
        touched.extend(writing.ended.iter().map(|cell| cell / PAGE));
        for number in touched {
            let (key, before) = (page_key(number), self.inner.get(&page_key(number))?);
            let value = writing.map.page(number, self.cells.id(), &writing.ended).into();
            let after = Entry { key: key.clone(), value, revision, expires: None, shreddable: false };
            stored.insert(key, Change { before, after: Some(after) });
        }
        Ok(stored)
    }

    /// A free cell, which is in use from here on.
    fn take(&self, map: &mut Map) -> Result<u64, Error> {
        loop {
            if let Some(cell) = map.take() {
                return Ok(cell);
            }
            self.cells.renew([map.grown()])?;
            map.grow();
        }
    }

    fn encrypted(&self, entry: &Entry, cell: u64) -> Result<Entry, Error> {
        let key = self.cells.read(cell)?;
        let key = key.ok_or_else(|| {
            Error::corrupt("the file of cells has become shorter; restore the folder from a backup")
        })?;
        value::encrypt(entry, cell, &key)
    }
}

impl<B: Backend> Backend for Shredding<B> {
    fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        self.inner.get(key)?.map(|stored| self.readable(stored)).transpose()
    }

    fn scan(&self, range: &Range, limit: usize) -> Result<Vec<Entry>, Error> {
        let range = range.clone().without_before(FIRST_KEY);
        if range.is_empty() {
            return Ok(Vec::new());
        }
        self.inner.scan(&range, limit)?.into_iter().map(|stored| self.readable(stored)).collect()
    }

    fn room(&self) -> Result<(), Error> {
        self.inner.room()
    }

    fn apply(&self, changes: &Changes, revision: Revision) -> Result<(), Error> {
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let concerned = changes.values().any(|it| is_shreddable(&it.before) || is_shreddable(&it.after));
        writing.stored = if concerned { Some(self.stored(&mut writing, changes, revision)?) } else { None };
        self.inner.apply(writing.stored.as_ref().unwrap_or(changes), revision)
    }

    fn barrier(&self, changes: &Changes, revision: Revision) -> Result<(), Error> {
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = writing.stored.take();
        self.inner.barrier(stored.as_ref().unwrap_or(changes), revision)?;
        let ended = std::mem::take(&mut writing.ended);
        self.cells.renew(ended.iter().map(|cell| *cell..*cell + 1))?;
        ended.into_iter().for_each(|cell| writing.map.give_back(cell));
        Ok(())
    }
}

impl<B> Debug for Shredding<B> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shredding").field("cells", &self.cells).finish_non_exhaustive()
    }
}

fn is_shreddable(entry: &Option<Entry>) -> bool {
    entry.as_ref().is_some_and(|entry| entry.shreddable)
}

/// The pages that tell of a cell which is in use or was, in their order.
fn pages(inner: &impl Backend) -> Result<Vec<Entry>, Error> {
    inner.scan(&Range::prefix(PAGES), usize::MAX)
}

/// Pages sort by their numbers.
fn page_key(number: u64) -> String {
    format!("{PAGES}{number:016x}")
}

#[cfg(test)]
mod tests;
