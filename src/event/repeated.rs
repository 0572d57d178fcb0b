//! Heads that were read before.
//!
//! The same clients ask the same servers: their heads are the same to the letter but for one value, the key or the answer
//! to it. What such a head says is known when what stands around that value is.

use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::HashTable;
use memchr::memmem::Finder;

use crate::limits::{HEAD_KNOWN_BYTES, HEADS_KNOWN};

/// A head, with the value that no other has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spot<'a> {
    /// What stands before and behind the value.
    around: [&'a [u8]; 2],
    /// The value, with the spaces around it.
    pub value: &'a [u8],
}

/// What a head says but for that value.
#[derive(Debug)]
pub struct Known<T> {
    /// What it has in common with others.
    pub common: Arc<T>,
    /// permessage-deflate is among its extensions.
    pub deflate: bool,
}

/// Heads that were read, bounded.
#[derive(Debug)]
pub(super) struct Repeated<T> {
    heads: HashTable<([Box<[u8]>; 2], Known<T>)>,
    hasher: foldhash::fast::RandomState,
    /// What stands before the value, as nearly all write it.
    name: Finder<'static>,
    value_len: usize,
}

impl<T> Repeated<T> {
    pub(super) fn new(name: &'static str, value_len: usize) -> Self {
        Self { heads: HashTable::new(), hasher: Default::default(), name: Finder::new(name), value_len }
    }

    /// Where the value is; None where it has not its usual form.
    pub(super) fn spot<'a>(&self, head: &'a [u8]) -> Option<Spot<'a>> {
        let start = self.name.find(head)? + self.name.needle().len();
        let (before, rest) = head.split_at_checked(start)?;
        let (value, behind) = rest.split_at_checked(self.value_len)?;
        (behind.starts_with(b"\r\n") && !value.contains(&b'\n')).then_some(Spot { around: [before, behind], value })
    }

    /// What the head says, if one like it was learned.
    pub(super) fn find(&self, head: &Spot<'_>) -> Option<Known<T>> {
        let same = |(around, _): &([Box<[u8]>; 2], _)| borrowed(around) == head.around;
        let (_, known) = self.heads.find(self.hasher.hash_one(head.around), same)?;
        Some(Known { common: Arc::clone(&known.common), ..*known })
    }

    /// Keeps what a head says that was not known.
    pub(super) fn learn(&mut self, head: &Spot<'_>, known: Known<T>) {
        if head.around.iter().map(|part| part.len()).sum::<usize>() > HEAD_KNOWN_BYTES {
            return;
        }
        let Self { heads, hasher, .. } = self;
        if heads.len() >= HEADS_KNOWN {
            heads.clear();
        }
        let rehash = |(around, _): &([Box<[u8]>; 2], _)| hasher.hash_one(borrowed(around));
        heads.insert_unique(hasher.hash_one(head.around), (head.around.map(Box::from), known), rehash);
    }
}

fn borrowed(around: &[Box<[u8]>; 2]) -> [&[u8]; 2] {
    around.each_ref().map(AsRef::as_ref)
}
