//! What an adapter may ask for after its answer, and this version does not do: told when the adapter is checked, so that
//! no request leaves whose consequences would be dropped in silence.

use mapping::{Diagnostic, Register, Value, relaxed};

/// An error for each thing that is asked for.
pub(super) fn unsupported(register: &Register) -> Vec<Diagnostic> {
    let Ok(document) = relaxed::parse(&register.text) else { return Vec::new() };
    let mut value = document.to_value();
    if let Some(layer) = &register.layer {
        value.merge_patch(layer);
    }
    let patches = asks_for_patches(&value).then(|| {
        let instead = "write registers from the mapped result that the run hands back";
        tell(&register.text, "patchRegister", instead)
    });
    let goes_on = goes_on(&value).then(|| {
        let instead = "run the next adapter from the mapped result that the run hands back";
        tell(&register.text, "onResponseConnector", instead)
    });
    patches.into_iter().chain(goes_on).collect()
}

fn member<'a>(adapter: &'a Value, name: &str) -> Option<&'a Value> {
    adapter.as_object()?.get(name)
}

fn asks_for_patches(adapter: &Value) -> bool {
    let Some(Value::Array(actions)) = member(adapter, "onResponseActions") else { return false };
    let is_patch = |action: &Value| member(action, "action").and_then(Value::as_str) == Some("patchRegister");
    actions.iter().any(is_patch)
}

fn goes_on(adapter: &Value) -> bool {
    match member(adapter, "onResponseConnector") {
        None | Some(Value::Null) => false,
        Some(Value::Array(items)) => !items.is_empty(),
        Some(_) => true,
    }
}

fn tell(text: &str, what: &str, instead: &str) -> Diagnostic {
    let quoted = format!("\"{what}\"");
    let at = text.find(&quoted).unwrap_or(0);
    let span = at..(at + quoted.len()).min(text.len());
    Diagnostic::error("unsupported", format!("`{what}` is not carried out by this version"), text, span)
        .help(instead)
}
