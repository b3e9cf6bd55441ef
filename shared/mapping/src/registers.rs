//! Where the texts of registers come from.

use std::sync::Arc;

use crate::value::Value;

/// The registers that an adapter may read, as one business unit sees them.
///
/// Asked while an adapter is compiled, never while it runs. Who keeps the compiled adapter watches
/// [`Adapter::registers`](crate::Adapter::registers) and compiles again when one of them changes.
pub trait Registers {
    /// The register `key`, the unit's private copy before the shared one; `None` if there is neither.
    fn register(&self, key: &str) -> Option<Register>;
}

/// One register.
#[derive(Clone, Debug)]
pub struct Register {
    /// What an author wrote: relaxed JSON, whose strings are templates.
    pub text: Arc<str>,
    /// What runs wrote into it, as a JSON merge patch over the text. Data: it is merged after parsing and never compiled.
    pub layer: Option<Value>,
}

impl Register {
    /// A register no run has written into.
    pub fn authored(text: impl Into<Arc<str>>) -> Self {
        Self { text: text.into(), layer: None }
    }
}

/// No registers at all.
impl Registers for () {
    fn register(&self, _key: &str) -> Option<Register> {
        None
    }
}

impl<F: Fn(&str) -> Option<Register>> Registers for F {
    fn register(&self, key: &str) -> Option<Register> {
        self(key)
    }
}
