//! How much memory hostile texts and runs take. A binary of its own, because it counts what the whole process holds.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "../benches/hostile/cases.rs"]
mod cases;
#[path = "memory/runs.rs"]
mod runs;

use cases::{
    Case, FORM, Make, READ, READ_FORM, REFUSED, REFUSED_ENCODED, REFUSED_FORM, REFUSED_TEXT, REFUSED_XML,
    Scale, XML,
};
use mapping::{JsonError, Value, answer, relaxed};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Large enough to show what memory grows with. The report `cargo bench -p mapping --bench hostile` is of the largest.
const SCALE: Scale = Scale { bytes: 2 << 20, values: 50_000 };

/// What `work` gives, and the most memory that it takes at once.
fn measured<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let made = work();
    (made, MEMORY.peak_usage() - before)
}

/// One test for all, so that nothing else runs beside it.
#[test]
fn what_is_hostile_is_refused_with_a_place_and_little_memory() {
    let mut wrong = Vec::new();
    let mut refused = |cases: &[Make], refuses: &dyn Fn(&[u8]) -> bool| wrong.extend(refused(cases, refuses));
    refused(&REFUSED, &|text| {
        let Err(JsonError { message, line, column }) = Value::from_json(text) else { return false };
        !message.is_empty() && line > 0 && column > 0
    });
    read(&READ, |text| Value::from_json(text).is_ok());
    let form = |text: &[u8]| answer::to_value(Some(FORM), text);
    refused(&REFUSED_FORM, &|text| form(text).is_err_and(|error| !error.message.is_empty()));
    read(&READ_FORM, |text| form(text).is_ok());
    let placed = |content_type: &'static str| {
        move |text: &[u8]| {
            let read = answer::to_value(Some(content_type), text);
            read.is_err_and(|error| !error.message.is_empty() && error.line > 0 && error.column > 0)
        }
    };
    refused(&REFUSED_XML, &placed(XML));
    for (content_type, case) in REFUSED_ENCODED {
        refused(&[case], &placed(content_type));
    }
    refused(&REFUSED_TEXT, &|text| {
        let found = std::str::from_utf8(text).map(relaxed::parse).unwrap().err().unwrap_or_default();
        !found.is_empty() && found.iter().all(|found| found.line > 0 && found.column > 0)
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    runs();
}

/// What is not refused as it should be.
fn refused(cases: &[Make], refuses: &dyn Fn(&[u8]) -> bool) -> Vec<String> {
    /// What an error takes by itself, however short the text: its words, and for authored text the lines that it shows.
    const ERROR: usize = 4 << 10;
    let wrong = |case: &Make| {
        let Case { name, text } = case(SCALE);
        let (refused, taken) = measured(|| refuses(&text));
        // The text itself is one of three times its size.
        let most = 2 * text.len() + ERROR;
        match (refused, taken < most) {
            (true, true) => None,
            (false, _) => Some(format!("{name} was read, or refused without a word")),
            (true, false) => Some(format!("{name}: {taken} bytes beside a text of {}", text.len())),
        }
    };
    cases.iter().filter_map(wrong).collect()
}

fn read(cases: &[Make], reads: impl Fn(&[u8]) -> bool) {
    for case in cases {
        let Case { name, text } = case(SCALE);
        let (read, taken) = measured(|| reads(&text));
        assert!(read, "{name}");
        /// A member with its key, its place in the index, and room to grow.
        const VALUE: usize = 256;
        let most = 2 * text.len() + VALUE * SCALE.values;
        assert!(taken < most, "{name}: {taken} bytes beside a text of {}", text.len());
    }
}

/// What a run holds follows from what it may make, not from what data and author repeat.
fn runs() {
    /// Room for text doubles when it is full, and the old room is held until the text was moved.
    const MOST: usize = 4 * runs::LIMIT;
    for growth in runs::ended() {
        let (ended, taken) = measured(|| growth.carry_out());
        let message = ended.expect_err(growth.name);
        assert!(message.ends_with("(limit `output_bytes`)"), "{}: {message}", growth.name);
        assert!(taken < MOST, "{}: {taken} bytes", growth.name);
    }
    let growth = runs::made();
    let (made, taken) = measured(|| growth.carry_out());
    made.expect(growth.name);
    assert!(taken < MOST, "{}: {taken} bytes", growth.name);
}
