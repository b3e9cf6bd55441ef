//! The work in the background: what old keys sealed is sealed anew, and then they end.

use std::time::Duration;

use seal::KeyId;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Change, Keys, KeysError, Turn, proof, rewrap};

/// How long after a failure of the store it is tried again.
const RETRY: Duration = Duration::from_secs(5);
/// How often it is asked whether somebody still seals with a former key.
const SETTLE: Duration = Duration::from_millis(10);

impl Keys {
    /// Looks through all records at the start, and again whenever the keys changed, until `leaving`.
    pub(super) async fn renew_records(&self, leaving: &CancellationToken) {
        self.wake.notify_one();
        while leaving.run_until_cancelled(self.wake.notified()).await.is_some() {
            let round = leaving.run_until_cancelled(self.round()).await;
            let Some(Err(error)) = round else { continue };
            tracing::error!(%error, "what is sealed could not be looked through; it is tried again");
            self.progress().problem = format!("{error}; it is tried again");
            let _ = leaving.run_until_cancelled(sleep(RETRY)).await;
            self.wake.notify_one();
        }
    }

    /// Looks through all records once, and ends the keys that none of them needs.
    pub(super) async fn round(&self) -> Result<(), KeysError> {
        let changes = self.turn.lock().await.changes;
        // From here on nothing comes that is sealed with a former key; what comes was handed to the store before the
        // commit that the note makes, and is there when that has ended.
        while !self.ring.is_settled() {
            sleep(SETTLE).await;
        }
        proof::note(&*self.store, &self.ring.sealing()).await?;
        // Where old keys are to end, what somebody moved from where the first look had not been yet to where it had been
        // already is found by the second, as nothing is sealed with an old key any more that could still be moved.
        let looks = if self.ring.sealing().ids().len() > 1 { 2 } else { 1 };
        for _ in 0..looks {
            self.progress().begin();
            let tell = |name: &str, seen| self.progress().count(name, seen);
            rewrap::look_through(&*self.store, &self.ring, &self.sealed(), tell).await?;
        }
        self.renew_checkpoint().await?;
        if self.end_old_keys(changes).await? {
            self.progress().end();
        }
        Ok(())
    }

    /// Takes out the keys that nothing is sealed with. Answers false where the keys changed since `changes`: then the next
    /// round does.
    async fn end_old_keys(&self, changes: u64) -> Result<bool, KeysError> {
        let mut turn = self.turn.lock().await;
        if turn.changes != changes {
            self.wake.notify_one();
            return Ok(false);
        }
        let forget = std::mem::take(&mut turn.forget_unreadable);
        let now = self.ring.sealing();
        let old: Vec<KeyId> = now.ids().iter().filter(|id| **id != now.active()).copied().collect();
        let free = self.free(old, forget);
        if free.is_empty() {
            return Ok(true);
        }
        proof::forget(&*self.store, &free).await?;
        match self.take_out(&mut turn, &free).await {
            Ok(()) => tracing::info!(keys = ?free, "old keys are gone: nothing is sealed with them any more"),
            Err(error) => {
                let ids: Vec<_> = free.iter().map(KeyId::to_string).collect();
                let problem = format!("{} are not needed any more, and stay: {error}", ids.join(", "));
                tracing::warn!("{problem}");
                self.progress().problem = problem;
            }
        }
        Ok(true)
    }

    /// Takes keys out of the file, and then out of memory.
    async fn take_out(&self, turn: &mut Turn, free: &[KeyId]) -> Result<(), KeysError> {
        self.catch_up(turn).await?;
        let now = self.ring.sealing();
        let gone: Vec<_> = free.iter().filter(|id| now.ids().contains(id)).copied().collect();
        if gone.is_empty() {
            return Ok(());
        }
        let update = self.update(move |list| gone.into_iter().try_for_each(|id| list.remove(id)));
        let (list, stamp) = update.await?;
        self.take_over(turn, Change { list, stamp, fresh: None, free, by: "" }).await
    }

    /// Which of the old keys can go; why the others cannot is noted.
    fn free(&self, old: Vec<KeyId>, forget: bool) -> Vec<KeyId> {
        let mut progress = self.progress();
        let stays = |id: &KeyId| !forget && (progress.nameless > 0 || progress.counts.contains_key(id));
        let (needed, free): (Vec<_>, Vec<_>) = old.into_iter().partition(stays);
        if !needed.is_empty() {
            progress.problem = format!(
                "{} records do not open, so their keys stay: put those secrets anew or delete them, or give them up with \
                 `outgate keys retire --forget-unreadable`",
                progress.unreadable
            );
        }
        if !self.alone && !free.is_empty() {
            let ids: Vec<_> = free.iter().map(KeyId::to_string).collect();
            progress.problem = format!(
                "nothing of this process is sealed with {} any more; when that holds for every process that uses the key \
                 file, take it out with `outgate keys file remove`",
                ids.join(", ")
            );
            return Vec::new();
        }
        free
    }
}
