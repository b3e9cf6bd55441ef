//! Authentication in front of a listener's services.

use std::{
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use tonic::{Status, body::Body};
use tower::{Layer, Service};

use super::{Identities, Peer};

/// Paths that everybody may call: probes have no credentials, and the schema is no secret.
const OPEN: [&str; 2] = ["/grpc.health.v1.", "/grpc.reflection."];

/// Puts the [`Caller`](super::Caller) of every request beside it, or refuses the request.
#[derive(Clone, Debug)]
pub struct AuthLayer(Identities);

impl AuthLayer {
    /// Knows callers by `identities`.
    pub fn new(identities: Identities) -> Self {
        Self(identities)
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = Auth<S>;

    fn layer(&self, inner: S) -> Auth<S> {
        Auth { identities: self.0.clone(), inner }
    }
}

/// The service that [`AuthLayer`] makes.
#[derive(Clone, Debug)]
pub struct Auth<S> {
    identities: Identities,
    inner: S,
}

impl<S> Service<Request<Body>> for Auth<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if OPEN.iter().any(|open| request.uri().path().starts_with(open)) {
            return Box::pin(self.inner.call(request));
        }
        let identities = self.identities.clone();
        // The one that was asked whether it is ready is the one to call.
        let ready = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, ready);
        Box::pin(async move {
            let peer = request.extensions().get::<Arc<Peer>>().cloned();
            match identities.authenticate(request.headers(), peer.as_deref()).await {
                Ok(caller) => {
                    request.extensions_mut().insert(caller);
                    inner.call(request).await
                }
                Err(refusal) => Ok(Status::from(refusal).into_http()),
            }
        })
    }
}
