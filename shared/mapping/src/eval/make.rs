//! Values of their own: results, and what scripts and functions are handed.

use std::borrow::Cow;

use super::meter::Size;
use super::{Context, leak};
use crate::plan::Plan;
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::value::{Object, Value};

impl Context<'_> {
    /// A value that leaves the run.
    pub(crate) fn result(&self, plan: &Plan) -> Result<Value, EvalError> {
        self.make(plan, 0)
    }

    /// What a plan gives, without holes, `level` deep in what it is made for.
    fn make(&self, plan: &Plan, level: usize) -> Result<Value, EvalError> {
        match plan {
            Plan::Object(members) => {
                self.meter.count(Size::STRUCTURE, level)?;
                self.spend_keys(members.iter().map(|(key, _)| key.as_str()))?;
                let mut object = Object::with_capacity(members.len());
                for (key, plan) in members {
                    let value = self.make(plan, level + 1).map_err(|error| error.within(key))?;
                    object.insert(key.as_str(), value);
                }
                Ok(Value::Object(object))
            }
            Plan::Array(items) => {
                self.meter.count(Size::STRUCTURE, level)?;
                let item = |(index, plan)| {
                    self.make(plan, level + 1).map_err(|error| error.within(&format!("[{index}]")))
                };
                Ok(Value::Array(items.iter().enumerate().map(item).collect::<Result<_, EvalError>>()?))
            }
            Plan::Shared(plan) => self.make(plan, level),
            plan => self.own_at(self.eval(plan)?, level),
        }
    }

    /// A value of its own, without holes.
    pub(crate) fn own(&self, rendered: Rendered<'_>) -> Result<Value, EvalError> {
        self.own_at(rendered, 0)
    }

    /// How many bytes a value takes, and the steps of finding that out.
    pub(crate) fn bytes_of(&self, value: &Value) -> Result<usize, EvalError> {
        let size = Size::of(value);
        self.burn(size.nodes)?;
        Ok(size.bytes)
    }

    /// Counts a value that a run makes, where it did not come by [`Self::own`].
    pub(crate) fn spend_on(&self, value: &Value) -> Result<(), EvalError> {
        let size = Size::of(value);
        self.meter.count(size, 0)?;
        self.spend(size.bytes)
    }

    /// Counts the keys of an object, before it has them for its own.
    fn spend_keys<'k>(&self, keys: impl Iterator<Item = &'k str>) -> Result<(), EvalError> {
        self.spend(keys.map(|key| size_of::<String>() + key.len()).sum())
    }

    pub(super) fn own_at(&self, rendered: Rendered<'_>, level: usize) -> Result<Value, EvalError> {
        match rendered {
            Rendered::Data(value) => {
                let size = Size::of(value);
                self.meter.count(size, level)?;
                self.spend(size.bytes)?;
                Ok(value.clone())
            }
            Rendered::Own(value) => {
                self.meter.count(Size::of(&value), level)?;
                Ok(value)
            }
            Rendered::Text(template) => Err(leak(&template)),
            Rendered::Array(items) => {
                self.meter.count(Size::STRUCTURE, level)?;
                let own = |item| self.own_at(item, level + 1);
                Ok(Value::Array(items.into_iter().map(own).collect::<Result<_, _>>()?))
            }
            Rendered::Object(members) => {
                self.meter.count(Size::STRUCTURE, level)?;
                self.spend_keys(members.iter().map(|(key, _)| &**key))?;
                let own =
                    |(key, value): (Cow<'_, str>, _)| Ok((key.into_owned(), self.own_at(value, level + 1)?));
                Ok(Value::Object(members.into_iter().map(own).collect::<Result<_, EvalError>>()?))
            }
        }
    }
}
