//! What is written again and again: parts of a finding that come of few different facts, made once and then copied.

use std::cell::RefCell;

use crate::report::encode::{Encode, Encoded, Fields};

/// Objects made lately, by what they were made from.
pub(super) struct Recent<K>(RefCell<Vec<Option<(K, Fields)>>>);

/// Few: what they were made from has more values than are worth keeping.
const PLACES: usize = 128;

impl<K> Default for Recent<K> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<K: Copy + PartialEq> Recent<K> {
    /// The object that `make` gives wherever `key` is the same. Those with neighbouring numbers do not push each other
    /// out.
    pub fn made<T, F: Fn() -> T>(&self, number: u16, key: K, make: F) -> Made<'_, K, F> {
        Made { recent: self, number, key, make }
    }
}

/// An object to be written, or copied.
pub(super) struct Made<'a, K, F> {
    recent: &'a Recent<K>,
    number: u16,
    key: K,
    make: F,
}

impl<K: Copy + PartialEq, T: Encode, F: Fn() -> T> Made<'_, K, F> {
    /// Its fields, as a part of another object.
    pub fn push_to(&self, json: &mut Encoded) {
        let mut places = self.recent.0.borrow_mut();
        let place = usize::from(self.number) % PLACES;
        match places.get_mut(place) {
            Some(Some((key, fields))) if *key == self.key => fields.push_to(json),
            _ => {
                let fields = Fields::of((self.make)());
                fields.push_to(json);
                let len = places.len().max(place + 1);
                places.resize_with(len, || None);
                if let Some(place) = places.get_mut(place) {
                    *place = Some((self.key, fields));
                }
            }
        }
    }
}

impl<K: Copy + PartialEq, T: Encode, F: Fn() -> T> Encode for Made<'_, K, F> {
    fn encode(self, json: &mut Encoded) {
        json.push("{");
        self.push_to(json);
        json.push("}");
    }
}
