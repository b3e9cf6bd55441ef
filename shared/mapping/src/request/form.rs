//! Names and values: `application/x-www-form-urlencoded` bodies, and `requestMapping.query`.

use crate::eval::{Context, leak, refused};
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::template::{Encoder, Template};
use crate::value::Value;

/// Hands over every name with its value: arrays repeat the name, objects write `name[key]`, null is left out.
///
/// A name is as long as data says and repeated as often, so each is counted before it is handed over.
pub(super) fn pairs(
    value: &Rendered<'_>,
    context: &Context<'_>,
    each: impl FnMut(&str, &Rendered<'_>) -> Result<(), EvalError>,
) -> Result<(), EvalError> {
    let mut pairs = Pairs { name: String::new(), context, each };
    match value {
        Rendered::Data(Value::Null) | Rendered::Own(Value::Null) => Ok(()),
        Rendered::Data(Value::Object(object)) | Rendered::Own(Value::Object(object)) => {
            object.iter().try_for_each(|(key, value)| pairs.member(["", key, ""], &Rendered::Data(value)))
        }
        Rendered::Object(members) => {
            members.iter().try_for_each(|(key, value)| pairs.member(["", key, ""], value))
        }
        Rendered::Text(template) => Err(leak(template)),
        _ => Err(EvalError::new("an object of names and values is needed here")),
    }
}

struct Pairs<'p, E> {
    /// The name of the value that comes next.
    name: String,
    context: &'p Context<'p>,
    each: E,
}

impl<E: FnMut(&str, &Rendered<'_>) -> Result<(), EvalError>> Pairs<'_, E> {
    /// A value with three more pieces of its name.
    fn member(&mut self, pieces: [&str; 3], value: &Rendered<'_>) -> Result<(), EvalError> {
        let outer = self.name.len();
        pieces.into_iter().for_each(|piece| self.name.push_str(piece));
        self.value(value)?;
        self.name.truncate(outer);
        Ok(())
    }

    fn value(&mut self, value: &Rendered<'_>) -> Result<(), EvalError> {
        self.context.burn(1)?;
        match value {
            Rendered::Data(Value::Null) | Rendered::Own(Value::Null) => Ok(()),
            Rendered::Data(Value::Array(items)) | Rendered::Own(Value::Array(items)) => {
                items.iter().try_for_each(|item| self.value(&Rendered::Data(item)))
            }
            Rendered::Array(items) => items.iter().try_for_each(|item| self.value(item)),
            Rendered::Data(Value::Object(object)) | Rendered::Own(Value::Object(object)) => object
                .iter()
                .try_for_each(|(key, value)| self.member(["[", key, "]"], &Rendered::Data(value))),
            Rendered::Object(members) => {
                members.iter().try_for_each(|(key, value)| self.member(["[", key, "]"], value))
            }
            value => self
                .context
                .spend(self.name.len())
                .and_then(|()| (self.each)(&self.name, value))
                .map_err(|error| error.within(&self.name)),
        }
    }
}

/// An object as a form.
pub(super) fn render(value: &Rendered<'_>, context: &Context<'_>) -> Result<Template, EvalError> {
    let mut out = Template::default();
    pairs(value, context, |name, value| {
        let before = out.size();
        out.push_text(if out.is_empty() { "" } else { "&" });
        out.place_text(name, Encoder::Form).map_err(refused)?;
        out.push_text("=");
        context.spend((out.size() - before).saturating_sub(name.len()))?;
        context.place(value, Encoder::Form, &mut out)
    })?;
    Ok(out)
}
