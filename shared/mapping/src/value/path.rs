//! Paths into values: `a.b`, `a.0`, `a[0]`, `a["odd.key"]`.

use super::Value;
use crate::path::{self, Step};

impl Value {
    /// The value at `path`, in the notation of `${currentObject:…}`: `a.b.c`, `a.0.b`, `a[0].b`, `a["odd.key"]`. The empty
    /// path is the value itself. `None` if a step is missing or the path is not well formed.
    pub fn get(&self, path: &str) -> Option<&Value> {
        path::parse(path).ok()?.iter().try_fold(self, |value, step| value.step(step))
    }

    /// The value one step down.
    pub(crate) fn step(&self, step: &Step) -> Option<&Value> {
        match self {
            Self::Object(object) => object.get(step.as_str()),
            Self::Array(items) => items.get(step.index()?),
            _ => None,
        }
    }

    /// As [`Value::step`], to change or take what lies there.
    pub(crate) fn step_mut(&mut self, step: &Step) -> Option<&mut Value> {
        match self {
            Self::Object(object) => object.get_mut(step.as_str()),
            Self::Array(items) => items.get_mut(step.index()?),
            _ => None,
        }
    }
}
