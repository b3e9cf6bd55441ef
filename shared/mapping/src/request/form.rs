//! Names and values: `application/x-www-form-urlencoded` bodies, and `requestMapping.query`.

use crate::eval::{leak, refused};
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::template::{Encoder, Template};
use crate::value::Value;

/// What takes a name and its value.
type Each<'e> = dyn FnMut(&str, &Rendered<'_>) -> Result<(), EvalError> + 'e;

/// Hands over every name with its value: arrays repeat the name, objects write `name[key]`, null is left out.
pub(super) fn pairs(value: Rendered<'_>, each: &mut Each<'_>) -> Result<(), EvalError> {
    match &value.borrow() {
        Rendered::Data(Value::Null) => Ok(()),
        Rendered::Data(Value::Object(object)) => {
            object.iter().try_for_each(|(key, value)| pair(key, &Rendered::Data(value), each))
        }
        Rendered::Object(members) => members.iter().try_for_each(|(key, value)| pair(key, value, each)),
        Rendered::Text(template) => Err(leak(template)),
        _ => Err(EvalError::new("an object of names and values is needed here")),
    }
}

fn pair(name: &str, value: &Rendered<'_>, each: &mut Each<'_>) -> Result<(), EvalError> {
    let inner = |key: &str| format!("{name}[{key}]");
    match value {
        Rendered::Own(value) => pair(name, &Rendered::Data(value), each),
        Rendered::Data(Value::Null) => Ok(()),
        Rendered::Data(Value::Array(items)) => {
            items.iter().try_for_each(|item| pair(name, &Rendered::Data(item), each))
        }
        Rendered::Array(items) => items.iter().try_for_each(|item| pair(name, item, each)),
        Rendered::Data(Value::Object(object)) => {
            object.iter().try_for_each(|(key, value)| pair(&inner(key), &Rendered::Data(value), each))
        }
        Rendered::Object(members) => {
            members.iter().try_for_each(|(key, value)| pair(&inner(key), value, each))
        }
        value => each(name, value).map_err(|error| error.within(name)),
    }
}

/// An object as a form.
pub(super) fn render(value: Rendered<'_>) -> Result<Template, EvalError> {
    let mut out = Template::default();
    pairs(value, &mut |name, value| {
        out.push_text(if out.is_empty() { "" } else { "&" });
        out.place(Template::text(name), Encoder::Form).map_err(refused)?;
        out.push_text("=");
        out.place(value.to_template().map_err(refused)?, Encoder::Form).map_err(refused)
    })?;
    Ok(out)
}
