//! Keys on pages of their own: kept from the swap, wiped at the end.

use zeroize::Zeroize;

use super::KEY_LENGTH;

/// Aligned to the page (4 KiB on the machines this runs on) and as large as one, so that nothing else shares it and
/// nobody else's unlocking takes the lock away.
#[repr(C, align(4096))]
struct Page([[u8; KEY_LENGTH]; KEYS_PER_PAGE]);

const KEYS_PER_PAGE: usize = 4096 / KEY_LENGTH;

/// The most keys that a ring can hold.
pub(super) const MAX_KEYS: usize = KEYS_PER_PAGE;

/// The keys of a ring. The lock is released after the wiping, and before the page is freed.
pub(super) struct LockedKeys {
    lock: Result<region::LockGuard, String>,
    page: Box<Page>,
}

impl LockedKeys {
    /// Copies the keys onto a locked page. Keys beyond [`MAX_KEYS`] are left out; the parser lets none through.
    pub(super) fn new<'a>(keys: impl Iterator<Item = &'a [u8; KEY_LENGTH]>) -> Self {
        let mut page = Box::new(Page([[0; KEY_LENGTH]; KEYS_PER_PAGE]));
        // Locked first, filled after: no key is ever on a page that can be swapped out, if the lock can be had.
        let lock = region::lock(std::ptr::from_ref(&*page), size_of::<Page>()).map_err(|error| {
            format!("the keys cannot be locked into memory ({error}); raise the limit of locked memory (ulimit -l)")
        });
        for (slot, key) in page.0.iter_mut().zip(keys) {
            slot.copy_from_slice(key);
        }
        Self { lock, page }
    }

    pub(super) fn get(&self, index: usize) -> &[u8; KEY_LENGTH] {
        &self.page.0[index]
    }

    pub(super) fn problem(&self) -> Option<&str> {
        self.lock.as_ref().err().map(String::as_str)
    }
}

impl Drop for LockedKeys {
    fn drop(&mut self) {
        self.page.0.zeroize();
    }
}
