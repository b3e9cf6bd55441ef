//! JSON merge patch.

use super::Value;

impl Value {
    /// Applies a JSON merge patch (RFC 7396): objects are merged member by member, `null` takes a member away, everything
    /// else replaces.
    pub fn merge_patch(&mut self, patch: &Value) {
        let Value::Object(changes) = patch else {
            *self = patch.clone();
            return;
        };
        if !matches!(self, Value::Object(_)) {
            *self = Value::object();
        }
        let Value::Object(target) = self else { return };
        let mut taken = false;
        for (key, change) in changes.iter() {
            match (change, target.get_mut(key)) {
                (Value::Null, member) => taken |= member.is_some(),
                (_, Some(member)) => member.merge_patch(change),
                (_, None) => {
                    let mut member = Value::Null;
                    member.merge_patch(change);
                    target.insert(key, member);
                }
            }
        }
        // All at once: one by one, a large patch of a large object would take the product of their sizes.
        if taken {
            target.retain(|key, _| !matches!(changes.get(key), Some(Value::Null)));
        }
    }
}
