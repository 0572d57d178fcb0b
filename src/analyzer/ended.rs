//! Connections that are over and told: what still comes of them is an afterthought, not a new connection.
//!
//! Each is a number, kept with those that ended about the same time and forgotten with them; the flows themselves are
//! gone.

use hashbrown::HashTable;

use crate::limits::{FLOWS, FORGET_AFTER};
use crate::tcp::table::Hash;
use crate::time::Timestamp;

/// What ended lately.
#[derive(Default, Debug)]
pub(super) struct Ended {
    /// What ended since then.
    latest: HashTable<Hash>,
    since: Timestamp,
    /// What ended in the time before, which was as long.
    earlier: HashTable<Hash>,
}

impl Ended {
    pub(super) fn insert(&mut self, hash: Hash, now: Timestamp) {
        self.forget(now);
        if self.latest.len() < FLOWS && !is_in(&self.latest, hash) {
            self.latest.insert_unique(hash.0, hash, |hash| hash.0);
        }
    }

    /// It ended lately.
    pub(super) fn contains(&mut self, hash: Hash, now: Timestamp) -> bool {
        self.forget(now);
        is_in(&self.latest, hash) || is_in(&self.earlier, hash)
    }

    pub(super) fn remove(&mut self, hash: Hash) {
        for ended in [&mut self.latest, &mut self.earlier] {
            if let Ok(entry) = ended.find_entry(hash.0, |other| *other == hash) {
                entry.remove();
            }
        }
    }

    /// Those that ended long ago are not expected any more.
    fn forget(&mut self, now: Timestamp) {
        let passed = now.since(self.since);
        if passed < FORGET_AFTER {
            return;
        }
        self.earlier = std::mem::take(&mut self.latest);
        if passed >= FORGET_AFTER * 2 {
            self.earlier.clear();
        }
        self.since = now;
    }
}

fn is_in(ended: &HashTable<Hash>, hash: Hash) -> bool {
    ended.find(hash.0, |other| *other == hash).is_some()
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
        ended.remove(Hash(2));
        ended.insert(Hash(3), later);
        assert!(ended.contains(Hash(1), later) && !ended.contains(Hash(2), later));
        assert!(ended.contains(Hash(1), start + FORGET_AFTER) && ended.contains(Hash(3), later + FORGET_AFTER));
        assert!(!ended.contains(Hash(1), start + FORGET_AFTER * 2), "though nothing else ended");
        ended.insert(Hash(1), start + FORGET_AFTER * 2);
        assert!(!ended.contains(Hash(1), start + FORGET_AFTER * 9), "nor after a long time in which nothing came");
    }
}
