//! What the engine of scripts takes its memory from: bounded, and whoever wants more is ended.
//!
//! An engine that is refused memory throws an error, which a script can catch to go on with, and to see by how much it had
//! until then. Here nothing is refused: beyond the bound the process ends, and nothing is left that could catch it.
//!
//! It adds up what the engine asks for, and not what a C library makes of it, so that a script meets the bound at the same
//! step on every machine of 64 bits. The C library it does ask, whatever allocator the program has: a block that grows is moved by
//! the kernel there, and not copied beside itself, for which a process whose memory is bounded has no room.

use std::alloc::{GlobalAlloc, Layout, System};

use rquickjs::allocator::Allocator;

/// Memory for one engine.
#[derive(Debug)]
pub struct Heap {
    /// How many bytes it may still have.
    left: usize,
    over: fn() -> !,
}

/// What all that the engine keeps is aligned to, the multiple in which its sizes are counted, and the length of what stands
/// before each block: how many bytes it has.
const WORD: usize = align_of::<u64>();
const _: () = assert!(size_of::<usize>() <= WORD, "the length of a block fits into a word");

fn rounded(bytes: usize) -> usize {
    bytes.checked_next_multiple_of(WORD).unwrap_or(usize::MAX)
}

impl Heap {
    /// A heap of so many bytes. `over` ends the process when the engine asks for more, or when the system has no more to give.
    pub fn new(bytes: usize, over: fn() -> !) -> Self {
        Self { left: bytes, over }
    }

    fn take(&mut self, bytes: usize) {
        match self.left.checked_sub(bytes) {
            Some(left) => self.left = left,
            None => (self.over)(),
        }
    }

    /// That of a block of so many bytes.
    fn layout(&self, bytes: usize) -> Layout {
        let layout = bytes.checked_add(WORD).map(|all| Layout::from_size_align(all, WORD));
        layout.and_then(Result::ok).unwrap_or_else(|| (self.over)())
    }
}

#[expect(
    unsafe_code,
    reason = "the interface is the engine's; every pointer comes from `System` and goes back to it as it came"
)]
mod blocks {
    use super::*;

    impl Heap {
        /// A block of what the system gave, if it gave anything.
        ///
        /// # Safety
        /// `memory` is null, or has the layout of a block of so many bytes and is nobody else's.
        unsafe fn block(&self, memory: *mut u8, bytes: usize) -> *mut u8 {
            if memory.is_null() {
                (self.over)()
            }
            // SAFETY: there is a word before the bytes, and all is aligned to it.
            unsafe {
                memory.cast::<usize>().write(bytes);
                memory.add(WORD)
            }
        }
    }

    // SAFETY: a block is as long as was asked for and aligned as all that the engine keeps, and nobody else's until it is taken
    // back. What a pointer has to be, a block of this heap that was not taken back yet, is asked of the caller by the trait.
    unsafe impl Allocator for Heap {
        fn alloc(&mut self, size: usize) -> *mut u8 {
            let bytes = rounded(size);
            self.take(bytes);
            let layout = self.layout(bytes);
            // SAFETY: a layout of a block is at least a word.
            unsafe { self.block(System.alloc(layout), bytes) }
        }

        fn calloc(&mut self, count: usize, size: usize) -> *mut u8 {
            let bytes = rounded(count.saturating_mul(size));
            self.take(bytes);
            let layout = self.layout(bytes);
            // SAFETY: as in `alloc`.
            unsafe { self.block(System.alloc_zeroed(layout), bytes) }
        }

        unsafe fn dealloc(&mut self, memory: *mut u8) {
            // SAFETY: a block is what `System` gave with this layout, from a word before it on.
            unsafe {
                let bytes = Self::usable_size(memory);
                self.left += bytes;
                System.dealloc(memory.sub(WORD), self.layout(bytes));
            }
        }

        unsafe fn realloc(&mut self, memory: *mut u8, size: usize) -> *mut u8 {
            let bytes = rounded(size);
            // SAFETY: as in `dealloc`; the new size makes a layout, or the process has ended.
            unsafe {
                let before = Self::usable_size(memory);
                self.take(bytes.saturating_sub(before));
                self.left += before.saturating_sub(bytes);
                let all = self.layout(bytes).size();
                self.block(System.realloc(memory.sub(WORD), self.layout(before), all), bytes)
            }
        }

        unsafe fn usable_size(memory: *mut u8) -> usize {
            // SAFETY: the word before a block is its length.
            unsafe { memory.sub(WORD).cast::<usize>().read() }
        }
    }
}
