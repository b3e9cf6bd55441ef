//! Whether somebody knows a value.

use std::num::NonZeroU32;

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use proto::errors::v1::Reason;
use runtime::{Refusal, names::Name};
use seal::Plaintext;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{Vault, refusals};
use crate::VALUE_BYTES;

/// How many candidates are tried for one secret in a minute.
const TRIES: NonZeroU32 = match NonZeroU32::new(5) {
    Some(tries) => tries,
    None => NonZeroU32::MIN,
};
/// Secrets beyond this many are looked through for ones that nobody tries any more.
const MANY: usize = 4096;

/// What counts the tries for each secret.
pub(super) struct Tries(DefaultKeyedRateLimiter<Name>);

impl Tries {
    pub(super) fn new() -> Self {
        Self(RateLimiter::keyed(Quota::per_minute(TRIES)))
    }

    /// Takes one try.
    fn take(&self, name: &Name) -> Result<(), Refusal> {
        if self.0.len() >= MANY {
            self.0.retain_recent();
        }
        self.0.check_key(name).map_err(|until| {
            let id = &name.id;
            let text = format!("`{id}`: more than {TRIES} candidates in a minute; try again later");
            Refusal::new(Reason::LimitReached, text)
                .with("secret", id)
                .with("limit", TRIES)
                .retry_after(until.wait_time_from(DefaultClock::default().now()))
        })
    }
}

impl Vault {
    /// Whether a candidate is the newest value of a name.
    pub(crate) async fn verify(&self, name: &Name, candidate: &Plaintext) -> Result<bool, Refusal> {
        let (_, record) = self.newest(name).await?.ok_or_else(|| refusals::not_found(name))?;
        self.tries.take(name)?;
        Ok(same(self.unseal(name, &record)?.expose(), candidate.expose()))
    }
}

/// Compares as many bytes as the longest value has, whatever there are of them and wherever they differ.
fn same(value: &[u8], candidate: &[u8]) -> bool {
    let padded = |bytes: &[u8]| {
        let mut all = Zeroizing::new(vec![0; *VALUE_BYTES.end()]);
        all.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(all)
    };
    let Some((value_padded, candidate_padded)) = padded(value).zip(padded(candidate)) else { return false };
    let lengths = (value.len() as u64).ct_eq(&(candidate.len() as u64));
    (value_padded.ct_eq(&candidate_padded) & lengths).into()
}
