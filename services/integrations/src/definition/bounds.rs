//! How large a definition may be. Together they keep one record well inside what the store takes in one commit.

use std::time::Duration;

/// Characters of a display name, as the contract says.
pub(super) const DISPLAY_NAME: usize = 256;
/// Endpoints of one integration.
pub(super) const ENDPOINTS: usize = 100;
/// Bytes of one endpoint, one URL, or one text of a credential.
pub(super) const TEXT: usize = 2048;
/// Methods of one endpoint.
pub(super) const METHODS: usize = 16;
/// Bytes of the constants.
pub(super) const CONSTANTS: usize = 256 << 10;
/// Scopes, and resources, of a grant.
pub(super) const SCOPES: usize = 64;
/// The longest call, as the contract says.
pub(super) const TIMEOUT: Duration = Duration::from_secs(600);
/// The largest answer, as the contract says.
pub(super) const RESPONSE_BYTES: u64 = 64 << 20;
/// The most redirects that are followed, as the contract says.
pub(super) const REDIRECTS: u8 = 5;
/// The most tries, as the contract says.
pub(super) const ATTEMPTS: u32 = 10;
