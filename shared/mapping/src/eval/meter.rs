//! What a run uses, counted against its limits.

use std::cell::Cell;

use crate::limits::{Limits, Used};
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::value::Value;

/// Counts what a run uses; shared by everything that one run makes.
pub(super) struct Meter {
    limits: Limits,
    nodes: Cell<usize>,
    depth: Cell<usize>,
    output_bytes: Cell<usize>,
    fuel: Cell<u64>,
}

/// So many bytes of text cost as much as one step.
pub(super) const BYTES_A_STEP: usize = 64;

impl Meter {
    pub(super) fn new(limits: Limits) -> Self {
        let (nodes, depth, output_bytes, fuel) =
            (Cell::default(), Cell::default(), Cell::default(), Cell::default());
        Self { limits, nodes, depth, output_bytes, fuel }
    }

    pub(super) fn used(&self) -> Used {
        Used {
            nodes: self.nodes.get(),
            depth: self.depth.get(),
            output_bytes: self.output_bytes.get(),
            fuel: self.fuel.get(),
        }
    }

    /// Steps are taken.
    pub(super) fn burn(&self, steps: usize) -> Result<(), EvalError> {
        let fuel = self.fuel.get() + steps as u64;
        self.fuel.set(fuel);
        match self.limits.fuel {
            most if fuel > most => Err(exceeded("takes", most, "steps", "fuel")),
            _ => Ok(()),
        }
    }

    /// Bytes are made.
    pub(super) fn spend(&self, bytes: usize) -> Result<(), EvalError> {
        let made = self.output_bytes.get() + bytes;
        self.output_bytes.set(made);
        match self.limits.output_bytes {
            most if made > most => Err(exceeded("makes", most, "bytes", "output_bytes")),
            _ => self.burn(bytes / BYTES_A_STEP),
        }
    }

    /// Values are made, `level` deep in what they are made for.
    pub(super) fn count(&self, size: Size, level: usize) -> Result<(), EvalError> {
        let (nodes, depth) = (self.nodes.get() + size.nodes, size.depth + level);
        self.nodes.set(nodes);
        self.depth.set(self.depth.get().max(depth));
        if nodes > self.limits.nodes {
            return Err(exceeded("makes", self.limits.nodes, "values", "nodes"));
        }
        if depth > self.limits.depth {
            let most = self.limits.depth;
            return Err(EvalError::new(format!("the value is nested deeper than {most} (limit `depth`)")));
        }
        self.burn(size.nodes)
    }

    /// How large a value is when it is written out, as far as the steps that are left can tell.
    pub(super) fn size(&self, value: &Rendered<'_>) -> Size {
        let left = self.limits.fuel.saturating_sub(self.fuel.get());
        value.size(usize::try_from(left).unwrap_or(usize::MAX))
    }

    /// Whether so much could be made at all, before it is.
    pub(super) fn room_for(&self, size: Size) -> Result<(), EvalError> {
        let made = self.output_bytes.get() + size.text;
        match self.limits.output_bytes {
            most if made > most => Err(exceeded("makes", most, "bytes", "output_bytes")),
            _ => Ok(()),
        }
    }
}

fn exceeded(does: &str, most: impl std::fmt::Display, what: &str, limit: &str) -> EvalError {
    EvalError::new(format!("the run {does} more than {most} {what} (limit `{limit}`)"))
}

/// How large a value is.
#[derive(Clone, Copy, Default)]
pub(super) struct Size {
    pub(super) nodes: usize,
    /// How deep it is nested; 0 for what is neither an array nor an object.
    pub(super) depth: usize,
    /// About what it takes in memory.
    pub(super) bytes: usize,
    /// The least it takes as text: of JSON where it is an array or an object.
    pub(super) text: usize,
}

impl Size {
    /// One value that holds nothing.
    pub(super) const ONE: Self = Self { nodes: 1, depth: 0, bytes: size_of::<Value>(), text: 0 };
    /// An array or an object without what is in it.
    pub(super) const STRUCTURE: Self = Self { nodes: 1, depth: 1, bytes: size_of::<Value>(), text: 0 };

    pub(super) fn of(value: &Value) -> Self {
        let mut size = Self::ONE;
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::String(text) => size.write(text.len()),
            Value::Number(number) => size.write(number.as_str().len()),
            Value::Array(items) => {
                size.depth = 1;
                items.iter().for_each(|item| size.hold(Self::of(item)));
            }
            Value::Object(object) => {
                size.depth = 1;
                for (key, value) in object.iter() {
                    size.name(key);
                    size.hold(Self::of(value));
                }
            }
        }
        size
    }

    /// Holds another value.
    pub(super) fn hold(&mut self, inner: Self) {
        self.nodes += inner.nodes;
        self.depth = self.depth.max(inner.depth + 1);
        self.bytes += inner.bytes;
        self.text += inner.text;
    }

    /// A member has a name.
    fn name(&mut self, key: &str) {
        self.bytes += size_of::<String>();
        self.write(key.len());
    }

    fn write(&mut self, length: usize) {
        self.bytes += length;
        self.text += length;
    }
}

impl Rendered<'_> {
    /// How large it is when it is written out. Nothing more is looked at when there are more values than `most`: the same data
    /// may stand in it many times.
    pub(super) fn size(&self, most: usize) -> Size {
        let mut size = Size::STRUCTURE;
        match self {
            Self::Data(value) => return Size::of(value),
            Self::Own(value) => return Size::of(value),
            Self::Text(template) => {
                let mut size = Size::ONE;
                size.write(template.size());
                return size;
            }
            Self::Array(items) => {
                for item in items {
                    if size.nodes > most {
                        break;
                    }
                    size.hold(item.size(most));
                }
            }
            Self::Object(members) => {
                for (key, value) in members {
                    if size.nodes > most {
                        break;
                    }
                    size.name(key);
                    size.hold(value.size(most));
                }
            }
        }
        size
    }
}
