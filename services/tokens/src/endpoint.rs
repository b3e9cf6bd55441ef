//! One request to a token endpoint, through the guarded door.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use egress::Door;
use proto::errors::v1::Reason;
use runtime::Refusal;
use tokio::time::Instant;

use crate::{
    answer::{Answer, Granted},
    failure::Failure,
    grant::{Grant, GrantKey},
    outbound,
    release::Secrets,
};

/// Asks token endpoints.
pub(crate) struct TokenEndpoint {
    door: Arc<Door>,
    secrets: Arc<Secrets>,
    timeout: Duration,
    answer_bytes: usize,
}

/// A token and when it was asked for: its life counts from there, whatever the endpoint's clock says.
pub(crate) struct Got {
    pub(crate) granted: Granted,
    pub(crate) started: Instant,
    pub(crate) at: SystemTime,
}

impl TokenEndpoint {
    pub(crate) fn new(
        door: Arc<Door>,
        secrets: Arc<Secrets>,
        timeout: Duration,
        answer_bytes: usize,
    ) -> Self {
        Self { door, secrets, timeout, answer_bytes }
    }

    /// Sends the request of a grant, with the one value of its secret that its key names, and reads the answer.
    pub(crate) async fn ask(&self, key: &GrantKey, grant: &Grant) -> Result<Got, Failure> {
        let request =
            outbound::request(key.tenant(), grant, self.timeout, self.answer_bytes).map_err(|error| {
                Failure::here(
                    Refusal::new(Reason::Internal, "the grant cannot be written as a form").because(error),
                )
            })?;
        let secrets = self.secrets.source(key.secret());
        let (started, at) = (Instant::now(), SystemTime::now());
        let answer = self
            .door
            .send(request, &secrets)
            .await
            .map_err(|error| Failure::from_door(&grant.host, error))?;
        let granted = Answer {
            status: answer.status,
            content_type: answer.header("content-type"),
            retry_after: answer.header("retry-after"),
            body: &answer.body,
        }
        .read(&grant.host)?;
        Ok(Got { granted, started, at })
    }
}
