//! What adapters may know of the business unit and the tenant they run for.

use mapping::{Object, Value};
use runtime::names::{Id, Parent};

use crate::registers::Snapshot;

/// The register with the business unit's profile.
const UNIT: &str = "PROFILE.UNIT";
/// The register with the tenant's profile.
const TENANT: &str = "PROFILE.TENANT";

/// `currentAgency` and `currentClan`.
pub(super) fn of(snapshot: &Snapshot, parent: &Parent) -> (Value, Value) {
    let unit = parent.unit.as_ref().map_or(Value::Null, |unit| profile(snapshot, Some(unit), UNIT, unit));
    (unit, profile(snapshot, None, TENANT, &parent.tenant))
}

/// The id, and what the profile holds besides.
fn profile(snapshot: &Snapshot, unit: Option<&Id>, key: &str, id: &Id) -> Value {
    let mut object = match snapshot.find(unit, key).and_then(|document| document.value()) {
        Some(Value::Object(profile)) => profile.clone(),
        _ => Object::default(),
    };
    object.insert("id", id.as_str());
    object.into()
}
