//! What hostile and huge texts cost: for each its size, the time to refuse or read it, and the most memory in use at once,
//! the text itself included.
//!
//! `cargo bench -p mapping --bench hostile`
#![expect(clippy::print_stdout, reason = "a report is printed")]

mod cases;

use std::time::{Duration, Instant};

use cases::{
    Case, FORM, Make, READ, READ_FORM, REFUSED, REFUSED_ENCODED, REFUSED_FORM, REFUSED_TEXT, REFUSED_XML,
    Scale, XML,
};
use mapping::{Value, answer, relaxed};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Nearly as much as data may be.
const LARGE: Scale = Scale { bytes: 30 << 20, values: 999_999 };

fn main() {
    report("Data that is refused", &REFUSED, |text| Value::from_json(text).is_ok());
    report("Data that is read", &READ, |text| Value::from_json(text).is_ok());
    let form = |text: &[u8]| answer::to_value(Some(FORM), text).is_ok();
    report("Forms that are refused", &REFUSED_FORM, form);
    report("Forms that are read", &READ_FORM, form);
    report("XML that is refused", &REFUSED_XML, |text| answer::to_value(Some(XML), text).is_ok());
    for (content_type, case) in REFUSED_ENCODED {
        report(content_type, &[case], |text| answer::to_value(Some(content_type), text).is_ok());
    }
    report("Authored text that is refused", &REFUSED_TEXT, |text| {
        std::str::from_utf8(text).is_ok_and(|text| relaxed::parse(text).is_ok())
    });
}

fn report(title: &str, cases: &[Make], read: impl Fn(&[u8]) -> bool) {
    println!("\n{title:<48} {:>10} {:>9} {:>10} {:>7}", "text", "time", "memory", "times");
    for case in cases {
        let Case { name, text } = case(LARGE);
        let (time, peak) = cost(&text, &read);
        let (size, peak) = (text.len() as f64 / 1e6, peak as f64 / 1e6);
        println!(
            "{name:<48} {size:>7.1} MB {:>6.1} ms {peak:>7.1} MB {:>6.1}x",
            time.as_secs_f64() * 1e3,
            peak / size,
        );
    }
}

/// The shortest of several times, and the most memory in use at once, the text's own among it and nothing that was there before.
fn cost(text: &[u8], read: impl Fn(&[u8]) -> bool) -> (Duration, usize) {
    let mut shortest = Duration::MAX;
    let before = MEMORY.current_usage() - text.len();
    MEMORY.reset_peak_usage();
    for _ in 0..3 {
        let started = Instant::now();
        std::hint::black_box(read(text));
        shortest = shortest.min(started.elapsed());
    }
    (shortest, MEMORY.peak_usage() - before)
}
