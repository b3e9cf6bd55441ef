//! What `base64`, `base64Url`, `hex` and `urlEncode` do: text in another form.

use super::operation::{Arguments, Operation};
use crate::eval::refused;
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::template::Encoder;
use crate::value::Value;

/// The text of its argument, encoded as a whole: now if it is data, by the guarded client if there is a secret in it.
#[derive(Debug)]
pub(super) struct Encode(pub(super) Encoder);

impl Operation for Encode {
    fn apply<'c>(&'c self, arguments: &Arguments<'c>) -> Result<Rendered<'c>, EvalError> {
        let Some(template) = arguments.template(0)? else { return Ok(Rendered::NULL) };
        match template.into_text() {
            Ok(text) => {
                // Never shorter than the text: what would be too long is refused before it is made.
                arguments.spend(text.len())?;
                let encoded = self.0.encode_text(&text).map_err(refused)?.into_owned();
                arguments.spend(encoded.len().saturating_sub(text.len()))?;
                Ok(Rendered::Own(Value::String(encoded)))
            }
            Err(template) => Ok(Rendered::Text(template.encoded(self.0).map_err(refused)?)),
        }
    }
}
