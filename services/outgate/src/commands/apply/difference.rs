//! The difference between two texts, as `diff -u` shows it.

use similar::TextDiff;

use crate::output::{self, DIM, GREEN, RED};

/// The lines that differ, with three around them. Empty where nothing does.
pub(super) fn difference(before: &str, after: &str) -> String {
    TextDiff::from_lines(before, after).unified_diff().context_radius(3).to_string()
}

/// The same, coloured.
pub(super) fn styled(difference: &str) -> String {
    let line = |line: &str| match line.as_bytes().first() {
        Some(b'+') => output::styled(GREEN, line),
        Some(b'-') => output::styled(RED, line),
        Some(b'@' | b'\\') => output::styled(DIM, line),
        _ => line.to_owned(),
    };
    difference.lines().map(|text| format!("    {}\n", line(text))).collect()
}
