//! The keys of an object, to find one that stands twice.

use std::borrow::Cow;
use std::hash::{BuildHasher as _, RandomState};

use memchr::memchr2;

use super::lex::Lexer;
use crate::value::unescape;

/// Where the keys of one object stand. Four bytes for each, because an object may be nothing but keys: what they are is read
/// again where it is asked for.
pub(super) struct Keys<'a> {
    text: &'a str,
    /// A list of few, or a table with room for some more.
    places: Vec<u32>,
    count: usize,
    /// Keyed anew for each object, so that nobody can choose keys that all fall together.
    hasher: Option<RandomState>,
}

/// The most keys that are looked through one by one.
const FEW: usize = 16;
/// A place in the table that is free. No text has so many bytes.
const FREE: u32 = u32::MAX;

impl<'a> Keys<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, places: Vec::new(), count: 0, hasher: None }
    }

    /// Takes the key that starts at a byte of the text. Where the same key stood last, if it did.
    pub(super) fn insert(&mut self, start: usize) -> Option<usize> {
        let place = u32::try_from(start).unwrap_or(FREE - 1);
        if self.hasher.is_none() && self.count == FEW {
            self.hasher = Some(RandomState::new());
            self.grow();
        }
        // Four fifths of a table are taken, at most.
        if self.hasher.is_some() && (self.count + 1) * 5 > self.places.len() * 4 {
            self.grow();
        }
        let Some(at) = self.find(start) else {
            self.places.push(place);
            self.count += 1;
            return None;
        };
        let known = std::mem::replace(&mut self.places[at], place);
        self.count += usize::from(known == FREE);
        (known != FREE).then_some(known as usize)
    }

    /// Where the key is, or belongs; none at the end of a list.
    fn find(&self, start: usize) -> Option<usize> {
        let key = key(self.text, start);
        let is_it = |place: &u32| self::key(self.text, *place as usize) == key;
        let Some(hasher) = &self.hasher else { return self.places.iter().position(is_it) };
        let length = self.places.len();
        let from = hasher.hash_one(&*key) as usize % length;
        let found = (from..length).chain(0..from).find(|at| {
            let place = &self.places[*at];
            *place == FREE || is_it(place)
        });
        found.or(Some(from))
    }

    fn grow(&mut self) {
        let room = (self.places.len() * 2).max(FEW * 4);
        let known = std::mem::replace(&mut self.places, vec![FREE; room]);
        for place in known.into_iter().filter(|place| *place != FREE) {
            if let Some(at) = self.find(place as usize) {
                self.places[at] = place;
            }
        }
    }
}

/// The key that starts at a byte of the text.
pub(super) fn key(text: &str, start: usize) -> Cow<'_, str> {
    let Some(mut rest) = text[start..].strip_prefix('"') else {
        let span = Lexer::<false>::at(text, start).next().span;
        return Cow::Borrowed(&text[span]);
    };
    let plain = memchr2(b'"', b'\\', rest.as_bytes()).unwrap_or(rest.len());
    if !rest[plain..].starts_with('\\') {
        return Cow::Borrowed(&rest[..plain]);
    }
    let mut key = String::new();
    while let Some(at) = memchr2(b'"', b'\\', rest.as_bytes()) {
        key.push_str(&rest[..at]);
        rest = &rest[at..];
        match unescape(rest) {
            _ if rest.starts_with('"') => break,
            Ok((character, length)) => {
                key.push(character);
                rest = &rest[length..];
            }
            Err(_) => {
                rest = rest[1..].get(rest[1..].chars().next().map_or(0, char::len_utf8)..).unwrap_or_default()
            }
        }
    }
    Cow::Owned(key)
}
