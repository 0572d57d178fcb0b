//! Several packets at once, borrowed from one buffer.

use super::file::{Entry, File};
use crate::packet::{Item, Packet, PacketRef, PointId};

/// What a source hands over at once.
#[derive(Debug)]
pub enum Batch<'a> {
    /// One item.
    Item(Item<'a>),
    /// Packets of one file, in order.
    Packets(Packets<'a>),
}

/// Packets of one file that are in its buffer together.
#[derive(Clone, Copy)]
pub struct Packets<'a> {
    pub(super) file: &'a File,
    pub(super) entries: &'a [Entry],
    pub(super) index: u32,
    pub(super) point: PointId,
}

impl<'a> Packets<'a> {
    /// How many they are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Each in turn.
    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Packet<'a>> + use<'a> {
        let Self { file, entries, index, point } = *self;
        entries.iter().map(move |entry| {
            let frame = &entry.frame;
            Packet {
                at: frame.at,
                reference: PacketRef::new(index, entry.number),
                point,
                interface: frame.interface,
                link: frame.link,
                data: file.at(&entry.place),
                original_len: frame.original_len,
            }
        })
    }
}

impl std::fmt::Debug for Packets<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
