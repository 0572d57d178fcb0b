//! Connections that are over and told: what still comes of them is an afterthought, not a new connection.
//!
//! Each is a number and a time, forgotten after a while; the flows themselves are gone.

use std::collections::VecDeque;

use hashbrown::HashTable;

use crate::limits::{FLOWS, FORGET_AFTER};
use crate::tcp::table::Hash;
use crate::time::Timestamp;

/// What ended lately.
#[derive(Default, Debug)]
pub(super) struct Ended {
    known: HashTable<(Hash, Timestamp)>,
    oldest_first: VecDeque<(Hash, Timestamp)>,
}

impl Ended {
    pub(super) fn insert(&mut self, hash: Hash, now: Timestamp) {
        self.forget(now);
        self.remove(hash);
        if self.oldest_first.len() < FLOWS {
            self.known.insert_unique(hash.0, (hash, now), |(hash, _)| hash.0);
            self.oldest_first.push_back((hash, now));
        }
    }

    /// It ended lately.
    pub(super) fn contains(&mut self, hash: Hash, now: Timestamp) -> bool {
        self.forget(now);
        self.known.find(hash.0, |(other, _)| *other == hash).is_some()
    }

    pub(super) fn remove(&mut self, hash: Hash) {
        if let Ok(entry) = self.known.find_entry(hash.0, |(other, _)| *other == hash) {
            entry.remove();
        }
    }

    /// Those that ended long ago are not expected any more.
    fn forget(&mut self, now: Timestamp) {
        while let Some(&(hash, at)) = self.oldest_first.front()
            && now.since(at) >= FORGET_AFTER
        {
            self.oldest_first.pop_front();
            if let Ok(entry) = self.known.find_entry(hash.0, |other| *other == (hash, at)) {
                entry.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_is_known_for_a_while() {
        let mut ended = Ended::default();
        let (start, later) = (Timestamp::new(1000, 0), Timestamp::new(1060, 0));
        ended.insert(Hash(1), start);
        ended.insert(Hash(2), start);
        ended.insert(Hash(1), later);
        assert!(ended.contains(Hash(2), later));
        assert!(ended.contains(Hash(1), start + FORGET_AFTER), "it ended again since");
        assert!(!ended.contains(Hash(2), start + FORGET_AFTER), "though nothing else ended");
        assert!(!ended.contains(Hash(1), later + FORGET_AFTER));
    }
}
