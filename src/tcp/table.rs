//! The flows being followed: found by their key, evicted by count.
//!
//! Entries lie in one slab, their slots in one hash table seeded per process. Knows nothing of what a flow is.

use std::hash::BuildHasher;

use foldhash::quality::RandomState;
use hashbrown::HashTable;

use crate::packet::FlowKey;

/// Number of an entry, stable while it is in the table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Slot(u32);

/// Entries by flow key.
#[derive(Debug)]
pub struct FlowTable<T> {
    slots: HashTable<Slot>,
    entries: Vec<Option<(FlowKey, T)>>,
    free: Vec<Slot>,
    hasher: RandomState,
    cursor: usize,
}

impl<T> Default for FlowTable<T> {
    fn default() -> Self {
        Self {
            slots: HashTable::new(),
            entries: Vec::new(),
            free: Vec::new(),
            hasher: RandomState::default(),
            cursor: 0,
        }
    }
}

impl<T> FlowTable<T> {
    /// The slot of `key`, if it is followed.
    #[inline]
    pub fn find(&self, key: &FlowKey) -> Option<Slot> {
        let hash = self.hasher.hash_one(key);
        self.slots.find(hash, |slot| self.key(*slot) == Some(key)).copied()
    }

    /// Follows `key`, which must not be in the table.
    pub fn insert(&mut self, key: FlowKey, value: T) -> Slot {
        debug_assert!(self.find(&key).is_none(), "a key is inserted once");
        let slot = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            Slot(u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX))
        });
        if let Some(entry) = self.entries.get_mut(slot.0 as usize) {
            *entry = Some((key, value));
        }
        let (entries, hasher) = (&self.entries, &self.hasher);
        let rehash = |slot: &Slot| match entries.get(slot.0 as usize) {
            Some(Some((key, _))) => hasher.hash_one(key),
            _ => 0,
        };
        self.slots.insert_unique(self.hasher.hash_one(key), slot, rehash);
        slot
    }

    /// Forgets the flow in `slot` and gives it back.
    pub fn remove(&mut self, slot: Slot) -> Option<(FlowKey, T)> {
        let (key, value) = self.entries.get_mut(slot.0 as usize)?.take()?;
        if let Ok(entry) = self.slots.find_entry(self.hasher.hash_one(key), |other| *other == slot) {
            entry.remove();
        }
        self.free.push(slot);
        Some((key, value))
    }

    /// The key of the flow in `slot`.
    #[inline]
    pub fn key(&self, slot: Slot) -> Option<&FlowKey> {
        self.entries.get(slot.0 as usize)?.as_ref().map(|(key, _)| key)
    }

    /// The flow in `slot`.
    #[inline]
    pub fn entry_mut(&mut self, slot: Slot) -> Option<&mut T> {
        self.entries.get_mut(slot.0 as usize)?.as_mut().map(|(_, value)| value)
    }

    /// All slots in use, in no order that matters.
    pub fn all(&self) -> Vec<Slot> {
        let used = self.entries.iter().enumerate().filter(|(_, entry)| entry.is_some());
        used.map(|(index, _)| Slot(u32::try_from(index).unwrap_or(u32::MAX))).collect()
    }

    /// Of a few entries looked at, in turn, the one with the smallest `age`.
    pub fn stalest<K: Ord>(&mut self, age: impl Fn(&T) -> K) -> Option<Slot> {
        const LOOKED_AT: usize = 64;
        let len = self.entries.len();
        let start = self.cursor;
        self.cursor = (start + LOOKED_AT) % len.max(1);
        let looked_at = (0..LOOKED_AT.min(len)).map(|step| (start + step) % len);
        let used = looked_at.filter_map(|index| Some((age(&self.entries.get(index)?.as_ref()?.1), index)));
        let (_, index) = used.min_by(|(a, _), (b, _)| a.cmp(b))?;
        u32::try_from(index).ok().map(Slot)
    }

    /// How many flows are followed.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// None is followed.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }
}
