//! The printed adapter, side by side: this crate, minijinja, and `serde_json` by hand.
//!
//! Every engine makes the same request of the same input and the same result of the same answer; they are compared before
//! anything is timed. `tests/bench/mapping/compare` runs this beside JSONata and prints one table. The rows:
//!
//! * `compile`: the adapter's text, checked and compiled.
//! * `request`: its request, from an input that is parsed already; method, URL, headers and body are bytes then.
//! * `request_from_bytes`: the same, the input parsed and what an engine wrote as text checked to be JSON.
//! * `result`: its result as bytes, from the bytes of an answer's body, the `evaluate` in it included.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be run fails")]

mod by_hand;
mod jinja;
mod ours;
mod sides;

use divan::Divan;

fn main() {
    sides::compare();
    // Calls of a microsecond are timed by the hundred.
    Divan::default().sample_size(100).sample_count(200).config_with_args().main();
}
