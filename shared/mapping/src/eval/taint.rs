//! What a value is made of that arrived secret.
//!
//! While the `value` of a `saveSecret` is made, every text and number is noted that it reads of the answer. Where it reads what
//! the mapping made of the answer before, that is followed back: its plan is carried out once more, for what it reads.

use std::cell::RefCell;

use zeroize::Zeroizing;

use super::Context;
use crate::plan::{PathStep, Plan};
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::section::Section;
use crate::tainted::Tainted;
use crate::value::Value;

/// The most texts and numbers that one secret is made of, and their bytes: each of them is looked for in the answer.
const MOST: usize = 256;
const MOST_BYTES: usize = 64 << 10;

/// What is noted, while it is; and how the sections came to be that were mapped.
#[derive(Default)]
pub(super) struct Taint<'a> {
    noted: RefCell<Option<Vec<Zeroizing<Vec<u8>>>>>,
    pre_response: Option<&'a Plan>,
    response: Option<&'a Plan>,
}

impl<'a> Context<'a> {
    /// The same, with the plans of `preResponse` and `responseMapping`.
    pub(crate) fn made_by(mut self, pre_response: Option<&'a Plan>, response: Option<&'a Plan>) -> Self {
        (self.taint.pre_response, self.taint.response) = (pre_response, response);
        self
    }

    /// The value that becomes a secret: text as it is, everything else as JSON.
    pub(crate) fn tainted(&self, plan: &Plan) -> Result<Tainted, EvalError> {
        *self.taint.noted.borrow_mut() = Some(Vec::new());
        let made = self.result(plan);
        let sources = self.taint.noted.take().unwrap_or_default();
        match made? {
            Value::String(text) if !text.is_empty() => {
                Ok(Tainted::new(Zeroizing::new(text.into_bytes()), sources))
            }
            value @ (Value::Number(_) | Value::Object(_) | Value::Array(_)) => {
                Ok(Tainted::new(Zeroizing::new(value.to_json()), sources))
            }
            Value::Null | Value::Bool(_) | Value::String(_) => Err(EvalError::new(
                "there is nothing to save: text, a number, an object or an array is needed",
            )),
        }
    }

    /// Notes what was read, where that is of the answer and notes are taken.
    pub(super) fn note(
        &self,
        section: Section,
        path: &[PathStep],
        read: &Rendered<'_>,
    ) -> Result<(), EvalError> {
        if self.taint.noted.borrow().is_none() {
            return Ok(());
        }
        let made_by = match section {
            Section::Response | Section::Meta => None,
            Section::PreResponse => self.taint.pre_response,
            Section::ResponseMapping => self.taint.response,
            _ => return Ok(()),
        };
        if let Some(plan) = made_by {
            self.result(within(plan, path))?;
        }
        read.value().map_or(Ok(()), |value| self.note_all(value))
    }

    fn note_all(&self, value: &Value) -> Result<(), EvalError> {
        match value {
            Value::Null | Value::Bool(_) => Ok(()),
            Value::Number(number) => self.note_text(number.as_str()),
            Value::String(text) => self.note_text(text),
            Value::Array(items) => items.iter().try_for_each(|item| self.note_all(item)),
            Value::Object(object) => object.iter().try_for_each(|(_, value)| self.note_all(value)),
        }
    }

    fn note_text(&self, text: &str) -> Result<(), EvalError> {
        let mut noted = self.taint.noted.borrow_mut();
        let Some(noted) = noted.as_mut() else { return Ok(()) };
        if text.is_empty() || noted.iter().any(|known| known.as_slice() == text.as_bytes()) {
            return Ok(());
        }
        let bytes: usize = noted.iter().map(|known| known.len()).sum();
        self.burn(noted.len() + 1)?;
        if noted.len() >= MOST || bytes + text.len() > MOST_BYTES {
            return Err(EvalError::new(format!(
                "a secret is made of at most {MOST} texts with {MOST_BYTES} bytes of an answer; name the part that is one: \
                 `${{currentObject:response.token}}`"
            )));
        }
        noted.push(Zeroizing::new(text.as_bytes().to_vec()));
        Ok(())
    }
}

/// The part of a plan that makes what lies at a path; the whole of it where that depends on data.
fn within<'p>(plan: &'p Plan, path: &[PathStep]) -> &'p Plan {
    let (Plan::Object(members), [PathStep::Key(key), rest @ ..]) = (plan.shared(), path) else { return plan };
    let part = members.iter().find(|(name, _)| name == key.as_str());
    part.map_or(plan, |(_, part)| within(part, rest))
}
