//! The body of a streamed call on its way in: taken once, from a caller who is asked for no more than leaves.

use std::{
    error,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use egress::Body;
use futures::{Stream, StreamExt, TryStreamExt, future, stream, stream::BoxStream};
use runtime::Refusal;

/// The chunks that a caller sends.
pub(crate) type Chunks = BoxStream<'static, Result<Bytes, Refusal>>;

/// A body that begins with at least one byte. It may be offered to several tries, until one has taken a byte of it.
///
/// When it is dropped, however the call ends, the caller is asked for nothing more: a try that still takes the body, in
/// whatever task, breaks off.
pub(crate) struct Upload(Arc<Shared>);

struct Shared(Mutex<State>);

struct State {
    /// None once nothing more is wanted of the caller.
    chunks: Option<Chunks>,
    /// Which try it is offered to; earlier ones get nothing any more.
    offer: u32,
    taken: bool,
    /// Why the caller's chunks ended before the body did.
    fault: Option<Refusal>,
    /// Who waits for the next chunk.
    waiting: Option<Waker>,
}

impl Upload {
    /// Waits for the first byte. None where the body ends without one.
    ///
    /// # Errors
    /// What the caller's chunks end with.
    pub(crate) async fn begin(chunks: Chunks) -> Result<Option<Self>, Refusal> {
        let mut chunks = chunks.try_filter(|chunk| future::ready(!chunk.is_empty())).boxed();
        let Some(first) = chunks.try_next().await? else { return Ok(None) };
        let chunks = stream::iter([Ok(first)]).chain(chunks).boxed();
        let state = State { chunks: Some(chunks), offer: 0, taken: false, fault: None, waiting: None };
        Ok(Some(Self(Arc::new(Shared(Mutex::new(state))))))
    }

    /// Offers the body to another try, where no try before took any of it.
    pub(crate) fn offer(&self) -> Option<Body> {
        let mut state = self.0.lock();
        if state.taken {
            return None;
        }
        state.offer += 1;
        let offered = Offered { upload: Arc::clone(&self.0), offer: state.offer };
        Some(Body::stream(offered))
    }

    /// Why the caller's chunks ended before the body did, if they did.
    pub(crate) fn fault(&self) -> Option<Refusal> {
        self.0.lock().fault.clone()
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        let (chunks, waiting) = (state.chunks.take(), state.waiting.take());
        drop(state);
        drop(chunks);
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that could panic leaves the state half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body as one try takes it.
struct Offered {
    upload: Arc<Shared>,
    offer: u32,
}

impl Stream for Offered {
    type Item = Result<Bytes, Box<dyn error::Error + Send + Sync>>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = self.upload.lock();
        if state.offer != self.offer {
            return Poll::Ready(Some(Err("the body was offered to another try".into())));
        }
        let Some(chunks) = state.chunks.as_mut() else {
            return Poll::Ready(Some(Err("the body is not wanted any more".into())));
        };
        let next = chunks.poll_next_unpin(context);
        match &next {
            Poll::Pending => state.waiting = Some(context.waker().clone()),
            Poll::Ready(chunk) => {
                state.taken = true;
                state.fault = chunk.as_ref().and_then(|chunk| chunk.as_ref().err().cloned());
            }
        }
        next.map(|chunk| chunk.map(|chunk| chunk.map_err(Into::into)))
    }
}
