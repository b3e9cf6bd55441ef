//! The ends of a call: when its caller stops waiting, head and body alike, and, for streams that wait for news, when
//! the server drains. A call passes the rest of its time on.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::{Body as HttpBody, Frame};
use proto::errors::v1::Reason;
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::{Status, body::Body};
use tower::{Layer, Service};

use crate::Refusal;

/// gRPC's header for the time a caller will wait (gRPC over HTTP/2, Requests).
const GRPC_TIMEOUT: &str = "grpc-timeout";

tokio::task_local! {
    /// When the call that this task works for ends.
    static DEADLINE: Instant;
}

/// How long the call that this task works for may still take; none outside a call.
pub fn remaining() -> Option<Duration> {
    DEADLINE.try_with(|at| at.saturating_duration_since(Instant::now())).ok()
}

/// Tells another service how long its caller waits.
pub(crate) fn pass_on(headers: &mut HeaderMap) {
    if let Some(left) = remaining()
        && let Ok(value) = HeaderValue::try_from(format!("{}m", left.as_millis().min(99_999_999)))
    {
        headers.insert(GRPC_TIMEOUT, value);
    }
}

/// The mark of a stream that ends by itself, in the extensions of its response: the server lets it finish when it
/// drains, as it lets a call finish.
#[derive(Clone, Copy, Debug)]
pub struct EndsByItself;

/// Ends every call at its deadline with DEADLINE_EXCEEDED, and every stream that waits for news at the drain with
/// SERVICE_UNAVAILABLE.
#[derive(Clone, Debug)]
pub struct DeadlineLayer {
    most: Duration,
    drain: CancellationToken,
}

impl DeadlineLayer {
    /// Where the caller sets no deadline, the head of the answer must come within `most`; a stream then goes on as
    /// long as its client reads it, or until `drain` unless it is marked by [`EndsByItself`].
    pub fn new(most: Duration, drain: CancellationToken) -> Self {
        Self { most, drain }
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = Deadline<S>;

    fn layer(&self, inner: S) -> Deadline<S> {
        Deadline { most: self.most, drain: self.drain.clone(), inner }
    }
}

/// The service that [`DeadlineLayer`] makes.
#[derive(Clone, Debug)]
pub struct Deadline<S> {
    most: Duration,
    drain: CancellationToken,
    inner: S,
}

impl<S> Service<Request<Body>> for Deadline<S>
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
        let asked = match request.headers().get(GRPC_TIMEOUT).map(parse) {
            None => None,
            Some(Some(asked)) => Some(asked),
            Some(None) => {
                let refusal = Refusal::field(
                    GRPC_TIMEOUT,
                    "is no timeout; send at most 8 digits and one of H M S m u n",
                );
                return Box::pin(async { Ok(Status::from(refusal).into_http()) });
            }
        };
        let at = Instant::now() + asked.map_or(self.most, |asked| asked.min(self.most));
        // Set while the handler is built as well: what it starts right away has the same deadline.
        let answer = DEADLINE.sync_scope(at, || self.inner.call(request));
        let drain = self.drain.clone();
        Box::pin(async move {
            match timeout_at(at, DEADLINE.scope(at, answer)).await {
                Err(_) => Ok(exceeded().into_http()),
                Ok(Err(error)) => Err(error),
                Ok(Ok(mut answer)) => {
                    let end = asked.map(|_| Box::pin(sleep_until(at)));
                    let finishes = answer.extensions_mut().remove::<EndsByItself>().is_some();
                    let drain = (!finishes).then(|| Box::pin(drain.cancelled_owned()));
                    Ok(answer.map(|body| Body::new(Bounded { body, end, drain })))
                }
            }
        })
    }
}

fn exceeded() -> Status {
    Refusal::new(Reason::DeadlineExceeded, "the call did not end within its deadline").into()
}

/// A gRPC timeout: at most 8 digits and a unit.
fn parse(value: &HeaderValue) -> Option<Duration> {
    let (digits, unit) = value.to_str().ok()?.split_at_checked(value.len().checked_sub(1)?)?;
    if !(1..=8).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

/// A body that ends at the deadline or at the drain: streams do not outlive the call, nor hold up the server's end.
struct Bounded {
    body: Body,
    /// Where the caller set a deadline.
    end: Option<Pin<Box<Sleep>>>,
    /// Where it waits for news.
    drain: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

impl Bounded {
    /// Whether its time is over.
    fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        self.end.as_mut().is_some_and(|end| end.as_mut().poll(context).is_ready())
    }

    /// Whether it waits for news that the server will not be there to tell.
    fn waits_in_vain(&mut self, context: &mut Context<'_>) -> bool {
        self.drain.as_mut().is_some_and(|drain| drain.as_mut().poll(context).is_ready())
    }

    /// The last frame of a body that is ended from outside. What produced the body is dropped with it.
    fn cut(&mut self, status: &Status) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.body = Body::empty();
        self.end = None;
        self.drain = None;
        let mut trailers = HeaderMap::new();
        Poll::Ready(match status.add_header(&mut trailers) {
            Ok(()) => Some(Ok(Frame::trailers(trailers))),
            Err(status) => Some(Err(status)),
        })
    }
}

impl HttpBody for Bounded {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        // Asked first: a body that always has something to give ends in time, too.
        if self.is_late(context) {
            return self.cut(&exceeded());
        }
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            return Poll::Ready(frame);
        }
        if self.waits_in_vain(context) {
            return self
                .cut(&Refusal::new(Reason::ServiceUnavailable, "the server is stopping; call again").into());
        }
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}
