//! A worker as a program of its own: what the tests of the pool run.

fn main() -> std::process::ExitCode {
    scripts::worker::serve()
}
