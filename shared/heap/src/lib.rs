//! What the engine of scripts takes its memory from: bounded, and whoever wants more is ended.
//!
//! An engine that is refused memory throws an error, which a script can catch to go on with, and to see by how much it had
//! until then. Here nothing is refused: beyond the bound the process ends, and nothing is left that could catch it.
//!
//! It adds up what the engine asks for, and not what a C library makes of it, so that a script meets the bound at the same
//! step on every machine of 64 bits.

use rquickjs::allocator::{Allocator, RustAllocator};

/// Memory for one engine.
#[derive(Debug)]
pub struct Heap {
    /// How many bytes it may still have.
    left: usize,
    over: fn() -> !,
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

    /// What the system gave, if it gave any.
    fn given(&self, memory: *mut u8) -> *mut u8 {
        if memory.is_null() {
            (self.over)()
        }
        memory
    }
}

/// The multiple in whose sizes [`RustAllocator`] counts.
const WORD: usize = align_of::<u64>();

fn rounded(bytes: usize) -> usize {
    bytes.checked_next_multiple_of(WORD).unwrap_or(usize::MAX)
}

#[expect(
    unsafe_code,
    reason = "the interface is the engine's; every pointer comes from `RustAllocator` and goes back to it"
)]
// SAFETY: memory is handed out, grown and taken back by `RustAllocator` alone, which keeps the contract of the trait. Here it
// is only counted. What a pointer has to be is asked of the caller with the same words as there.
unsafe impl Allocator for Heap {
    fn alloc(&mut self, size: usize) -> *mut u8 {
        self.take(rounded(size));
        self.given(RustAllocator.alloc(size))
    }

    fn calloc(&mut self, count: usize, size: usize) -> *mut u8 {
        self.take(rounded(count.saturating_mul(size)));
        self.given(RustAllocator.calloc(count, size))
    }

    unsafe fn dealloc(&mut self, memory: *mut u8) {
        // SAFETY: the caller's, for both.
        unsafe {
            self.left += RustAllocator::usable_size(memory);
            RustAllocator.dealloc(memory);
        }
    }

    unsafe fn realloc(&mut self, memory: *mut u8, size: usize) -> *mut u8 {
        // SAFETY: the caller's, for both.
        let grown = unsafe {
            let before = RustAllocator::usable_size(memory);
            self.take(rounded(size).saturating_sub(before));
            self.left += before.saturating_sub(rounded(size));
            RustAllocator.realloc(memory, size)
        };
        self.given(grown)
    }

    unsafe fn usable_size(memory: *mut u8) -> usize {
        // SAFETY: the caller's.
        unsafe { RustAllocator::usable_size(memory) }
    }
}
