//! When a request leaves again: only where nothing was sent, or where sending twice is the same as sending once.

use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use egress::{Answer, Error, ErrorKind};

/// The first pause, before chance shortens or lengthens it.
const FIRST: Duration = Duration::from_millis(100);
/// The longest pause, where the counterpart asks for none.
const LONGEST: Duration = Duration::from_secs(5);

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

    /// How long to wait before the next try; none where this was the last one, or where another one could do harm or
    /// would come too late for the `left` time.
    pub(crate) fn next(&mut self, result: &Result<Answer, Error>, left: Duration) -> Option<Duration> {
        let asked = match result {
            Ok(answer) if self.idempotent && is_passing(answer.status) => retry_after(answer),
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
    matches!(error.kind(), ErrorKind::ResolveFailed | ErrorKind::ConnectFailed)
}

fn broke_off(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::BrokeOff)
}

/// RFC 9110, section 10.2.3: seconds, or a date.
fn retry_after(answer: &Answer) -> Option<Duration> {
    let text = answer.header("retry-after")?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(text).ok()?;
    Some(at.duration_since(SystemTime::now()).unwrap_or_default())
}
