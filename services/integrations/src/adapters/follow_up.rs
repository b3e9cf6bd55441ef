//! What an adapter may ask for after its answer, and this version does not do: told when the adapter is checked, so that
//! no request leaves whose consequences would be dropped in silence.

use mapping::{Diagnostic, Register, Value, relaxed};

/// The members, and what to do instead.
const MEMBERS: [(&str, &str); 2] = [
    ("onResponseActions", "write registers and secrets from the mapped result that the run hands back"),
    ("onResponseConnector", "run the next adapter from the mapped result that the run hands back"),
];

/// An error for each member that asks for something.
pub(super) fn unsupported(register: &Register) -> Vec<Diagnostic> {
    let Ok(document) = relaxed::parse(&register.text) else { return Vec::new() };
    let mut value = document.to_value();
    if let Some(layer) = &register.layer {
        value.merge_patch(layer);
    }
    MEMBERS
        .iter()
        .filter(|(member, _)| asks(&value, member))
        .map(|member| tell(&register.text, *member))
        .collect()
}

fn asks(adapter: &Value, member: &str) -> bool {
    match adapter.as_object().and_then(|adapter| adapter.get(member)) {
        None | Some(Value::Null) => false,
        Some(Value::Array(items)) => !items.is_empty(),
        Some(_) => true,
    }
}

fn tell(text: &str, (member, instead): (&str, &str)) -> Diagnostic {
    let quoted = format!("\"{member}\"");
    let at = text.find(&quoted).unwrap_or(0);
    let span = at..(at + quoted.len()).min(text.len());
    Diagnostic::error("unsupported", format!("`{member}` is not carried out by this version"), text, span)
        .help(instead)
}
