//! A bound on calls at once: what is over it is refused early, with the advice to come back.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response};
use proto::errors::v1::Reason;
use tokio::sync::Semaphore;
use tonic::{Status, body::Body};
use tower::{Layer, Service};

use crate::Refusal;

/// When a refused caller may try again.
const RETRY_DELAY: Duration = Duration::from_millis(200);

/// Lets so many calls in at once. A stream counts until its head is answered.
#[derive(Clone, Debug)]
pub struct AdmissionLayer(Arc<Semaphore>);

impl AdmissionLayer {
    /// At most `calls` at once.
    pub fn new(calls: usize) -> Self {
        Self(Arc::new(Semaphore::new(calls)))
    }
}

impl<S> Layer<S> for AdmissionLayer {
    type Service = Admission<S>;

    fn layer(&self, inner: S) -> Admission<S> {
        Admission { room: self.0.clone(), inner }
    }
}

/// The service that [`AdmissionLayer`] makes.
#[derive(Clone, Debug)]
pub struct Admission<S> {
    room: Arc<Semaphore>,
    inner: S,
}

impl<S> Service<Request<Body>> for Admission<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Ok(permit) = self.room.clone().try_acquire_owned() else {
            let refusal = Refusal::new(Reason::Overloaded, "too many calls at once; try again in a moment");
            return Box::pin(async { Ok(Status::from(refusal.retry_after(RETRY_DELAY)).into_http()) });
        };
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            drop(permit);
            answer
        })
    }
}
