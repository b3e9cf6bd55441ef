//! Health (grpc.health.v1): what probes and load balancers ask.
//!
//! `liveness` serves as long as the process does; `readiness`, the empty name and every service follow what they stand on (the
//! store, and the audit ledger where this process writes it) and the drain. Nothing serves before it is said to: tonic-health's own default is the other way round.

use std::{error::Error, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tonic_health::{
    ServingStatus,
    pb::health_server::{Health as HealthApi, HealthServer},
    server::{HealthReporter, health_reporter},
};

/// What the services stand on, asked whether it holds.
pub type Check = Box<dyn Fn() -> BoxFuture<'static, Result<(), Box<dyn Error + Send + Sync>>> + Send + Sync>;

/// How often it is asked.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// How many answers in a row must be good before what failed counts as ready again. Failing needs one.
const GOOD_IN_A_ROW: u32 = 3;

/// The health of this process.
#[derive(Clone, Debug)]
pub struct Health {
    reporter: HealthReporter,
    services: Arc<[&'static str]>,
}

impl Health {
    /// The health of these services, none of them serving yet, and the service that answers for them.
    pub async fn new(services: Vec<&'static str>) -> (Self, HealthServer<impl HealthApi>) {
        let (reporter, server) = health_reporter();
        let health = Self { reporter, services: services.into() };
        health.set(ServingStatus::NotServing).await;
        health.reporter.set_service_status("liveness", ServingStatus::Serving).await;
        (health, server)
    }

    /// Follows what the services stand on until `leaving`; from then on nothing serves, and that was told when this returns.
    pub async fn follow(self, checks: Vec<Check>, leaving: CancellationToken) {
        let mut ticks = interval(CHECK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first good answer is enough to begin.
        let mut good = GOOD_IN_A_ROW - 1;
        let mut ready = false;
        loop {
            let checked = tokio::select! {
                () = leaving.cancelled() => break,
                checked = async { ticks.tick().await; all(&checks).await } => checked,
            };
            match checked {
                Ok(()) => good = (good + 1).min(GOOD_IN_A_ROW),
                Err(error) => {
                    if ready {
                        tracing::error!(%error, "not ready");
                    }
                    good = 0;
                }
            }
            if ready != (good == GOOD_IN_A_ROW) {
                ready = !ready;
                self.set(if ready { ServingStatus::Serving } else { ServingStatus::NotServing }).await;
            }
        }
        self.set(ServingStatus::NotServing).await;
    }

    async fn set(&self, status: ServingStatus) {
        for name in ["", "readiness"].iter().chain(self.services.iter()) {
            self.reporter.set_service_status(*name, status).await;
        }
    }
}

async fn all(checks: &[Check]) -> Result<(), Box<dyn Error + Send + Sync>> {
    for check in checks {
        check().await?;
    }
    Ok(())
}
