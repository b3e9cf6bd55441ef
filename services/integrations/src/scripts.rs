//! Scripts wait for a process, and threads that serve other calls must not.

use std::sync::Arc;

use mapping::{Program, ScriptError, Scripts, Value};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    task::block_in_place,
};

/// The same, but while a script runs, the other calls of its thread are served by another one.
///
/// It is done here and not around the mapping of an adapter, because a script of a simple shape waits for nobody, and only
/// the data decides whether it stays one.
pub(crate) fn off_the_loop(scripts: Arc<dyn Scripts>) -> Arc<dyn Scripts> {
    Arc::new(OffTheLoop(scripts))
}

#[derive(Debug)]
struct OffTheLoop(Arc<dyn Scripts>);

impl Scripts for OffTheLoop {
    fn check(&self, source: &str) -> Result<(), ScriptError> {
        waiting(|| self.0.check(source))
    }

    fn evaluate(&self, program: &Program, values: &[Value], timestamp_ms: i64) -> Result<Value, ScriptError> {
        waiting(|| self.0.evaluate(program, values, timestamp_ms))
    }
}

/// A runtime of one thread has no other to hand its calls to.
fn waiting<T>(wait: impl FnOnce() -> T) -> T {
    match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::MultiThread => block_in_place(wait),
        _ => wait(),
    }
}

#[cfg(test)]
mod tests;
