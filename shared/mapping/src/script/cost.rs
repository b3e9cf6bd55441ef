//! What the steps of a script cost, paid out of what its run may take and make.

use std::borrow::Cow;

use super::coerce::{Js, Result};
use crate::eval::Context;
use crate::value::Value;

/// Pays for a script. Whatever goes over text, copies or makes a value pays first, so that the limits of the run end a script
/// before the memory and the time are spent.
#[derive(Clone, Copy)]
pub(super) struct Cost<'c>(&'c Context<'c>);

/// So many bytes of text are gone over, character by character, in the time of one step.
const BYTES_A_STEP: usize = 16;

impl<'c> Cost<'c> {
    pub(super) fn of(context: &'c Context<'c>) -> Self {
        Self(context)
    }

    /// So many values are looked at.
    pub(super) fn look(self, values: usize) -> Result<()> {
        Ok(self.0.burn(values)?)
    }

    /// So many bytes of text are gone over.
    pub(super) fn read(self, bytes: usize) -> Result<()> {
        self.look(bytes / BYTES_A_STEP)
    }

    /// So many bytes of text and values are made.
    pub(super) fn make(self, bytes: usize) -> Result<()> {
        Ok(self.0.spend(bytes)?)
    }

    /// A value to work with, where it lies. The digits of a number are read, and may be many.
    pub(super) fn take<'v>(self, value: &'v Value) -> Result<Js<'v>> {
        if let Value::Number(number) = value {
            self.read(number.as_str().len())?;
        }
        Ok(Js::borrowed(value))
    }

    /// A copy of a value.
    pub(super) fn copy(self, value: &Value) -> Result<Value> {
        self.make(self.bytes(value)?)?;
        Ok(value.clone())
    }

    /// How many bytes a value takes in memory.
    pub(super) fn bytes(self, value: &Value) -> Result<usize> {
        Ok(self.0.bytes_of(value)?)
    }

    /// Pays for what is copied where a value has to be one of its own.
    pub(super) fn own(self, value: &Js<'_>) -> Result<()> {
        match value {
            Js::Text(Cow::Borrowed(text)) => self.make(text.len()),
            Js::Handed(Cow::Borrowed(number)) => self.make(number.as_str().len()),
            Js::Structure(Cow::Borrowed(value)) => self.make(self.bytes(value)?),
            _ => Ok(()),
        }
    }
}
