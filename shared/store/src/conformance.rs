//! The contract of [`Store`] as cases, one behaviour each, which every implementation runs.
//!
//! [`conformance!`](crate::conformance!) makes a test of each case:
//!
//! ```ignore
//! async fn open() -> Fixture { … }
//! store::conformance!(open);
//! ```

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::StreamExt;
use futures::stream::BoxStream;

use crate::{Batch, Entry, Error, ErrorKind, Event, ManualClock, Op, Revision, Store};

pub mod commits;
pub mod concurrency;
pub mod expiry;
pub mod preconditions;
pub mod reads;
pub mod scans;
pub mod shredding;
pub mod watches;

/// The store under test must forget events when it holds more than this many.
pub const HISTORY_EVENTS: usize = 1_000;

/// How long a case waits for an event that must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a case ends with, where no assertion ended it.
pub type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// An empty store, on a clock that stands at [`Fixture::start`], with a history of [`HISTORY_EVENTS`].
#[derive(Debug)]
pub struct Fixture {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The hand on the store's clock.
    pub clock: ManualClock,
    /// Whatever must live as long as the store, such as its folder.
    pub keep: Box<dyn Any + Send + Sync>,
}

impl Fixture {
    /// The time at which the clocks of fixtures stand.
    #[must_use]
    pub fn start() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }
}

/// Makes a test of every case over the store that `$open`, an async function without arguments, gives.
#[macro_export]
macro_rules! conformance {
    ($open:path) => {
        $crate::conformance! { @cases $open,
            commits: [
                a_batch_has_one_revision, a_batch_that_changes_nothing_takes_no_revision,
                a_batch_with_a_lost_precondition_changes_nothing, a_delete_removes_the_key,
                entries_carry_the_revision_of_their_commit, revisions_increase_with_every_commit,
                the_store_says_that_it_takes_writes,
            ]
            concurrency: [
                increments_from_many_writers_are_all_counted, of_many_creates_one_wins, of_many_updates_one_wins,
                pages_show_batches_whole, reads_see_what_a_watch_has_told, watches_miss_nothing_while_many_write,
            ]
            expiry: [
                a_page_does_not_count_expired_keys, a_time_that_has_passed_is_absence, an_expired_key_can_be_created,
                an_expired_key_cannot_be_updated, an_expired_key_is_absent_at_once, expiry_is_kept_in_whole_milliseconds,
                expiry_is_seen_as_a_delete, many_keys_expire_together, putting_anew_moves_the_expiry,
            ]
            preconditions: [
                conflicts_name_the_key, create_needs_an_absent_key, delete_honours_preconditions,
                exists_needs_a_present_key, none_needs_nothing, update_needs_the_exact_revision,
            ]
            reads: [
                a_key_that_was_never_put_is_absent, a_put_is_read_back, a_put_replaces, keys_are_any_text,
                long_values_shrink_and_grow, malformed_keys_are_refused, the_longest_values_are_read_back,
            ]
            scans: [
                a_listing_reads_every_page, a_page_ends_at_its_limit, a_page_has_a_most_of_bytes,
                a_page_has_a_most_of_entries, a_prefix_takes_no_neighbours, a_range_can_be_empty,
                a_range_has_its_start_and_not_its_end, a_scan_is_in_key_order, a_zero_limit_is_refused,
                after_goes_on_behind_a_key, deleted_keys_are_not_listed,
            ]
            shredding: [
                a_shreddable_value_expires, a_shreddable_value_is_read_scanned_and_told,
                a_shreddable_value_is_replaced_and_deleted, an_empty_value_cannot_be_shreddable,
                another_value_in_its_place_is_shreddable_too, no_reader_meets_a_value_that_is_being_shredded,
                the_longest_shreddable_values_are_read_back,
            ]
            watches: [
                a_batch_is_told_in_one_piece, a_delete_is_told, a_delete_of_nothing_is_not_told,
                a_dropped_store_ends_its_watches, a_prefix_is_told_alone, a_revision_from_elsewhere_is_refused,
                a_slow_watch_ends_instead_of_skipping, a_watch_goes_on_live, a_watch_replays_what_came_after,
                too_old_a_revision_is_refused, watching_after_a_page_misses_nothing,
            ]
        }
    };
    (@cases $open:path, $($area:ident: [$($case:ident),* $(,)?])*) => {
        $(mod $area {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() -> $crate::conformance::Outcome {
                $crate::conformance::$area::$case($open().await).await
            })*
        })*
    };
}

/// A watch, as the store gives it.
type Events = BoxStream<'static, Result<Event, Error>>;

/// The next event, which must come.
async fn next(events: &mut Events) -> Result<Event, Error> {
    let ended = || Err(Error::new(ErrorKind::Closed, "the watch ended without a word"));
    match tokio::time::timeout(PATIENCE, events.next()).await {
        Ok(event) => event.unwrap_or_else(ended),
        Err(_) => Err(Error::new(ErrorKind::Io, "no event came")),
    }
}

/// Key and value of an entry, to compare.
fn pair(entry: &Entry) -> (&str, &[u8]) {
    (&entry.key, &entry.value)
}

/// The keys of entries.
fn keys(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.key.as_str()).collect()
}

/// Puts these keys, each with a commit of its own and its name as the value; the revision of the last.
async fn put_all(store: &dyn Store, keys: &[&str]) -> Result<Revision, Error> {
    let mut last = Revision::ZERO;
    for key in keys {
        last = store.commit(Batch::try_from(Op::put(*key, (*key).to_owned()))?).await?;
    }
    Ok(last)
}

/// The kind of the error that this must be.
fn refused<T>(result: Result<T, Error>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}
