//! Adapters, compiled once for as long as no register that they read changes.

mod around;
mod follow_up;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use mapping::{Adapter, Diagnostic, Environment, Register, Scripts};
use runtime::names::Id;

pub(crate) use around::Around;

use crate::registers::{Document, Snapshot};

/// Beyond this many, all are dropped and made anew as they are needed.
const MOST: usize = 20_000;

/// What is compiled, by business unit and key.
#[derive(Default)]
pub(crate) struct Adapters(HashMap<(Option<Id>, Id), Compiled>);

/// What came of compiling an adapter.
#[derive(Clone)]
pub(crate) struct Compiled {
    result: Result<Sound, Arc<Unsound>>,
    /// Every register that was read, those that are missing included.
    reads: Arc<HashSet<String>>,
}

/// An adapter that can run.
#[derive(Clone)]
pub(crate) struct Sound {
    pub(crate) adapter: Arc<Adapter>,
    /// Which version of its own register this is.
    pub(crate) etag: Arc<str>,
}

/// An adapter that cannot run.
pub(crate) struct Unsound {
    /// Its text.
    pub(crate) text: Arc<str>,
    /// What was found, in the order of places; at least one error.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Adapters {
    /// What is kept for a key.
    pub(crate) fn get(&self, unit: Option<&Id>, key: &Id) -> Option<Compiled> {
        self.0.get(&(unit.cloned(), key.clone())).cloned()
    }

    /// Keeps what was compiled for a key.
    pub(crate) fn keep(&mut self, unit: Option<&Id>, key: &Id, compiled: Compiled) {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert((unit.cloned(), key.clone()), compiled);
    }

    /// Drops what read a register that changes. A private one is seen by its unit alone, a shared one by all.
    pub(crate) fn forget(&mut self, unit: &Option<Id>, key: &str) {
        self.0.retain(|(reader, _), compiled| {
            let sees = unit.is_none() || unit == reader;
            !(sees && compiled.reads.contains(key))
        });
    }
}

impl Compiled {
    /// Compiles a register as an adapter, as a business unit sees the registers around it.
    pub(crate) fn of(
        snapshot: &Snapshot,
        unit: Option<&Id>,
        key: &Id,
        document: &Document,
        scripts: Option<&dyn Scripts>,
    ) -> Self {
        let around = Around::new(snapshot, unit, key, scripts);
        let sound = |adapter| Sound { adapter: Arc::new(adapter), etag: document.etag().into() };
        let result = compile(&around, key, document.register()).map(sound).map_err(Arc::new);
        let mut reads = around.reads();
        if let Ok(sound) = &result {
            reads.extend(sound.adapter.registers().iter().cloned());
        }
        Self { result, reads: Arc::new(reads) }
    }

    /// The adapter, or why there is none.
    pub(crate) fn result(self) -> Result<Sound, Arc<Unsound>> {
        self.result
    }
}

/// Compiles a register as an adapter, among what `environment` knows.
///
/// # Errors
/// With everything that was found.
pub(crate) fn compile(
    environment: &dyn Environment,
    key: &Id,
    register: &Register,
) -> Result<Adapter, Unsound> {
    let Register { text, layer } = register;
    let unsupported = follow_up::unsupported(register);
    let mut diagnostics = match Adapter::compile(key.as_str(), text, layer.as_ref(), environment) {
        Ok(adapter) if unsupported.is_empty() => return Ok(adapter),
        Ok(adapter) => adapter.warnings().to_vec(),
        Err(diagnostics) => diagnostics,
    };
    diagnostics.extend(unsupported);
    let place = |found: &Diagnostic| (found.origin.as_ref().map(|of| of.register.clone()), found.span.start);
    diagnostics.sort_by_cached_key(place);
    Err(Unsound { text: text.clone(), diagnostics })
}
