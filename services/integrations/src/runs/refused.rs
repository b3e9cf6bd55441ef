//! Why a run is refused, in words.

use mapping::EvalError;
use proto::errors::v1::Reason;
use runtime::{Refusal, names::Name};

use crate::{adapters::Unsound, registers::shown};

/// The most problems that a message shows.
const SHOWN: usize = 10;

pub(super) fn not_found(name: &Name) -> Refusal {
    Refusal::new(
        Reason::RegisterNotFound,
        format!("there is no register `{}`; list them to see their keys", name.id),
    )
    .with("name", shown(name))
}

/// Shows every problem with its place.
pub(super) fn unsound(name: &Name, unsound: &Unsound) -> Refusal {
    let Unsound { text, diagnostics } = unsound;
    let mut message = format!("adapter `{}` cannot run:", name.id);
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    for diagnostic in errors.clone().take(SHOWN) {
        message.push('\n');
        message.push_str(&diagnostic.render(name.id.as_str(), text));
    }
    let refusal = Refusal::new(Reason::AdapterInvalid, message).with("name", shown(name));
    match errors.clone().next() {
        Some(first) => refusal.with("line", first.line).with("column", first.column),
        None => refusal,
    }
}

/// The place and what is wrong there; never a value.
pub(super) fn unmapped(name: &Name, error: &EvalError) -> Refusal {
    let stage = error.place.split(['.', '[']).next().unwrap_or_default();
    Refusal::new(Reason::MappingFailed, format!("adapter `{}`: {error}", name.id))
        .with("name", shown(name))
        .with("stage", stage)
}

pub(super) fn connector(name: &Name, problem: &str) -> Refusal {
    Refusal::new(Reason::ConnectorInvalid, format!("connector `{}` {problem}", name.id))
        .with("name", shown(name))
}
