//! When a request may leave, by a clock that stands still.

use std::{
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
};

use futures::poll;
use tokio::{sync::Semaphore, task::yield_now, time::advance};

use super::*;
use crate::tests::ledger_end::{Takes, link};

/// Takes reports when it is let.
struct Ledger {
    uses: Mutex<Vec<u64>>,
    /// How many reports it may take.
    may: Semaphore,
    fails: AtomicBool,
    asked: Notify,
}

#[tonic::async_trait]
impl Takes for Ledger {
    async fn record(&self, request: RecordUsesRequest) -> Result<(), Refusal> {
        self.asked.notify_one();
        self.may.acquire().await.unwrap().forget();
        if self.fails.load(Ordering::SeqCst) {
            return Err(Refusal::new(Reason::AuditUnavailable, "the disk is full"));
        }
        self.uses.lock().unwrap().extend(request.uses.iter().map(|used| used.release));
        Ok(())
    }
}

struct Scene {
    ledger: Arc<Ledger>,
    uses: Uses,
}

impl Scene {
    /// With a ledger that takes so many reports.
    fn new(strict: Strict, may: usize) -> Self {
        let ledger = Arc::new(Ledger {
            uses: Mutex::default(),
            may: Semaphore::new(may),
            fails: AtomicBool::new(false),
            asked: Notify::new(),
        });
        let uses = Uses::start(SecretReleaseServiceClient::new(link(ledger.clone())), strict);
        Self { ledger, uses }
    }

    async fn leaving(&self, release: u64) -> Result<(), Refusal> {
        self.uses.leaving(&id("acme"), vec![Use { release, ..Use::default() }]).await
    }

    fn recorded(&self) -> Vec<u64> {
        self.ledger.uses.lock().unwrap().clone()
    }
}

fn id(text: &str) -> Id {
    Id::parse("tenant", text).unwrap()
}

fn unavailable(left: Result<(), Refusal>) {
    assert_eq!(left.unwrap_err().reason(), Reason::AuditUnavailable);
}

#[tokio::test(start_paused = true)]
async fn a_request_leaves_at_once_while_no_use_waits_too_long() {
    let scene = Scene::new(Strict::default(), 0);
    assert!(poll!(pin!(scene.leaving(1))).is_ready());
    scene.ledger.asked.notified().await;
    advance(BOUND).await;
    assert!(poll!(pin!(scene.leaving(2))).is_ready());
    advance(Duration::from_millis(1)).await;
    // The first one was handed over longer ago than may be: this one leaves when it is durable itself.
    let mut third = pin!(scene.leaving(3));
    assert!(poll!(&mut third).is_pending());
    scene.ledger.may.add_permits(1);
    scene.ledger.asked.notified().await;
    assert!(poll!(&mut third).is_pending());
    assert_eq!(scene.recorded(), [1]);
    scene.ledger.may.add_permits(1);
    third.await.unwrap();
    assert_eq!(scene.recorded(), [1, 2, 3]);
    // Nothing waits any more.
    advance(BOUND * 2).await;
    assert!(poll!(pin!(scene.leaving(4))).is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_strict_tenants_use_is_durable_before_anything_leaves() {
    let strict = [
        Strict { tenants: [id("acme")].into(), ..Strict::default() },
        Strict { all: true, ..Strict::default() },
    ];
    for strict in strict {
        let scene = Scene::new(strict, 0);
        let mut leaving = pin!(scene.leaving(1));
        assert!(poll!(&mut leaving).is_pending());
        scene.ledger.may.add_permits(1);
        leaving.await.unwrap();
        assert_eq!(scene.recorded(), [1]);
        scene.ledger.fails.store(true, Ordering::SeqCst);
        scene.ledger.may.add_permits(1);
        unavailable(scene.leaving(2).await);
        // It did not leave, and nobody says later that it did.
        scene.ledger.fails.store(false, Ordering::SeqCst);
        scene.ledger.may.add_permits(1);
        scene.leaving(3).await.unwrap();
        assert_eq!(scene.recorded(), [1, 3]);
    }
    let other = Strict { tenants: [id("other")].into(), ..Strict::default() };
    assert!(poll!(pin!(Scene::new(other, 0).leaving(1))).is_ready());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_released_while_uses_cannot_be_written_down() {
    let scene = Scene::new(Strict::default(), 1000);
    scene.ledger.fails.store(true, Ordering::SeqCst);
    scene.uses.ready().unwrap();
    scene.leaving(1).await.unwrap();
    while scene.uses.ready().is_ok() {
        yield_now().await;
    }
    unavailable(scene.uses.ready());
    unavailable(scene.leaving(2).await);
    scene.ledger.fails.store(false, Ordering::SeqCst);
    let mut progress = scene.uses.queue.progress.subscribe();
    progress.wait_for(|progress| progress.failure.is_none()).await.unwrap();
    scene.uses.ready().unwrap();
    assert_eq!(scene.recorded(), [1], "what was handed over is written down, what was refused is not");
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_report_that_fails_does_not_leave() {
    let scene = Scene::new(Strict::default(), 0);
    scene.leaving(1).await.unwrap();
    scene.ledger.asked.notified().await;
    advance(BOUND * 2).await;
    let mut late = pin!(scene.leaving(2));
    assert!(poll!(&mut late).is_pending());
    scene.ledger.fails.store(true, Ordering::SeqCst);
    scene.ledger.may.add_permits(1);
    unavailable(late.await);
}

#[tokio::test(start_paused = true)]
async fn the_end_waits_for_what_was_handed_over() {
    let scene = Scene::new(Strict::default(), 0);
    for release in 1..=2500 {
        assert!(poll!(pin!(scene.leaving(release))).is_ready());
    }
    let mut finish = pin!(scene.uses.finish());
    assert!(poll!(&mut finish).is_pending());
    scene.ledger.may.add_permits(3);
    finish.await;
    assert_eq!(scene.recorded(), (1..=2500).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn the_end_comes_though_nothing_can_be_written_down() {
    let scene = Scene::new(Strict::default(), 1000);
    scene.ledger.fails.store(true, Ordering::SeqCst);
    scene.leaving(1).await.unwrap();
    scene.uses.finish().await;
    assert_eq!(scene.recorded(), [] as [u64; 0]);
}
