//! What a value consists of, with holes or without.

use crate::rendered::Rendered;
use crate::value::Value;

/// The members of an object; `None` of anything else.
pub(super) fn members<'v>(value: &'v Rendered<'_>) -> Option<Vec<(&'v str, Rendered<'v>)>> {
    match (value, value.value()) {
        (Rendered::Object(members), _) => {
            Some(members.iter().map(|(key, value)| (&**key, value.borrow())).collect())
        }
        (_, Some(Value::Object(object))) => {
            Some(object.iter().map(|(key, value)| (key, Rendered::Data(value))).collect())
        }
        _ => None,
    }
}

/// The elements of an array; `None` of anything else.
pub(super) fn items<'v>(value: &'v Rendered<'_>) -> Option<Vec<Rendered<'v>>> {
    match (value, value.value()) {
        (Rendered::Array(items), _) => Some(items.iter().map(Rendered::borrow).collect()),
        (_, Some(Value::Array(items))) => Some(items.iter().map(Rendered::Data).collect()),
        _ => None,
    }
}
