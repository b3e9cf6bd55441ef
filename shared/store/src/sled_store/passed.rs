//! What keeps sled's cache within its bound while many records are read in their order.
//!
//! sled counts how often it was asked for pages, for each remainder of their numbers by 256, and looks at what they take only
//! after every 64 times. Who reads in order asks for each page once, so up to 16,384 pages would stay beyond the bound, however
//! long they are. What is asked for more often than once in so many bytes is never more than 256 * 64 times as many.

/// For every so many bytes of records, their page is asked for once more: 32 MiB stay at the most.
const WEIGHT: usize = 2 << 10;

/// How much was read since a page was asked for.
#[derive(Default)]
pub(super) struct Passed(usize);

impl Passed {
    /// Notes a record that was read.
    pub(super) fn note(&mut self, db: &sled::Db, key: &[u8], record: &[u8]) -> Result<(), sled::Error> {
        self.0 += key.len() + record.len();
        while self.0 >= WEIGHT {
            self.0 -= WEIGHT;
            db.get(key)?;
        }
        Ok(())
    }
}
