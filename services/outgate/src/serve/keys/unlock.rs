//! From what a key file holds to keys that seal, and back.

use std::{collections::HashMap, time::SystemTime};

use seal::{Key, KeyFile, KeyId, KeyList, KeySet, ListedKey, RingKey, StoredKey};

use super::{KeysError, Transit};

/// Keys in use, with the wrapped form that each has in the file.
pub(crate) struct Unlocked {
    pub(crate) keys: KeySet,
    pub(crate) wrapped: Wrapped,
}

/// What the engine made of each key.
pub(crate) type Wrapped = HashMap<KeyId, String>;

/// The keys of a file. With an engine every key must be wrapped, without one none; what `before` has in the same wrapped
/// form is taken from there, and not asked for again. `fresh` is a key that was wrapped just now.
pub(crate) async fn unlock(
    file: &KeyFile,
    transit: Option<&Transit>,
    list: KeyList,
    fresh: Option<(KeyId, Key)>,
    before: Option<(&KeySet, &Wrapped)>,
) -> Result<Unlocked, KeysError> {
    let path = || file.path().to_owned();
    let active = list.active();
    let (mut keys, mut wrapped, mut fresh) = (Vec::new(), Wrapped::new(), fresh);
    for ListedKey { id, made, stored } in list.into_keys() {
        let key = match (stored, transit) {
            (StoredKey::Plain(key), None) => Some(key),
            (StoredKey::Plain(_), Some(_)) => return Err(KeysError::InTheClear { path: path(), id }),
            (StoredKey::Wrapped(_), None) => return Err(KeysError::IsWrapped { path: path(), id }),
            (StoredKey::Wrapped(text), Some(transit)) => {
                let known = before.is_some_and(|(_, wrapped)| wrapped.get(&id) == Some(&text));
                let key = match fresh.take_if(|(fresh, _)| *fresh == id) {
                    Some((_, key)) => Some(key),
                    None if known => None,
                    None => Some(transit.unwrap(&text).await?),
                };
                wrapped.insert(id, text);
                key
            }
        };
        keys.push(RingKey { id, made, key });
    }
    let keys = KeySet::new(active, &keys, before.map(|(keys, _)| keys));
    Ok(Unlocked { keys: keys.map_err(|source| KeysError::Set { path: path(), source })?, wrapped })
}

/// A new key as the file is to hold it; and beside it, where it was wrapped, the key itself.
pub(crate) async fn make(transit: Option<&Transit>) -> Result<(ListedKey, Option<(KeyId, Key)>), KeysError> {
    let (id, key) = Key::generate()?;
    let made = Some(SystemTime::now());
    Ok(match transit {
        None => (ListedKey { id, made, stored: StoredKey::Plain(key) }, None),
        Some(transit) => {
            let stored = StoredKey::Wrapped(transit.wrap(&key).await?);
            (ListedKey { id, made, stored }, Some((id, key)))
        }
    })
}
