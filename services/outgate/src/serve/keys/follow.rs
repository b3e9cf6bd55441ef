//! Follows the key file: what somebody puts there while the suite runs is taken over, whole or not at all.

use std::time::Duration;

use seal::Stamp;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{Change, Keys, KeysError, Turn, lock};

/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(1);

impl Keys {
    /// Looks at the file until `leaving`.
    pub(super) async fn follow(&self, leaving: &CancellationToken) {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // What was refused for good, so that it is not tried over and over.
        let mut refused: Option<Option<Stamp>> = None;
        while leaving.run_until_cancelled(looks.tick()).await.is_some() {
            let stamp = self.file.stamp();
            if refused == Some(stamp) {
                continue;
            }
            refused = match self.look().await {
                Ok(()) => None,
                Err(error) => {
                    self.complain(&error);
                    (!error.passes()).then_some(stamp)
                }
            };
        }
    }

    async fn look(&self) -> Result<(), KeysError> {
        let mut turn = self.turn.lock().await;
        self.catch_up(&mut turn).await
    }

    /// Takes over what is in the file now, if that is not what is in use.
    ///
    /// # Errors
    /// When it cannot be used: then nothing changes.
    pub(super) async fn catch_up(&self, turn: &mut Turn) -> Result<(), KeysError> {
        if self.file.stamp() == Some(turn.stamp) {
            lock(&self.problem).clear();
            return Ok(());
        }
        let (list, stamp) = self.file.read()?;
        self.take_over(turn, Change { list, stamp, fresh: None, free: &[], by: "" }).await?;
        tracing::info!(active = %self.ring.sealing().active(), "the key file was replaced, and its keys are in use");
        Ok(())
    }

    /// Says once, aloud, that the keys of before stay in use.
    fn complain(&self, error: &KeysError) {
        let text = format!("{error}; the keys of before stay in use");
        let mut problem = lock(&self.problem);
        if *problem != text {
            tracing::error!(file = %self.file.path().display(), "{text}");
            *problem = text;
        }
    }
}
