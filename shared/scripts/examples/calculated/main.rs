//! What scripts and mappings give, a line for each, the same on every run: `tests/architectures/run` holds what one processor
//! prints against what others do. The engine is the worker's, without its confinement, which an emulator does not have.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]
#![expect(clippy::expect_used, reason = "a comparison that cannot be made ends")]

#[path = "../../tests/pool/cases.rs"]
#[expect(dead_code, reason = "what a case should give is for tests to say")]
mod cases;
#[path = "../../src/worker/engine.rs"]
mod engine;
#[path = "../../src/fair.rs"]
#[expect(dead_code, reason = "the pool asks about other processes")]
mod fair;
mod mappings;
mod random;
mod scripts;
#[path = "../../src/worker/thrown.rs"]
mod thrown;
#[path = "../../src/wire.rs"]
#[expect(dead_code, reason = "nothing goes over a pipe here")]
mod wire;

// As the worker.
use maths as _;

fn main() {
    let mut count = 0;
    let mut print = |what: &str, given: String, gives: String| {
        count += 1;
        println!("{what}\t{}\t{}", given.escape_debug(), gives.escape_debug());
    };
    scripts::all(&mut print);
    mappings::all(&mut print);
    println!("{count} calculated");
}
