//! The flows being followed: found by their key, evicted by count.
//!
//! Entries lie in one slab, their slots in one hash table seeded per process. Knows nothing of what a flow is.

use std::hash::BuildHasher;

use foldhash::quality::RandomState;
use hashbrown::HashTable;

use super::slab::Slab;
use crate::packet::{Endpoint, FlowKey};
use crate::prefetch::prefetch;

/// Number of an entry, stable while it is in the table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Slot(u32);

impl Slot {
    /// Where no flow is.
    pub const NOWHERE: Self = Self(u32::MAX);
}

/// Entries by flow key.
#[derive(Debug)]
pub struct FlowTable<T> {
    places: HashTable<Place>,
    entries: Slab<Entry<T>>,
    hasher: RandomState,
    cursor: u32,
}

/// Where a flow is, with a part of its hash: nearly always that tells it without a look at its key, which is far away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Place {
    tag: u32,
    slot: Slot,
}

impl Place {
    /// What the hash table chooses by. Of the tag alone: a table that grows looks at no flow.
    fn spread(tag: u32) -> u64 {
        u64::from(tag).wrapping_mul(0x9E37_79B9_7F4A_7C15) // 2⁶⁴ by the golden ratio: the high bits depend on all of it
    }
}

/// A flow, or the place of one that is over.
// Laid out as written and in whole cache lines: the key is compared, and then the flow's first lines are needed.
#[repr(C, align(64))]
#[derive(Debug)]
struct Entry<T> {
    key: FlowKey,
    used: bool,
    value: T,
}

/// The hash of a flow key. As good as the key: two flows with the same one are not to be expected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hash(pub u64);

impl Hash {
    fn tag(self) -> u32 {
        let [_, _, _, _, tag @ ..] = self.0.to_le_bytes();
        u32::from_le_bytes(tag)
    }
}

impl<T> Default for FlowTable<T> {
    fn default() -> Self {
        Self { places: HashTable::new(), entries: Slab::default(), hasher: RandomState::default(), cursor: 0 }
    }
}

impl<T: Default> FlowTable<T> {
    /// What [`FlowTable::find`] looks for `key` by.
    #[inline]
    pub fn hash(&self, key: &FlowKey) -> Hash {
        Hash(self.hasher.hash_one(words(key)))
    }

    /// Where the flow of that hash is, most likely.
    #[inline]
    pub fn guess(&self, hash: Hash) -> Slot {
        self.place(hash, |_| true).unwrap_or(Slot::NOWHERE)
    }

    /// What is in `slot`, whatever that is; asks for its beginning and reads nothing of it.
    #[inline]
    pub fn prefetch(&self, slot: Slot) -> Option<&T> {
        let entry = self.entries.get(slot.0)?;
        prefetch(&entry.used);
        Some(&entry.value)
    }

    /// The flow in `slot`, if it is that of `key`.
    #[inline]
    pub fn entry_of(&mut self, key: &FlowKey, slot: Slot) -> Option<&mut T> {
        self.used_mut(slot).filter(|entry| entry.key == *key).map(|entry| &mut entry.value)
    }

    /// The slot of `key`, if it is followed.
    pub fn find(&self, key: &FlowKey, hash: Hash) -> Option<Slot> {
        self.place(hash, |slot| self.used(slot).is_some_and(|entry| entry.key == *key))
    }

    #[inline]
    fn place(&self, hash: Hash, is_it: impl Fn(Slot) -> bool) -> Option<Slot> {
        let tag = hash.tag();
        self.places.find(Place::spread(tag), |place| place.tag == tag && is_it(place.slot)).map(|place| place.slot)
    }

    /// Follows `key`, which must not be in the table: `begin` makes a flow of a default one.
    pub fn insert(&mut self, key: FlowKey, hash: Hash, begin: impl FnOnce(&mut T)) -> Slot {
        debug_assert!(self.find(&key, hash).is_none(), "a key is inserted once");
        let slot = Slot(self.entries.take(|| Entry { key, used: false, value: T::default() }));
        if let Some(entry) = self.entries.get_mut(slot.0) {
            (entry.key, entry.used) = (key, true);
            begin(&mut entry.value);
        }
        let place = Place { tag: hash.tag(), slot };
        self.places.insert_unique(Place::spread(place.tag), place, |place| Place::spread(place.tag));
        slot
    }

    /// Forgets the flow in `slot`; gives its hash.
    pub fn remove(&mut self, slot: Slot) -> Option<Hash> {
        let entry = self.used_mut(slot)?;
        (entry.used, entry.value) = (false, T::default());
        let key = entry.key;
        let hash = self.hash(&key);
        if let Ok(place) = self.places.find_entry(Place::spread(hash.tag()), |place| place.slot == slot) {
            place.remove();
        }
        self.entries.free(slot.0);
        Some(hash)
    }

    /// The flow in `slot`, to change it, and its key.
    pub fn both_mut(&mut self, slot: Slot) -> Option<(&FlowKey, &mut T)> {
        self.used_mut(slot).map(|entry| (&entry.key, &mut entry.value))
    }

    /// The flow in `slot`.
    #[inline]
    pub fn entry(&self, slot: Slot) -> Option<&T> {
        self.used(slot).map(|entry| &entry.value)
    }

    /// The flow in `slot`, to change it.
    #[inline]
    pub fn entry_mut(&mut self, slot: Slot) -> Option<&mut T> {
        self.used_mut(slot).map(|entry| &mut entry.value)
    }

    #[inline]
    fn used(&self, slot: Slot) -> Option<&Entry<T>> {
        self.entries.get(slot.0).filter(|entry| entry.used)
    }

    #[inline]
    fn used_mut(&mut self, slot: Slot) -> Option<&mut Entry<T>> {
        self.entries.get_mut(slot.0).filter(|entry| entry.used)
    }

    /// All slots in use, in no order that matters.
    pub fn all(&self) -> Vec<Slot> {
        self.entries.numbers().map(Slot).filter(|slot| self.used(*slot).is_some()).collect()
    }

    /// Of a few entries looked at, in turn, the one with the smallest `age`.
    pub fn stalest<K: Ord>(&mut self, age: impl Fn(&T) -> K) -> Option<Slot> {
        const LOOKED_AT: u32 = 64;
        let len = self.entries.numbers().end;
        let start = self.cursor;
        self.cursor = (start + LOOKED_AT) % len.max(1);
        let looked_at = (0..LOOKED_AT.min(len)).map(|step| Slot((start + step) % len));
        let used = looked_at.filter_map(|slot| Some((age(self.entry(slot)?), slot)));
        let (_, slot) = used.min_by(|(a, _), (b, _)| a.cmp(b))?;
        Some(slot)
    }

    /// How many flows are followed.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// None is followed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The key as whole numbers: to hash it field by field takes four times as long.
#[inline]
fn words(key: &FlowKey) -> (u128, u128, u64) {
    let address = |endpoint: &Endpoint| u128::from_ne_bytes(endpoint.address);
    let rest = u64::from(key.first.port) << 32 | u64::from(key.second.port) << 16 | u64::from(key.point.0);
    (address(&key.first), address(&key.second), rest)
}
