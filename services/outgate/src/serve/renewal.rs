//! What is read again while the suite serves: certificates of listeners, and tokens of identities.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use runtime::{config::Config, identity::Identities, server::tls::Tls};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::{ServeError, identities};

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What may change.
pub(super) struct Renewal {
    pub(super) tls: Vec<Arc<Tls>>,
    pub(super) callers: Identities,
    pub(super) operator_token_file: PathBuf,
    pub(super) link_token: Option<Vec<u8>>,
    pub(super) config: Config,
    /// What was wrong with the tokens when they were last read: it is told once.
    told: Option<String>,
    hangup: Signal,
}

impl Renewal {
    /// Listens for SIGHUP from now on.
    ///
    /// # Errors
    /// When the system does not let the process handle it.
    pub(super) fn new(
        tls: Vec<Arc<Tls>>,
        callers: Identities,
        operator_token_file: PathBuf,
        link_token: Option<Vec<u8>>,
        config: Config,
    ) -> io::Result<Self> {
        let hangup = signal(SignalKind::hangup())?;
        Ok(Self { tls, callers, operator_token_file, link_token, config, told: None, hangup })
    }

    /// Looks at the files every few seconds, and when SIGHUP asks for it, until `end`.
    pub(super) async fn follow(mut self, end: CancellationToken) {
        let mut ticks = interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = end.cancelled() => return,
                _ = ticks.tick() => {}
                _ = self.hangup.recv() => {}
            }
            self.look();
        }
    }

    fn look(&mut self) {
        for tls in &self.tls {
            match tls.reload() {
                Ok(false) => {}
                Ok(true) => tracing::info!("server.tls: the files have changed; new connections use them"),
                Err(error) => tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "server.tls: the files have changed and cannot be used; the ones before stay in use"
                ),
            }
        }
        let tokens = identities::tokens(&self.config, &self.operator_token_file, self.link_token.as_deref());
        let told = self.told.take();
        match tokens {
            Ok(tokens) => self.callers.replace(tokens),
            Err(error) => self.told = Some(tell(&error, told)),
        }
    }
}

/// Logs an error that is not the one before.
fn tell(error: &ServeError, before: Option<String>) -> String {
    let text = error.to_string();
    if before.as_ref() != Some(&text) {
        tracing::error!(
            error = text,
            "identity: the tokens cannot be read again; the ones before stay in use"
        );
    }
    text
}
