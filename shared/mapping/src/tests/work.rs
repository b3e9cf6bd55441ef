//! Counts what compiling does, where a text could make it do the same again and again.

use std::cell::Cell;

thread_local! {
    static DONE: Cell<usize> = const { Cell::new(0) };
}

/// So much was done: bytes that were looked through, names that were compared. Called where that happens.
pub(crate) fn done(much: usize) {
    DONE.set(DONE.get().saturating_add(much));
}

/// How much `work` does.
pub(super) fn of(work: impl FnOnce()) -> usize {
    DONE.set(0);
    work();
    DONE.take()
}
