//! What a value consists of, with holes or without.

use std::borrow::Cow;

use crate::rendered::Rendered;
use crate::value::Value;

/// A member of an object. Nothing of it is copied.
pub(super) type Member<'v> = (&'v str, Cow<'v, Rendered<'v>>);

/// The members of an object; `None` of anything else.
pub(super) fn members<'v>(value: &'v Rendered<'_>) -> Option<Vec<Member<'v>>> {
    match (value, value.value()) {
        (Rendered::Object(members), _) => {
            Some(members.iter().map(|(key, value)| (&**key, Cow::Borrowed(value))).collect())
        }
        (_, Some(Value::Object(object))) => {
            Some(object.iter().map(|(key, value)| (key, Cow::Owned(Rendered::Data(value)))).collect())
        }
        _ => None,
    }
}

/// The elements of an array; `None` of anything else.
pub(super) fn items<'v>(value: &'v Rendered<'_>) -> Option<impl Iterator<Item = Cow<'v, Rendered<'v>>>> {
    let (rendered, data) = match (value, value.value()) {
        (Rendered::Array(items), _) => (items.as_slice(), &[][..]),
        (_, Some(Value::Array(items))) => (&[][..], items.as_slice()),
        _ => return None,
    };
    let data = data.iter().map(|item| Cow::Owned(Rendered::Data(item)));
    Some(rendered.iter().map(Cow::Borrowed).chain(data))
}
