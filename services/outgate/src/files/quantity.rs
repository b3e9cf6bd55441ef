//! Times and sizes as people write them.

use std::time::Duration;

use serde::Deserialize;

/// A time: `500ms`, `30s`, `2m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Timeout(pub(super) Duration);

/// The longest that a call may take.
const MAX_TIMEOUT: Duration = Duration::from_secs(600);

impl TryFrom<String> for Timeout {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no time; write one such as `500ms`, `30s` or `2m`");
        let (number, unit) = split(&text).ok_or_else(wrong)?;
        let time = match unit {
            "ms" => Duration::from_millis(number),
            "s" => Duration::from_secs(number),
            "m" => Duration::from_secs(number.saturating_mul(60)),
            _ => return Err(wrong()),
        };
        if time.is_zero() || time > MAX_TIMEOUT {
            return Err(format!("`{text}` is not between 1ms and 10m"));
        }
        Ok(Self(time))
    }
}

/// A size in bytes: `512KiB`, `10MiB`, `10MB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Size(pub(super) u64);

/// The largest answer that may be allowed.
const MAX_SIZE: u64 = 64 << 20;

impl TryFrom<String> for Size {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no size; write one such as `512KiB` or `10MiB`");
        let (number, unit) = split(&text).ok_or_else(wrong)?;
        let factor = match unit {
            "B" => 1,
            "kB" | "KB" => 1000,
            "MB" => 1_000_000,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            _ => return Err(wrong()),
        };
        match number.checked_mul(factor) {
            Some(size) if (1..=MAX_SIZE).contains(&size) => Ok(Self(size)),
            _ => Err(format!("`{text}` is not between 1B and 64MiB")),
        }
    }
}

/// Digits, and the unit after them.
fn split(text: &str) -> Option<(u64, &str)> {
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(at);
    Some((number.parse().ok()?, unit.trim_start()))
}

/// The shortest way to write a time that [`Timeout`] reads back.
pub(super) fn time(time: Duration) -> String {
    let millis = time.as_millis();
    match (millis % 60_000, millis % 1000) {
        (0, _) => format!("{}m", millis / 60_000),
        (_, 0) => format!("{}s", millis / 1000),
        _ => format!("{millis}ms"),
    }
}

/// The shortest way to write a size that [`Size`] reads back.
pub(super) fn size(bytes: u64) -> String {
    match (bytes % (1 << 20), bytes % (1 << 10)) {
        (0, _) => format!("{}MiB", bytes >> 20),
        (_, 0) => format!("{}KiB", bytes >> 10),
        _ => format!("{bytes}B"),
    }
}

#[cfg(test)]
mod tests;
