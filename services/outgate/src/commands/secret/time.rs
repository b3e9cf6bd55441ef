//! Times of secrets as people write and read them.

use std::time::{Duration, SystemTime};

use crate::failure::Failure;

const DAY: u64 = 24 * 3600;
/// From so long before its end on, a secret that ends is worth a word.
const SOON: u64 = 30 * DAY;

/// `--expires`: a day, at whose beginning in UTC it ends, or a moment.
pub(super) fn end(text: &str) -> Result<prost_types::Timestamp, Failure> {
    let moment = if text.contains(['T', 't', ' ']) { text.to_owned() } else { format!("{text}T00:00:00Z") };
    moment.parse().map_err(|_| {
        let shown = text.escape_debug();
        Failure::usage(format!(
            "--expires {shown}: is no time; write a day, as 2027-01-31, or a moment, as 2027-01-31T12:00:00Z"
        ))
    })
}

/// `--overlap`: digits and a unit.
pub(super) fn overlap(text: &str) -> Result<prost_types::Duration, Failure> {
    let seconds = text.find(|c: char| !c.is_ascii_digit()).and_then(|at| {
        let (number, unit) = text.split_at(at);
        let factor = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 24 * 3600,
            _ => return None,
        };
        number.parse::<i64>().ok()?.checked_mul(factor)
    });
    let seconds = seconds.ok_or_else(|| {
        let shown = text.escape_debug();
        Failure::usage(format!("--overlap {shown}: is no time; write one such as `30m`, `12h` or `7d`"))
    })?;
    Ok(prost_types::Duration { seconds, nanos: 0 })
}

/// When a secret ends, as a note on it.
pub(super) fn expiry(end: SystemTime, now: SystemTime) -> String {
    let Ok(left) = end.duration_since(now).map(|left: Duration| left.as_secs()) else {
        return "expired".to_owned();
    };
    match left {
        0 => "expired".to_owned(),
        _ if left > SOON => format!("expires {}", prost_types::Timestamp::from(end)),
        _ if left >= 2 * DAY => format!("expires in {} days", left / DAY),
        _ => format!("expires in {} hours", left.div_ceil(3600)),
    }
}
