//! Values that end for good.
//!
//! What a database or a log has written stays on the disk until it is written over, whenever that is. So a value that is to
//! be shredded reaches them encrypted under a key of its own, which lies elsewhere: in a *cell* of the file `cells` (see
//! [`cells`]). When the entry has ended its cell is written over, and no copy of the value can be read any more.
//!
//! 1. A cell is random and on disk before it is given. The file grows by many at once, so that a put waits for nothing more.
//! 2. Which cells are in use is written by the batches that use them or end their use, in *pages* of a bit for each (see
//!    [`map`]): it is as durable as the entries themselves, and known at the start without a look at one of them.
//! 3. When a batch is durable in the log, the cells whose use it ended are written over, all with one barrier. Then it is
//!    answered, and the cells can be given again. What the database still has of the entry is hidden by what the log has.
//!
//! A crash between the batch and the writing over leaves cells that are free and hold what they held. So at the start every
//! free cell is written over, when the log was replayed and before anything is served.
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

use crate::engine::{Backend, Before, Change, Changes, Newest};
use crate::{Entry, Error, Range, Revision};
use cells::Cells;
use map::{Map, PAGE};

pub(crate) use value::{OVERHEAD, cell};

/// Before the numbers of pages. No NUL: the database needs that one.
const PAGES: &str = "\u{1}cells/";

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
    /// The cells whose use the last changes end. They are in use to `map` until they are written over.
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

    /// Gives the entries their state after these changes, durable, without the log and when nobody reads.
    pub(crate) fn write(&self, changes: Changes, revision: Revision) -> Result<(), Error> {
        let stored = self.stored(changes, revision, &|key| self.inner.get(key))?;
        self.inner.write_back(&stored, revision)?;
        self.shred()
    }

    /// Writes over the cells that the last changes ended.
    fn shred(&self) -> Result<(), Error> {
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = std::mem::take(&mut writing.ended);
        self.cells.renew(ended.iter().map(|cell| *cell..*cell + 1))?;
        ended.into_iter().for_each(|cell| writing.map.give_back(cell));
        Ok(())
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
    fn stored(&self, mut changes: Changes, revision: Revision, newest: Newest<'_>) -> Result<Changes, Error> {
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let Writing { map, ended } = &mut *writing;
        let mut touched = BTreeSet::new();
        for change in changes.values_mut() {
            let cell = change.before.and_then(|before| before.cell);
            ended.extend(cell.filter(|cell| map.in_use(*cell)));
            if let Some(entry) = change.after.as_mut().filter(|entry| entry.shreddable) {
                let cell = self.take(map)?;
                touched.insert(cell / PAGE);
                *entry = self.encrypted(entry, cell)?;
            }
        }
        touched.extend(ended.iter().map(|cell| cell / PAGE));
        for number in touched {
            let key = page_key(number);
            let before = newest(&key)?.as_ref().map(Before::of);
            let value = map.page(number, self.cells.id(), ended).into();
            let after = Some(Entry { key: key.clone(), value, revision, expires: None, shreddable: false });
            changes.insert(key, Change { before, after });
        }
        Ok(changes)
    }

    /// One whose cell does not fit has an empty value: what is left of it can be replaced.
    fn readable(&self, stored: Entry) -> Result<Entry, Error> {
        if !stored.shreddable {
            return Ok(stored);
        }
        let key = match cell(&stored) {
            Some(cell) => self.cells.read(cell).map_err(|error| error.with_key(&stored.key))?,
            None => None,
        };
        Ok(match key {
            Some(key) => value::decrypt(stored, &key),
            None => Entry { value: Bytes::new(), ..stored },
        })
    }

    fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        self.inner.get(key)
    }

    fn scan(
        &self,
        range: &Range,
        limit: usize,
        is_hidden: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<Entry>, Error> {
        self.inner.scan(range, limit, is_hidden)
    }

    fn room(&self) -> Result<(), Error> {
        self.inner.room()
    }

    fn log(&self, changes: &Changes, revision: Revision) -> Result<bool, Error> {
        let logged = self.inner.log(changes, revision)?;
        if logged {
            self.shred()?;
        }
        Ok(logged)
    }

    fn turn(&self) {
        self.inner.turn();
    }

    fn write_back(&self, logged: &Changes, revision: Revision) -> Result<(), Error> {
        self.inner.write_back(logged, revision)
    }
}

impl<B> Debug for Shredding<B> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shredding").field("cells", &self.cells).finish_non_exhaustive()
    }
}

/// The pages that tell of a cell which is in use or was, in their order.
fn pages(inner: &impl Backend) -> Result<Vec<Entry>, Error> {
    inner.scan(&Range::prefix(PAGES), usize::MAX, &|_| false)
}

/// Pages sort by their numbers.
fn page_key(number: u64) -> String {
    format!("{PAGES}{number:016x}")
}

#[cfg(test)]
mod tests;
