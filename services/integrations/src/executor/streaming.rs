//! A call whose bodies pass through as they come.

use std::time::Duration;

use egress::{Body, Error, Outbound, Streamed};
use proto::errors::v1::Reason;
use runtime::{Caller, Refusal};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::{
    Call, Chunks, Download, Executor, Head, Tries, admit, outbound, owner, time_for, upload::Upload,
};
use crate::{credentials::Source, definition::Definition};

impl Executor {
    /// Sends a call through an integration, on behalf of a caller, with a body as the caller sends it, and hands out the
    /// answer as it comes. The call counts as one from the body's first byte, or its end, until the answer's body ends or is
    /// dropped.
    ///
    /// # Errors
    /// Whatever happens before the head of the answer; what happens later is an error of its body.
    pub(crate) async fn stream(
        &self,
        definition: &Definition,
        caller: &Caller,
        call: Call,
        chunks: Chunks,
    ) -> Result<Download, Refusal> {
        admit(definition, caller)?;
        let call = call.through(definition, caller);
        let end = Instant::now() + time_for(&definition.route, &call);
        let upload = timeout_at(end, Upload::begin(chunks)).await.map_err(|_| {
            let text = "neither a byte of the body nor its end came within the time of the call";
            Refusal::new(Reason::DeadlineExceeded, text)
        })??;
        // Only now: callers who have yet to say something take nobody's place.
        let pass = self.gates.enter(definition)?;
        let fault = |error: Error| upload.as_ref().and_then(Upload::fault).unwrap_or_else(|| error.into());
        let streamed = self.open(definition, &call, upload.as_ref(), end).await.map_err(fault)?;
        Ok(Download::new(streamed, upload, pass, end))
    }

    /// The head of the answer. The request leaves again only where nobody took a byte of its body.
    async fn open(
        &self,
        definition: &Definition,
        call: &Call,
        upload: Option<&Upload>,
        end: Instant,
    ) -> Result<Streamed, Error> {
        let route = &definition.route;
        let owner = owner(&definition.name.parent.tenant, call);
        let source = self.sources.of(owner, route.credential.grant(), &call.cause);
        let tries = Tries::new(route.attempts, &call.method);
        let mut again = Again { tries, renewed: false, end };
        let offer = || upload.map_or(Some(Body::None), Upload::offer);
        let mut body = offer().unwrap_or(Body::None);
        loop {
            let request =
                Outbound { body, ..outbound(&definition.name.parent.tenant, route, call, left(end)) };
            let result = self.door.stream(request, &source).await;
            let Some(pause) = again.after(came(&result), &source).await else {
                if came(&result).is_ok_and(|head| head.accepts_credentials()) {
                    source.accepted().await;
                }
                return result;
            };
            match offer() {
                None => return result,
                Some(untouched) => body = untouched,
            }
            // Its connection is given back, or closed, before the next one is asked for.
            drop(result);
            sleep(pause).await;
        }
    }
}

/// Whether a request is to leave once more.
struct Again {
    tries: Tries,
    renewed: bool,
    end: Instant,
}

impl Again {
    /// After which pause, if at all. A token that was not accepted is given up in any case, so that the next call
    /// gets another.
    async fn after(&mut self, came: Result<Head<'_>, &Error>, source: &Source<'_>) -> Option<Duration> {
        if let Some(head) = came.as_ref().ok().filter(|head| !self.renewed && head.rejects_credentials()) {
            self.renewed = timeout(left(self.end), source.rejected()).await.unwrap_or(false);
            if self.renewed && self.tries.may_repeat(head) {
                return Some(Duration::ZERO);
            }
        }
        self.tries.next(came, left(self.end))
    }
}

/// What of a result decides whether another try helps.
fn came(result: &Result<Streamed, Error>) -> Result<Head<'_>, &Error> {
    result.as_ref().map(|streamed| {
        let Streamed { status, followed, crossed, .. } = *streamed;
        Head { status, retry_after: header(streamed, "retry-after"), followed, crossed }
    })
}

fn left(end: Instant) -> Duration {
    end.saturating_duration_since(Instant::now())
}

/// The first value of a header, where it is text.
fn header<'a>(streamed: &'a Streamed, name: &str) -> Option<&'a str> {
    let (_, value) = streamed.headers.iter().find(|(known, _)| known == name)?;
    std::str::from_utf8(value).ok()
}
