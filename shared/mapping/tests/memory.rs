//! How much memory hostile texts take. A binary of its own, because it counts what the whole process holds.

#[path = "../benches/hostile/cases.rs"]
mod cases;

use cases::{Case, READ, REFUSED, REFUSED_TEXT, Scale};
use mapping::{JsonError, Value, relaxed};
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
fn hostile_texts_are_refused_with_a_place_and_little_memory() {
    for case in REFUSED {
        let Case { name, text } = case(SCALE);
        let (read, peak) = measured(|| Value::from_json(&text));
        let Err(JsonError { message, line, column }) = read else { panic!("{name} was read") };
        assert!(!message.is_empty() && line > 0 && column > 0, "{name}");
        assert!(peak < 3 * text.len(), "{name}: {peak} bytes for a text of {}", text.len());
    }
    for case in READ {
        let Case { name, text } = case(SCALE);
        let (read, peak) = measured(|| Value::from_json(&text));
        assert!(read.is_ok(), "{name}");
        /// A member with its key, its place in the index, and room to grow.
        const VALUE: usize = 256;
        assert!(
            peak < 3 * text.len() + VALUE * SCALE.values,
            "{name}: {peak} bytes for a text of {}",
            text.len()
        );
    }
    for case in REFUSED_TEXT {
        let Case { name, text } = case(SCALE);
        let text = String::from_utf8(text).unwrap();
        let (parsed, peak) = measured(|| relaxed::parse(&text));
        let found = parsed.err().unwrap_or_default();
        assert!(!found.is_empty(), "{name}");
        assert!(found.iter().all(|found| found.line > 0 && found.column > 0), "{name}");
        /// Authored text is short: it may be held in a tree before it is refused.
        const MOST: usize = 64 << 20;
        assert!(peak < MOST, "{name}: {peak} bytes for a text of {}", text.len());
    }
}
