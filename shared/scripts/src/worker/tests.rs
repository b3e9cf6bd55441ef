use super::{TIME, engine::Engine};

/// A worker that cannot be confined has an engine already, and is to say why it ends.
#[test]
fn an_engine_that_ran_nothing_is_taken_down_without_ending_the_process() {
    let engine = Engine::new(TIME, || std::process::exit(1)).unwrap();
    drop(engine);
}
