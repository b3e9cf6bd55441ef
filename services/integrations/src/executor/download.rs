//! The answer of a streamed call on its way out: over when its body is, when nobody reads it any more, or when its time is.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use egress::{Echoes, Error, Streamed};
use futures::{Stream, StreamExt, stream::BoxStream};
use proto::errors::v1::Reason;
use runtime::Refusal;
use tokio::time::{Instant, sleep_until};
use tokio_util::task::AbortOnDropHandle;

use super::upload::Upload;
use crate::limits::Pass;

/// The largest chunk that is handed out, in bytes, as the contract says.
const LARGEST: usize = 1 << 20;

/// The head of an answer, and its body as a stream of parts.
pub(crate) struct Download {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The headers, scrubbed.
    pub(crate) headers: Vec<(String, Bytes)>,
    host: String,
    echoes: Echoes,
    bytes: u64,
    /// What is left of a chunk that was too large to be handed out at once.
    rest: Bytes,
    over: bool,
    work: Arc<Work>,
    _watch: AbortOnDropHandle<()>,
}

/// What comes after the head.
pub(crate) enum Part {
    /// The next bytes of the body, at least one.
    Chunk(Bytes),
    /// The body is whole.
    End {
        /// Whether a secret was taken out of headers or body.
        echoed: bool,
        /// The length of the body.
        bytes: u64,
    },
}

/// What goes on between this process and the counterpart. It ends at its time, whether or not anybody reads: a caller
/// who stopped reading is not asked.
#[derive(Default)]
struct Work(Mutex<State>);

#[derive(Default)]
struct State {
    /// None when it is over.
    running: Option<Running>,
    /// Who waits for the next chunk.
    waiting: Option<Waker>,
}

struct Running {
    body: BoxStream<'static, Result<Bytes, Error>>,
    upload: Option<Upload>,
    #[expect(dead_code, reason = "held for its drop")]
    pass: Pass,
}

impl Download {
    /// Hands out an answer until `end`. Called inside a tokio runtime.
    pub(super) fn new(streamed: Streamed, upload: Option<Upload>, pass: Pass, end: Instant) -> Self {
        let Streamed { status, headers, url, body, echoes, .. } = streamed;
        let running = Some(Running { body, upload, pass });
        let work = Arc::new(Work(Mutex::new(State { running, waiting: None })));
        let watched = work.clone();
        let watch = tokio::spawn(async move {
            sleep_until(end).await;
            watched.stop();
        });
        let host = url.host_str().unwrap_or_default().to_owned();
        let watch = AbortOnDropHandle::new(watch);
        Self { status, headers, host, echoes, bytes: 0, rest: Bytes::new(), over: false, work, _watch: watch }
    }

    /// The next piece of what is there.
    fn piece(&mut self) -> Part {
        let piece = self.rest.split_to(self.rest.len().min(LARGEST));
        self.bytes += piece.len() as u64;
        Part::Chunk(piece)
    }

    /// The part that ends the stream well.
    fn end(&self) -> Part {
        Part::End { echoed: self.echoes.count() > 0, bytes: self.bytes }
    }

    /// Why it was stopped from outside: nothing but its time does that.
    fn late(&self) -> Refusal {
        let text = format!("{}: the whole answer was not there within the time of the call", self.host);
        Refusal::new(Reason::DeadlineExceeded, text).with("host", &self.host)
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        self.work.stop();
    }
}

impl Stream for Download {
    type Item = Result<Part, Refusal>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.over {
            return Poll::Ready(None);
        }
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(self.piece())));
        }
        let last = match self.work.poll(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Next::Chunk(chunk)) => {
                self.rest = chunk;
                return Poll::Ready(Some(Ok(self.piece())));
            }
            Poll::Ready(Next::Whole) => Ok(self.end()),
            Poll::Ready(Next::Failed(refusal)) => Err(refusal),
            Poll::Ready(Next::Stopped) => Err(self.late()),
        };
        self.over = true;
        self.work.stop();
        Poll::Ready(Some(last))
    }
}

/// How the work goes on.
enum Next {
    Chunk(Bytes),
    Whole,
    Failed(Refusal),
    Stopped,
}

impl Work {
    fn poll(&self, context: &mut Context<'_>) -> Poll<Next> {
        let mut state = self.lock();
        let Some(running) = state.running.as_mut() else { return Poll::Ready(Next::Stopped) };
        let next = match running.body.poll_next_unpin(context) {
            Poll::Pending => {
                state.waiting = Some(context.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(Some(Ok(chunk))) => Next::Chunk(chunk),
            Poll::Ready(None) => Next::Whole,
            // Where the caller's own body was at fault, the connection broke because of that.
            Poll::Ready(Some(Err(error))) => {
                Next::Failed(running.upload.as_ref().and_then(Upload::fault).unwrap_or_else(|| error.into()))
            }
        };
        Poll::Ready(next)
    }

    /// Ends it: nothing more is read from the counterpart nor asked of the caller, and the next call may begin.
    fn stop(&self) {
        let mut state = self.lock();
        let (running, waiting) = (state.running.take(), state.waiting.take());
        drop(state);
        drop(running);
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that could panic leaves the state half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
