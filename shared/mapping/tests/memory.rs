//! How much memory hostile texts and runs take. A binary of its own, because it counts what the whole process holds.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "../benches/hostile/cases.rs"]
mod cases;
#[path = "memory/runs.rs"]
mod runs;
#[path = "memory/tiny.rs"]
mod tiny;

use cases::{
    Case, FORM, Make, READ, READ_FORM, REFUSED, REFUSED_ENCODED, REFUSED_FORM, REFUSED_TEXT, REFUSED_XML,
    Scale, XML,
};
use mapping::answer::{self, AnswerError};
use mapping::{Diagnostic, JsonError, Value, relaxed};
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
    let mut all = |read: &dyn Fn(&[u8]) -> Refused, cases: &[Make]| {
        wrong.extend(cases.iter().filter_map(|case| {
            let Case { name, text } = case(SCALE);
            problem(name, &text, read)
        }));
    };
    all(&json, &REFUSED);
    all(&answer(FORM), &REFUSED_FORM);
    all(&answer(XML), &REFUSED_XML);
    for (content_type, case) in REFUSED_ENCODED {
        all(&answer(content_type), &[case]);
    }
    all(&authored, &REFUSED_TEXT);
    let mut count = 0;
    let mut tiny = |name: &str, text: &[u8], read: &dyn Fn(&[u8]) -> Refused| {
        // Some are sound as long as they are short.
        if matches!(read(text), Refused::Not) {
            return;
        }
        count += 1;
        wrong.extend(problem(&format!("{name} {:?}", String::from_utf8_lossy(text)), text, read));
    };
    tiny::json().iter().for_each(|text| tiny("JSON", text, &json));
    tiny::answers().iter().for_each(|(name, text)| tiny(name, text, &answer(name)));
    tiny::authored().iter().for_each(|text| tiny("authored", text, &authored));
    assert!(count > 1_000, "{count}");
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    read(&READ, |text| Value::from_json(text).is_ok());
    read(&READ_FORM, |text| answer::to_value(Some(FORM), text).is_ok());
    runs();
}

/// How a text was refused.
enum Refused {
    Not,
    Json(JsonError),
    Answer(AnswerError),
    Authored(Vec<Diagnostic>),
}

fn json(text: &[u8]) -> Refused {
    Value::from_json(text).map_or_else(Refused::Json, |_| Refused::Not)
}

fn answer(content_type: &str) -> impl Fn(&[u8]) -> Refused {
    move |text| answer::to_value(Some(content_type), text).map_or_else(Refused::Answer, |_| Refused::Not)
}

fn authored(text: &[u8]) -> Refused {
    let text = std::str::from_utf8(text).unwrap();
    relaxed::parse(text).map_or_else(Refused::Authored, |_| Refused::Not)
}

impl Refused {
    /// Whether it says what is wrong, and where.
    fn is_told(&self) -> bool {
        match self {
            Self::Not => false,
            Self::Json(error) => error.line > 0 && error.column > 0 && !error.message.to_string().is_empty(),
            Self::Answer(error) => {
                error.line > 0 && error.column > 0 && !error.message.to_string().is_empty()
            }
            Self::Authored(found) => {
                !found.is_empty() && found.iter().all(|found| found.line > 0 && found.column > 0)
            }
        }
    }

    /// What it takes by itself. An error about data takes nothing: its words are put together when they are shown. What is
    /// found in authored text is a list for its author, in words made for it, at most twenty for each text.
    fn room(&self) -> usize {
        /// The words about one finding, and the help with it.
        const WORDS: usize = 256;
        match self {
            // While a list grows it is held twice.
            Self::Authored(found) => {
                found.len().next_power_of_two().max(4) * 2 * (size_of::<Diagnostic>() + WORDS)
            }
            _ => 0,
        }
    }
}

/// What is wrong with how a text is refused.
fn problem(name: &str, text: &[u8], read: &dyn Fn(&[u8]) -> Refused) -> Option<String> {
    let (refused, taken) = measured(|| read(text));
    // The text itself is one of three times its size.
    let most = 2 * text.len() + refused.room();
    if !refused.is_told() {
        Some(format!("{name} was read, or refused without a word or a place"))
    } else if taken >= most {
        Some(format!("{name}: {taken} bytes beside a text of {}", text.len()))
    } else {
        None
    }
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
