//! How much memory hostile texts and runs take. A binary of its own, because it counts what the whole process holds.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "../benches/hostile/cases.rs"]
mod cases;
#[path = "memory/runs.rs"]
mod runs;

use cases::{
    Case, FORM, Make, READ, READ_FORM, REFUSED, REFUSED_FORM, REFUSED_TEXT, REFUSED_XML, Scale, XML,
};
use mapping::{JsonError, Limits, Value, answer, relaxed};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Large enough to show what memory grows with. The report `cargo bench -p mapping --bench hostile` is of the largest.
const SCALE: Scale = Scale { bytes: 2 << 20, values: 50_000 };

/// What `work` gives, and the most memory in use at once while it works.
fn measured<T>(work: impl FnOnce() -> T) -> (T, usize) {
    MEMORY.reset_peak_usage();
    let made = work();
    (made, MEMORY.peak_usage())
}

/// One test for all, so that nothing else runs beside it.
#[test]
fn what_is_hostile_is_refused_with_a_place_and_little_memory() {
    refused(&REFUSED, |text| {
        let Err(JsonError { message, line, column }) = Value::from_json(text) else { return false };
        !message.is_empty() && line > 0 && column > 0
    });
    read(&READ, |text| Value::from_json(text).is_ok());
    let form = |text: &[u8]| answer::to_value(Some(FORM), text);
    refused(&REFUSED_FORM, |text| form(text).is_err_and(|error| !error.message.is_empty()));
    read(&READ_FORM, |text| form(text).is_ok());
    refused(&REFUSED_XML, |text| {
        let read = answer::to_value(Some(XML), text);
        read.is_err_and(|error| !error.message.is_empty() && error.line > 0 && error.column > 0)
    });
    authored();
    runs();
}

fn refused(cases: &[Make], refuses: impl Fn(&[u8]) -> bool) {
    for case in cases {
        let Case { name, text } = case(SCALE);
        let (refused, peak) = measured(|| refuses(&text));
        assert!(refused, "{name} was read, or refused without a word");
        assert!(peak < 3 * text.len(), "{name}: {peak} bytes for a text of {}", text.len());
    }
}

fn read(cases: &[Make], reads: impl Fn(&[u8]) -> bool) {
    for case in cases {
        let Case { name, text } = case(SCALE);
        let (read, peak) = measured(|| reads(&text));
        assert!(read, "{name}");
        /// A member with its key, its place in the index, and room to grow.
        const VALUE: usize = 256;
        let most = 3 * text.len() + VALUE * SCALE.values;
        assert!(peak < most, "{name}: {peak} bytes for a text of {}", text.len());
    }
}

fn authored() {
    for case in REFUSED_TEXT {
        let Case { name, text } = case(SCALE);
        let text = String::from_utf8(text).unwrap();
        let (parsed, peak) = measured(|| relaxed::parse(&text));
        let found = parsed.err().unwrap_or_default();
        assert!(!found.is_empty(), "{name}");
        assert!(found.iter().all(|found| found.line > 0 && found.column > 0), "{name}");
        /// Authored text may be held in a tree before it is refused, a member with its key and its place as this. Of
        /// [`Limits::AUTHORED`] it is `nodes` that bounds the tree, at 200,000 * 320 = 64 MB, however many of its 4 MiB a
        /// text has; the text itself is held twice at most.
        const VALUE: usize = 320;
        let values = text.bytes().filter(|byte| b",:[{".contains(byte)).count();
        let most = 2 * text.len() + VALUE * values.min(Limits::AUTHORED.nodes) + (1 << 20);
        assert!(peak < most, "{name}: {peak} bytes for a text of {}", text.len());
    }
}

/// What a run holds follows from what it may make, not from what data and author repeat.
fn runs() {
    /// Room for text doubles when it is full, and the old room is held until the text was moved.
    const MOST: usize = 4 * runs::LIMIT;
    for growth in runs::ended() {
        let before = MEMORY.current_usage();
        let (ended, peak) = measured(|| growth.carry_out());
        let message = ended.expect_err(growth.name);
        assert!(message.ends_with("(limit `output_bytes`)"), "{}: {message}", growth.name);
        assert!(peak - before < MOST, "{}: {} bytes", growth.name, peak - before);
    }
    let growth = runs::made();
    let before = MEMORY.current_usage();
    let (made, peak) = measured(|| growth.carry_out());
    made.expect(growth.name);
    assert!(peak - before < MOST, "{}: {} bytes", growth.name, peak - before);
}
