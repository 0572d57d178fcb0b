//! What many connections have in common, kept once.
//!
//! User agents, hosts and servers repeat, and with them whole heads but for a key and a path: with 100 000 connections
//! open, a copy for each would take most of the memory and most of the allocations.

use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use hashbrown::HashTable;

use crate::limits::SHARED;

/// The values that were met, bounded.
#[derive(Debug)]
pub(super) struct Shared<T: ?Sized> {
    known: HashTable<Arc<T>>,
    hasher: foldhash::fast::RandomState,
}

impl<T: ?Sized> Default for Shared<T> {
    fn default() -> Self {
        Self { known: HashTable::new(), hasher: Default::default() }
    }
}

impl<T: ?Sized + Hash> Shared<T> {
    /// The value that `is` the same as `borrowed`, which hashes as it does; made by `own` when it is first met, and each
    /// time if it is not `usual`.
    pub(super) fn share<B: Hash>(
        &mut self,
        borrowed: B,
        usual: bool,
        is: impl Fn(&T, &B) -> bool,
        own: impl FnOnce(B) -> Arc<T>,
    ) -> Arc<T> {
        if !usual {
            return own(borrowed);
        }
        let Self { known, hasher } = self;
        let hash = hasher.hash_one(&borrowed);
        if let Some(known) = known.find(hash, |known| is(known, &borrowed)) {
            return Arc::clone(known);
        }
        if known.len() >= SHARED {
            known.clear(); // whoever holds one keeps it
        }
        let shared = own(borrowed);
        known.insert_unique(hash, Arc::clone(&shared), |known| hasher.hash_one(known));
        shared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_is_one_and_another_is_another() {
        let mut texts = Shared::<str>::default();
        let mut share = |text: &str| texts.share(text, true, |known, text| known == *text, Arc::from);
        let (one, same, other) = (share("curl/8.5.0"), share("curl/8.5.0"), share("curl/8.6.0"));
        assert!(Arc::ptr_eq(&one, &same) && !Arc::ptr_eq(&one, &other));
        assert_eq!(&*other, "curl/8.6.0");
    }

    #[test]
    fn no_more_than_the_bound_are_known() {
        let mut texts = Shared::<str>::default();
        for number in 0..SHARED * 2 {
            texts.share(&*number.to_string(), true, |known, text| known == *text, Arc::from);
        }
        assert!(texts.known.len() <= SHARED);
    }
}
