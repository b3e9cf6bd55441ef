//! How scenarios join the leak oracle, and what it hears of them.

mod joining;
mod sinks;
