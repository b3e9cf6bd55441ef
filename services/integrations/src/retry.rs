//! When a request leaves again: only where nothing was sent, or where sending twice is the same as sending once.

use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use egress::{Answer, Error, ErrorKind};

/// The first pause, before chance shortens or lengthens it.
const FIRST: Duration = Duration::from_millis(100);
/// The longest pause, where the counterpart asks for none.
const LONGEST: Duration = Duration::from_secs(5);

/// The status by which a counterpart says that it does not accept a token (RFC 6750, section 3) or another credential, and
/// has not carried out the request for want of one (RFC 9110, section 15.5.2).
const UNAUTHORIZED: u16 = 401;

/// What of an answer says whether another try helps.
pub(crate) struct Head<'a> {
    /// The status.
    pub(crate) status: u16,
    /// The header `Retry-After`.
    pub(crate) retry_after: Option<&'a str>,
    /// How many redirects led to it.
    pub(crate) followed: u8,
    /// Whether one of them led to another origin, where no credential goes.
    pub(crate) crossed: bool,
}

impl<'a> Head<'a> {
    /// That of a whole answer.
    pub(crate) fn of(answer: &'a Answer) -> Self {
        let Answer { status, followed, crossed, .. } = *answer;
        Self { status, retry_after: answer.header("retry-after"), followed, crossed }
    }

    /// Whether the credentials that went out were not accepted. Who was sent none cannot tell.
    pub(crate) fn rejects_credentials(&self) -> bool {
        self.status == UNAUTHORIZED && !self.crossed
    }

    /// Whether the credentials that went out were accepted, beyond doubt.
    pub(crate) fn accepts_credentials(&self) -> bool {
        self.status < 400 && !self.crossed
    }
}

/// The tries that a call has left.
pub(crate) struct Tries {
    idempotent: bool,
    pauses: ExponentialBackoff,
}

impl Tries {
    /// `attempts` tries in all for a request with this method.
    pub(crate) fn new(attempts: u32, method: &str) -> Self {
        let retries = usize::try_from(attempts.saturating_sub(1)).unwrap_or(0);
        let pauses = ExponentialBuilder::new()
            .with_min_delay(FIRST)
            .with_max_delay(LONGEST)
            .with_max_times(retries)
            .with_jitter()
            // Left to itself, it has the same chance in every process.
            .with_jitter_seed(fastrand::u64(..))
            .build();
        Self { idempotent: is_idempotent(method), pauses }
    }

    /// Whether the request may leave again with other credentials: who redirected it may have acted on it.
    pub(crate) fn may_repeat(&self, head: &Head<'_>) -> bool {
        head.followed == 0 || self.idempotent
    }

    /// How long to wait before the next try; none where this was the last one, or where another one could do harm or
    /// would come too late for the `left` time.
    pub(crate) fn next(&mut self, came: Result<Head<'_>, &Error>, left: Duration) -> Option<Duration> {
        let asked = match came {
            Ok(head) if self.idempotent && is_passing(head.status) => head.retry_after.and_then(pause),
            Err(error) if nothing_sent(error) || (self.idempotent && broke_off(error)) => None,
            Ok(_) | Err(_) => return None,
        };
        let pause = self.pauses.next()?;
        Some(asked.map_or(pause, |asked| asked.max(pause))).filter(|pause| *pause < left)
    }
}

/// RFC 9110, section 9.2.2.
fn is_idempotent(method: &str) -> bool {
    ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"]
        .iter()
        .any(|known| method.eq_ignore_ascii_case(known))
}

/// A status that says "not now" rather than "no".
fn is_passing(status: u16) -> bool {
    matches!(status, 429 | 502 | 503 | 504)
}

/// A certificate that is not accepted stays so: another try would only cost time.
fn nothing_sent(error: &Error) -> bool {
    unreachable(error) && !error.is_after_redirect()
}

fn unreachable(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::ResolveFailed | ErrorKind::ConnectFailed)
}

fn broke_off(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::BrokeOff) || unreachable(error)
}

/// RFC 9110, section 10.2.3: seconds, or a date.
fn pause(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(text).ok()?;
    Some(at.duration_since(SystemTime::now()).unwrap_or_default())
}
