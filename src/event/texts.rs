//! Texts that many connections have in common, kept once.
//!
//! User agents, hosts and servers repeat: with 100 000 connections open, each with a copy of its own, they would take
//! most of the memory and most of the allocations.

use std::collections::HashSet;
use std::sync::Arc;

use crate::limits::{TEXT_SHARED_BYTES, TEXTS_SHARED};

/// The texts that were met, bounded.
#[derive(Default, Debug)]
pub(super) struct Texts {
    known: HashSet<Arc<str>, foldhash::fast::RandomState>,
}

impl Texts {
    pub(super) fn share(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.known.get(text) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = text.into();
        if text.len() <= TEXT_SHARED_BYTES {
            if self.known.len() >= TEXTS_SHARED {
                self.known.clear(); // whoever holds one keeps it
            }
            self.known.insert(Arc::clone(&shared));
        }
        shared
    }
}
