//! Tokens in the store: sealed, and gone when they end.

mod record;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use proto::errors::v1::Reason;
use runtime::{Refusal, names::Id};
use seal::{Context, KeyRing};
use store::{Batch, Entry, ErrorKind, Op, Precondition, Range, Store};
use tokio::time::Instant;

use crate::{
    endpoint::Got,
    failure::Failure,
    grant::{Grant, GrantKey},
    life::Life,
    sealed,
    token::Token,
};

use record::Count;
pub(crate) use record::{Bound, Record};

/// What `seal` binds a token's record to, beside its own name.
const KIND: &str = "token";
/// How long the count of a grant's tokens outlives the last of them. Nobody invalidates a token that ended a month ago,
/// so from then on counting may begin anew.
const COUNT_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);

/// The tokens of every tenant, in the store and sealed.
pub(crate) struct Shelf {
    store: Arc<dyn Store>,
    ring: Arc<KeyRing>,
}

/// What the store holds of a grant.
pub(crate) struct Kept {
    /// The token, if there is one that opens and has not ended.
    pub(crate) token: Option<Token>,
    /// The generation of the newest token that the grant ever had.
    count: u64,
    /// That the count is still as it was read.
    unchanged: Precondition,
}

/// A page of a tenant's tokens, without their values.
pub(crate) struct Page {
    pub(crate) records: Vec<Record>,
    /// The last key of the page, where there is more behind it.
    pub(crate) next: Option<String>,
}

impl Shelf {
    pub(crate) fn new(store: Arc<dyn Store>, ring: Arc<KeyRing>) -> Self {
        Self { store, ring }
    }

    /// Reads what is kept. A record that cannot be read, or does not open, is as good as none: a new token costs one
    /// request.
    pub(crate) async fn load(&self, key: &GrantKey, grant: &Grant) -> Result<Kept, store::Error> {
        let count = self.store.get(&count_key(key)).await?;
        let kept = self.store.get(&kept_key(key)).await?;
        let unchanged =
            count.as_ref().map_or(Precondition::Create, |entry| Precondition::Update(entry.revision));
        let count = count.and_then(|entry| Count::read(&entry.value)).unwrap_or_default();
        let token =
            kept.and_then(|entry| self.open(key, grant, &entry)).filter(|token| token.generation == count);
        Ok(Kept { token, count, unchanged })
    }

    fn open(&self, key: &GrantKey, grant: &Grant, entry: &Entry) -> Option<Token> {
        let record = Record::read(&entry.value)?;
        let bound = record.bound(&grant.token_url);
        let value = self
            .ring
            .open(&context(key.tenant().as_str(), key.digest(), record.generation, &bound), &record.sealed);
        if value.is_err() {
            tracing::warn!(key = entry.key, "a kept token does not open and is got anew");
        }
        let life = record.life();
        let times = life.resumed(record.got(), SystemTime::now(), Instant::now());
        Some(Token {
            value: value.ok()?,
            token_type: record.token_type.clone(),
            generation: record.generation,
            got: record.got(),
            life,
            times,
        })
    }

    /// Keeps a token under the next generation, which is above `above` too. Where somebody else kept one meanwhile that
    /// is good, that one is the answer.
    ///
    /// A store that does not take the token is told to the log, and the token is served all the same: it is a good one,
    /// and calls need not fail for it.
    pub(crate) async fn keep(
        &self,
        key: &GrantKey,
        grant: &Grant,
        got: Got,
        life: Life,
        mut kept: Kept,
        above: u64,
    ) -> Result<Token, Failure> {
        let Got { granted, started, at } = got;
        let times = life.from(started);
        loop {
            let generation = kept.count.max(above).saturating_add(1);
            let bound = Bound::new(&grant.token_url, &granted.token_type, at, &life);
            // Held until the store has answered: the key that seals this lives as long.
            let sealing = self.ring.sealing();
            let sealed = sealing
                .seal(&context(key.tenant().as_str(), key.digest(), generation, &bound), &granted.value)
                .map_err(|error| {
                    Failure::here(
                        Refusal::new(Reason::Internal, "the token could not be sealed").because(error),
                    )
                })?;
            let record = Record::new(grant, &granted.token_type, generation, at, &life, sealed);
            let end = at + life.total;
            let ops = vec![
                Op::put(kept_key(key), record.write()).until(end),
                Op::put(count_key(key), Count::write(generation))
                    .until(end + COUNT_LIFE)
                    .when(kept.unchanged),
            ];
            let committed = match Batch::new(ops) {
                Ok(batch) => self.store.commit(batch).await,
                Err(error) => Err(error),
            };
            match committed {
                Err(error) if error.kind() == ErrorKind::Conflict => {
                    kept = self.load(key, grant).await.map_err(Failure::here)?;
                    if let Some(token) =
                        kept.token.take_if(|t| t.generation > above && t.is_good(Instant::now()))
                    {
                        return Ok(token);
                    }
                }
                result => {
                    if let Err(error) = result {
                        tracing::warn!(%error, "a token is served that the store did not take");
                    }
                    let (value, token_type) = (granted.value, granted.token_type);
                    return Ok(Token { value, token_type, generation, got: at, life, times });
                }
            }
        }
    }

    /// Forgets the token of this generation, if it is the kept one. Answers whether it was.
    pub(crate) async fn forget(&self, key: &GrantKey, generation: u64) -> Result<bool, Refusal> {
        let kept_key = kept_key(key);
        loop {
            let Some(entry) = self.store.get(&kept_key).await? else { return Ok(false) };
            if Record::read(&entry.value).is_none_or(|record| record.generation != generation) {
                return Ok(false);
            }
            let op = Op::delete(&kept_key).when(Precondition::Update(entry.revision));
            match self.store.commit(Batch::try_from(op)?).await {
                Ok(_) => return Ok(true),
                // Somebody kept a newer one, forgot this one, or sealed it anew meanwhile.
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// A page of a tenant's tokens in the order of their keys, from behind `after` on.
    pub(crate) async fn list(&self, tenant: &Id, after: Option<&Id>, size: usize) -> Result<Page, Refusal> {
        let prefix = format!("{}{tenant}/", sealed::PREFIX);
        let mut range = Range::prefix(&prefix);
        if let Some(digest) = after {
            range = range.after(&format!("{prefix}{digest}"));
        }
        let page = self.store.scan(range, size).await?;
        let last = page.entries.last().filter(|_| page.more);
        Ok(Page {
            next: last.and_then(|entry| entry.key.strip_prefix(&prefix)).map(str::to_owned),
            // What cannot be read is got anew at its next use, and is nothing to show.
            records: page.entries.iter().filter_map(|entry| Record::read(&entry.value)).collect(),
        })
    }
}

fn kept_key(key: &GrantKey) -> String {
    format!("{}{key}", sealed::PREFIX)
}

fn count_key(key: &GrantKey) -> String {
    format!("tokens/counts/{key}")
}

/// What a token's value is bound to.
pub(crate) fn context<'a>(
    tenant: &'a str,
    digest: &'a str,
    generation: u64,
    bound: &'a Bound,
) -> Context<'a> {
    Context { tenant, kind: KIND, name: digest, version: generation, scope: bound.as_str() }
}
