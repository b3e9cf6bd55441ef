//! From nothing to a token: out of the store, or from the token endpoint and into the store.

use std::sync::Arc;

use tokio::time::Instant;

use super::Shared;
use crate::{
    failure::Failure,
    grant::{Grant, GrantKey},
    token::Token,
};

/// A token of a generation above `above` that is good now.
pub(super) async fn fly(
    shared: Arc<Shared>,
    key: GrantKey,
    grant: Arc<Grant>,
    above: u64,
) -> Result<Token, Failure> {
    let mut kept = shared.shelf.load(&key, &grant).await.map_err(Failure::here)?;
    let now = Instant::now();
    if let Some(token) = kept.token.take_if(|token| token.generation > above && token.is_good(now)) {
        tracing::debug!(host = grant.host, generation = token.generation, "a kept token is taken up");
        return Ok(token);
    }
    let got = shared.endpoint.ask(&key, &grant).await?;
    let life = shared.lives.of(got.granted.life, fastrand::f64());
    let token = shared.shelf.keep(&key, &grant, got, life, kept, above).await?;
    let (host, client_id) = (&grant.host, &grant.client_id);
    tracing::info!(host, client_id, generation = token.generation, life = ?life.total, "a token was got");
    Ok(token)
}
