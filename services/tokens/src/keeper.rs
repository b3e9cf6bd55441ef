//! The keeper of one grant's token: the only one who asks for it, hands it out, renews and drops it.
//!
//! A keeper is a task with an inbox. It does one thing after the other, so none of its state is shared; the request to
//! the token endpoint is a part of the task too, and not of any caller's.

mod flight;
mod pause;

use std::{sync::Arc, time::Duration};

use futures::future::{BoxFuture, FutureExt as _, pending};
use runtime::Refusal;
use tokio::{
    sync::{mpsc::UnboundedReceiver, oneshot},
    time::{Instant, sleep_until},
};
use tracing::{Instrument as _, Span};

use crate::{
    endpoint::TokenEndpoint,
    failure::{Failure, Nature},
    grant::Grant,
    life::Lives,
    registry::Place,
    shelf::Shelf,
    token::Token,
};

use pause::Pause;

pub(crate) use pause::Pauses;

/// How long a keeper without a token stays after it was last asked.
const LINGER: Duration = Duration::from_secs(60);

/// What all keepers work with.
pub(crate) struct Shared {
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) endpoint: TokenEndpoint,
    pub(crate) lives: Lives,
    pub(crate) pauses: Pauses,
}

/// What a keeper is asked.
pub(crate) enum Ask {
    /// For a token that is good now.
    Get {
        answer: Waiter,
        /// The call that asks: a request that is sent for it belongs to its trace.
        span: Span,
    },
    /// To drop the token of a generation.
    Invalidate { generation: u64, done: oneshot::Sender<Result<(), Refusal>> },
}

type Waiter = oneshot::Sender<Result<Arc<Token>, Refusal>>;
type Flight = BoxFuture<'static, Result<Token, Failure>>;

pub(crate) struct Keeper {
    shared: Arc<Shared>,
    place: Place,
    grant: Arc<Grant>,
    inbox: UnboundedReceiver<Ask>,
    token: Option<Arc<Token>>,
    /// Whether the token was handed out since it was got.
    used: bool,
    /// The highest generation that was held here.
    newest: u64,
    /// The highest generation that was dropped here.
    dropped: u64,
    /// The request under way.
    flight: Option<Flight>,
    /// Who waits for it.
    waiters: Vec<Waiter>,
    pause: Pause,
    /// When something last happened.
    stirred: Instant,
}

/// What happens next.
enum Event {
    Asked(Ask),
    Landed(Result<Token, Failure>),
    Woke,
    /// The registry let go of this keeper: nobody can ask any more, and nobody waits.
    Dismissed,
}

impl Keeper {
    pub(crate) fn new(
        shared: Arc<Shared>,
        place: Place,
        grant: Grant,
        inbox: UnboundedReceiver<Ask>,
    ) -> Self {
        let pause = Pause::new(shared.pauses);
        Self {
            shared,
            place,
            grant: Arc::new(grant),
            inbox,
            token: None,
            used: false,
            newest: 0,
            dropped: 0,
            flight: None,
            waiters: Vec::new(),
            pause,
            stirred: Instant::now(),
        }
    }

    /// Keeps the token until there is nothing left to keep.
    pub(crate) async fn run(mut self) {
        loop {
            match self.next().await {
                Event::Asked(Ask::Get { answer, span }) => self.hand_out(answer, span),
                Event::Asked(Ask::Invalidate { generation, done }) => {
                    let result = self.invalidate(generation).await;
                    // Whoever asked may have gone.
                    let _ = done.send(result);
                }
                Event::Landed(result) => self.land(result),
                Event::Woke if self.stays() => continue,
                Event::Woke | Event::Dismissed => return,
            }
            self.stirred = Instant::now();
        }
    }

    async fn next(&mut self) -> Event {
        if self.flight.is_none() {
            self.place.rest(&self.inbox);
        }
        let wake = self.wake_time();
        tokio::select! {
            ask = self.inbox.recv() => ask.map_or(Event::Dismissed, Event::Asked),
            result = landing(&mut self.flight) => Event::Landed(result),
            () = sleep_until(wake), if self.flight.is_none() => Event::Woke,
        }
    }

    /// When there will be something to do that nobody asks for. It has no meaning while a request is under way.
    fn wake_time(&self) -> Instant {
        match &self.token {
            Some(token) if self.used => token.times.renew.max(self.pause.until()),
            Some(token) => token.times.renew,
            None => self.pause.until().max(self.stirred + LINGER),
        }
    }

    fn hand_out(&mut self, answer: Waiter, span: Span) {
        self.used = true;
        let now = Instant::now();
        if let Some(token) = self.token.as_ref().filter(|token| token.is_good(now)) {
            let due = token.is_due(now);
            let _ = answer.send(Ok(token.clone()));
            if due && self.flight.is_none() && self.pause.is_over(now) {
                self.take_off(renewal());
            }
            return;
        }
        if self.flight.is_none() {
            if let Some(refusal) = self.pause.refusal(now) {
                let _ = answer.send(Err(refusal));
                return;
            }
            self.take_off(span);
        }
        // Callers who gave up are swept out before the list grows.
        if self.waiters.len() == self.waiters.capacity() {
            self.waiters.retain(|waiter| !waiter.is_closed());
        }
        self.waiters.push(answer);
    }

    fn take_off(&mut self, span: Span) {
        let above = self.newest.max(self.dropped);
        let flight = flight::fly(self.shared.clone(), self.place.key.clone(), self.grant.clone(), above);
        self.flight = Some(flight.instrument(span).boxed());
    }

    fn land(&mut self, result: Result<Token, Failure>) {
        self.flight = None;
        match result {
            // It was read from the store just before it was dropped there.
            Ok(token) if token.generation <= self.dropped => self.take_off(Span::none()),
            Ok(token) => {
                self.pause.reset();
                self.newest = token.generation;
                self.used = !self.waiters.is_empty();
                let token = Arc::new(token);
                for waiter in self.waiters.drain(..) {
                    let _ = waiter.send(Ok(token.clone()));
                }
                self.token = Some(token);
            }
            Err(failure) => {
                let now = Instant::now();
                let refusal = self.pause.failed(&failure, now);
                // What failed on this side is the callers' affair, and theirs to log, unless nobody waits.
                if failure.nature != Nature::Here || self.waiters.is_empty() {
                    let (host, waiting, cause) = (&self.grant.host, self.waiters.len(), failure.cause);
                    tracing::warn!(
                        host,
                        client_id = self.grant.client_id,
                        waiting,
                        cause,
                        "no token: {refusal}"
                    );
                }
                for waiter in self.waiters.drain(..) {
                    let _ = waiter.send(Err(refusal.clone()));
                }
            }
        }
    }

    /// Drops a generation, here and in the store, if it is the kept one.
    async fn invalidate(&mut self, generation: u64) -> Result<(), Refusal> {
        let held = self.token.as_ref().map_or(0, |token| token.generation);
        if generation <= self.dropped || generation < held {
            return Ok(());
        }
        if generation == held {
            self.drop_up_to(generation);
        }
        if self.shared.shelf.forget(&self.place.key, generation).await? {
            self.drop_up_to(generation);
        }
        Ok(())
    }

    fn drop_up_to(&mut self, generation: u64) {
        self.dropped = self.dropped.max(generation);
        self.token.take_if(|token| token.generation <= generation);
    }

    /// What a keeper does of its own accord: renew a token that is in use, and leave when there is nothing to keep in
    /// memory. An unused token stays in the store until it ends.
    fn stays(&mut self) -> bool {
        let now = Instant::now();
        self.token.take_if(|token| !token.is_good(now));
        match &self.token {
            Some(token) if self.used && token.is_due(now) => {
                let mine = self.place.claim();
                if mine {
                    self.take_off(renewal());
                }
                mine
            }
            Some(token) if !token.is_due(now) => true,
            None if now < self.wake_time() => true,
            _ => !self.place.leave(&self.inbox),
        }
    }
}

async fn landing(flight: &mut Option<Flight>) -> Result<Token, Failure> {
    match flight {
        Some(flight) => flight.await,
        None => pending().await,
    }
}

/// A renewal belongs to nobody's call.
fn renewal() -> Span {
    tracing::info_span!(parent: None, "token_renewal")
}
