//! Adapters, compiled once for as long as no register that they read changes.

mod follow_up;

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use mapping::{Adapter, Diagnostic, Register};
use runtime::names::Id;

use crate::registers::Snapshot;

/// Beyond this many, all are dropped and made anew as they are needed.
const MOST: usize = 20_000;

/// What is compiled, by business unit and key.
#[derive(Default)]
pub(crate) struct Adapters(HashMap<(Option<Id>, Id), Compiled>);

/// What came of compiling an adapter.
#[derive(Clone)]
pub(crate) struct Compiled {
    result: Result<Arc<Adapter>, Arc<Unsound>>,
    /// Every register that was read, those that are missing included.
    reads: Arc<HashSet<String>>,
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
    pub(crate) fn of(snapshot: &Snapshot, unit: Option<&Id>, key: &Id, register: &Register) -> Self {
        let Register { text, layer } = register;
        let reads = RefCell::new(HashSet::from([key.to_string()]));
        let registers = |wanted: &str| {
            reads.borrow_mut().insert(wanted.to_owned());
            snapshot.find(unit, wanted).map(|document| document.register().clone())
        };
        let result = Adapter::compile(key.as_str(), text, layer.as_ref(), &registers)
            .and_then(|adapter| match follow_up::unsupported(register) {
                told if told.is_empty() => Ok(Arc::new(adapter)),
                told => Err(told),
            })
            .map_err(|diagnostics| Arc::new(Unsound { text: text.clone(), diagnostics }));
        let mut reads = reads.into_inner();
        if let Ok(adapter) = &result {
            reads.extend(adapter.registers().iter().cloned());
        }
        Self { result, reads: Arc::new(reads) }
    }

    /// The adapter, or why there is none.
    pub(crate) fn result(self) -> Result<Arc<Adapter>, Arc<Unsound>> {
        self.result
    }
}
