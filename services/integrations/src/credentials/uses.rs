//! Uses of released secrets, on their way into the audit ledger.
//!
//! A use is handed over right before its request leaves. For a *strict* tenant it is durable then. For others one task reports
//! what has come together while the report before was on its way, and requests go on meanwhile, for as long as nothing waits
//! longer than [`BOUND`]: from then on requests with secrets wait until their use is durable. A report that fails is made again
//! until it is taken, and nothing is released before.

use std::{
    collections::HashSet,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use proto::{
    errors::v1::Reason,
    secrets::v1::{RecordUsesRequest, Use, secret_release_service_client::SecretReleaseServiceClient},
};
use runtime::{Link, Refusal, names::Id};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

/// How long a use may be on its way to the ledger while its request is on its way to the counterpart.
const BOUND: Duration = Duration::from_millis(100);
/// The most uses of one report.
const MOST: usize = 1000;
/// The longest that one report may take.
const LONGEST: Duration = Duration::from_secs(5);
/// The pause after a report that failed.
const PAUSE: Duration = Duration::from_millis(100);

/// The tenants whose uses are durable before anything leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strict {
    /// Every tenant.
    pub all: bool,
    /// These tenants.
    pub tenants: HashSet<Id>,
}

/// Reports uses.
pub(crate) struct Uses {
    secrets: SecretReleaseServiceClient<Link>,
    strict: Strict,
    queue: Arc<Queue>,
    reporter: Mutex<Option<JoinHandle<()>>>,
}

/// What is still to be reported.
#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    /// Something is there, or the end has come.
    wake: Notify,
    progress: watch::Sender<Progress>,
}

#[derive(Default)]
struct State {
    waiting: Vec<Use>,
    /// When the first of `waiting` was handed over.
    since: Option<Instant>,
    /// The same of those that are being reported.
    reporting_since: Option<Instant>,
    handed_over: u64,
    closing: bool,
}

/// How far the reports are.
#[derive(Default)]
struct Progress {
    /// How many uses are durable.
    recorded: u64,
    /// Why the last report failed.
    failure: Option<Refusal>,
}

impl Uses {
    /// Starts the reports. Called inside a tokio runtime.
    pub(crate) fn start(secrets: SecretReleaseServiceClient<Link>, strict: Strict) -> Self {
        let queue = Arc::<Queue>::default();
        let reporter = tokio::spawn(report(Arc::clone(&queue), secrets.clone()));
        Self { secrets, strict, queue, reporter: Mutex::new(Some(reporter)) }
    }

    /// Whether secrets may be released: the uses of those before can be written down.
    ///
    /// # Errors
    /// AUDIT_UNAVAILABLE.
    pub(crate) fn ready(&self) -> Result<(), Refusal> {
        match &self.queue.progress.borrow().failure {
            Some(failure) => Err(unrecorded(failure)),
            None => Ok(()),
        }
    }

    /// Hands uses of a tenant over. On return the request may leave.
    ///
    /// # Errors
    /// AUDIT_UNAVAILABLE, and what else the secrets service answers.
    pub(crate) async fn leaving(&self, tenant: &Id, uses: Vec<Use>) -> Result<(), Refusal> {
        if uses.is_empty() {
            return Ok(());
        }
        if self.strict.all || self.strict.tenants.contains(tenant) {
            return record(&self.secrets, uses).await;
        }
        self.ready()?;
        let (last, late) = self.queue.push(uses);
        if late { self.queue.recorded(last).await } else { Ok(()) }
    }

    /// Ends the reports, once all that was handed over is durable, or cannot be made so in time.
    pub(crate) async fn finish(&self) {
        self.queue.close();
        let reporter = self.reporter.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(reporter) = reporter else { return };
        if timeout(LONGEST, reporter).await.is_err() {
            let lost = self.queue.lock().handed_over - self.queue.progress.borrow().recorded;
            tracing::error!(
                lost,
                "uses of secrets could not be written into the audit ledger before the end"
            );
        }
    }
}

impl Drop for Uses {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers how many were handed over so far, and whether any of them waits for longer than it may.
    fn push(&self, mut uses: Vec<Use>) -> (u64, bool) {
        let now = Instant::now();
        let mut state = self.lock();
        state.handed_over += uses.len() as u64;
        state.waiting.append(&mut uses);
        let since = *state.since.get_or_insert(now);
        let oldest = state.reporting_since.unwrap_or(since);
        let handed_over = state.handed_over;
        drop(state);
        self.wake.notify_one();
        (handed_over, now.duration_since(oldest) > BOUND)
    }

    /// Waits until so many are durable.
    async fn recorded(&self, number: u64) -> Result<(), Refusal> {
        let mut progress = self.progress.subscribe();
        let reached = progress.wait_for(|now| now.recorded >= number || now.failure.is_some()).await;
        match reached.as_ref().map(|now| (now.recorded >= number, &now.failure)) {
            Ok((false, Some(failure))) => Err(unrecorded(failure)),
            _ => Ok(()),
        }
    }

    /// The next report; none where nothing waits.
    fn take(&self) -> Option<Vec<Use>> {
        let mut state = self.lock();
        if state.waiting.is_empty() {
            return None;
        }
        let most = MOST.min(state.waiting.len());
        let rest = state.waiting.split_off(most);
        let uses = mem::replace(&mut state.waiting, rest);
        state.reporting_since = state.since;
        if state.waiting.is_empty() {
            state.since = None;
        }
        Some(uses)
    }

    fn close(&self) {
        self.lock().closing = true;
        self.wake.notify_one();
    }

    fn taken(&self, uses: usize) {
        self.lock().reporting_since = None;
        self.progress.send_modify(|progress| {
            progress.recorded += uses as u64;
            if progress.failure.take().is_some() {
                tracing::info!("uses of secrets are written into the audit ledger again");
            }
        });
    }

    fn failed(&self, refusal: Refusal) {
        self.progress.send_modify(|progress| {
            if progress.failure.is_none() {
                tracing::error!(%refusal, "uses of secrets cannot be written into the audit ledger; none is released");
            }
            progress.failure = Some(refusal);
        });
    }
}

/// Reports what is handed over, until the end.
async fn report(queue: Arc<Queue>, secrets: SecretReleaseServiceClient<Link>) {
    loop {
        while let Some(uses) = queue.take() {
            while let Err(refusal) = record(&secrets, uses.clone()).await {
                queue.failed(refusal);
                sleep(PAUSE).await;
            }
            queue.taken(uses.len());
        }
        if queue.lock().closing {
            return;
        }
        queue.wake.notified().await;
    }
}

async fn record(secrets: &SecretReleaseServiceClient<Link>, uses: Vec<Use>) -> Result<(), Refusal> {
    match timeout(LONGEST, secrets.clone().record_uses(RecordUsesRequest { uses })).await {
        Ok(recorded) => recorded.map(drop).map_err(|status| Refusal::from_peer("secrets", &status)),
        Err(_) => {
            let text = "the secrets service did not say in time that uses are in its audit ledger";
            Err(Refusal::new(Reason::AuditUnavailable, text))
        }
    }
}

fn unrecorded(failure: &Refusal) -> Refusal {
    let text =
        "uses of secrets cannot be written into the audit ledger, and nothing is released until they can";
    Refusal::new(Reason::AuditUnavailable, text).because(failure.clone())
}

#[cfg(test)]
mod tests;
