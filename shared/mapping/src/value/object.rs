//! Ordered objects.

use std::collections::hash_map::RandomState;

use indexmap::IndexMap;

use super::Value;

/// The members of an object: unique keys, in the order in which they first appeared.
///
/// Two objects are equal when they hold the same members, in whatever order (as JSON has it).
#[derive(Clone, Debug, Default)]
pub struct Object(Members);

/// Few members are a list that is looked through; more have an index. Its hashes are keyed anew in every process, so that
/// nobody can choose keys that all fall together and make reading them take the square of their number.
#[derive(Clone, Debug)]
enum Members {
    Few(Vec<(String, Value)>),
    Many(Box<Index>),
}

type Index = IndexMap<String, Value, RandomState>;

/// The most members that are looked through one by one.
const FEW: usize = 16;

impl Default for Members {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Object {
    /// An empty object with room for `members`.
    pub fn with_capacity(members: usize) -> Self {
        Self(match members {
            0..=FEW => Members::Few(Vec::with_capacity(members)),
            _ => Members::Many(Box::new(Index::with_capacity_and_hasher(members, RandomState::new()))),
        })
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Members::Few(list) => list.len(),
            Members::Many(index) => index.len(),
        }
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The member `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match &self.0 {
            Members::Few(list) => list.iter().find(|(known, _)| known == key).map(|(_, value)| value),
            Members::Many(index) => index.get(key),
        }
    }

    /// The member `key`, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        match &mut self.0 {
            Members::Few(list) => list.iter_mut().find(|(known, _)| known == key).map(|(_, value)| value),
            Members::Many(index) => index.get_mut(key),
        }
    }

    /// Whether there is a member `key`.
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Sets a member, in its old place if it was there, else last. Gives the value it had.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        let (key, value) = (key.into(), value.into());
        match &mut self.0 {
            Members::Few(list) => {
                if let Some((_, old)) = list.iter_mut().find(|(known, _)| *known == key) {
                    return Some(std::mem::replace(old, value));
                }
                if list.len() < FEW {
                    list.push((key, value));
                } else {
                    let members = std::mem::take(list).into_iter().chain([(key, value)]);
                    self.0 = Members::Many(Box::new(members.collect()));
                }
                None
            }
            Members::Many(index) => index.insert(key, value),
        }
    }

    /// Takes a member out; the others keep their order. Takes time with the number of members: to take out several, see
    /// [`Object::retain`].
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        match &mut self.0 {
            Members::Few(list) => {
                let at = list.iter().position(|(known, _)| known == key)?;
                Some(list.remove(at).1)
            }
            Members::Many(index) => index.shift_remove(key),
        }
    }

    /// Keeps the members that `keep` holds for, in order.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &mut Value) -> bool) {
        match &mut self.0 {
            Members::Few(list) => list.retain_mut(|(key, value)| keep(key, value)),
            Members::Many(index) => index.retain(|key, value| keep(key, value)),
        }
    }

    /// The members in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        let (few, many) = match &self.0 {
            Members::Few(list) => (list.as_slice(), None),
            Members::Many(index) => (&[][..], Some(index.iter())),
        };
        let few = few.iter().map(|(key, value)| (key.as_str(), value));
        few.chain(many.into_iter().flatten().map(|(key, value)| (key.as_str(), value)))
    }

    /// The keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(key, _)| key)
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

impl FromIterator<(String, Value)> for Object {
    /// Of two members with one key the last one counts, in the place of the first.
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(members: I) -> Self {
        let members = members.into_iter();
        let mut object = Self::with_capacity(members.size_hint().0);
        members.for_each(|(key, value)| drop(object.insert(key, value)));
        object
    }
}

impl IntoIterator for Object {
    type Item = (String, Value);
    type IntoIter = IntoMembers;

    fn into_iter(self) -> IntoMembers {
        IntoMembers(match self.0 {
            Members::Few(list) => Owned::Few(list.into_iter()),
            Members::Many(index) => Owned::Many(index.into_iter()),
        })
    }
}

/// The members of an object, in order, handed over.
#[derive(Debug)]
pub struct IntoMembers(Owned);

#[derive(Debug)]
enum Owned {
    Few(std::vec::IntoIter<(String, Value)>),
    Many(indexmap::map::IntoIter<String, Value>),
}

impl Iterator for IntoMembers {
    type Item = (String, Value);

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Owned::Few(list) => list.next(),
            Owned::Many(index) => index.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Owned::Few(list) => list.size_hint(),
            Owned::Many(index) => index.size_hint(),
        }
    }
}
