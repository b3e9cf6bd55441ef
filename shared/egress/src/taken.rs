//! Takes out of an answer what became a secret with it.
//!
//! What `saveSecret` takes is a secret from then on, also to the run that it came with. So the answer is mapped without it: no
//! mapping can make anything of what it is not given. What is looked for, and in which forms, is what the scrubber looks for
//! in an answer; here it is each text and number of the answer, as the mapping would read it, and so in no mix of escapes.

use bytes::Bytes;
use mapping::{Answer, Object, Tainted, Value};

use crate::scrub::{MIN_SECRET, Scrubber};

/// Values that became secrets.
pub struct Taken(Scrubber);

impl Taken {
    /// A value of fewer bytes cannot be told from ordinary text, and so cannot be taken out.
    pub const SHORTEST: usize = MIN_SECRET;

    /// These values, and the texts and numbers that they were made of.
    #[must_use]
    pub fn new<'a>(values: impl IntoIterator<Item = &'a Tainted>) -> Self {
        Self(Scrubber::new(values.into_iter().flat_map(Tainted::expose_sources)))
    }

    /// The answer without them.
    #[must_use]
    pub fn out_of_answer(&self, answer: &Answer) -> Answer {
        Answer { meta: self.out_of(&answer.meta), response: self.out_of(&answer.response) }
    }

    /// The value without them: a placeholder stands where they were.
    #[must_use]
    pub fn out_of(&self, value: &Value) -> Value {
        match value {
            Value::Null | Value::Bool(_) => value.clone(),
            Value::Number(number) => match self.found(number.as_str()) {
                Some(clean) => Value::String(clean),
                None => value.clone(),
            },
            Value::String(text) => Value::String(self.out_of_text(text)),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.out_of(item)).collect()),
            Value::Object(object) => {
                let mut clean = Object::with_capacity(object.len());
                for (key, value) in object.iter() {
                    clean.insert(self.out_of_text(key), self.out_of(value));
                }
                Value::Object(clean)
            }
        }
    }

    /// The text without them.
    #[must_use]
    pub fn out_of_text(&self, text: &str) -> String {
        self.found(text).unwrap_or_else(|| text.to_owned())
    }

    /// The text without them, where it held any.
    fn found(&self, text: &str) -> Option<String> {
        let (clean, count) = self.0.scrub(Bytes::copy_from_slice(text.as_bytes()));
        (count > 0).then(|| String::from_utf8_lossy(&clean).into_owned())
    }
}

#[cfg(test)]
mod tests;
