//! Several packets at once, read from one buffer as they are asked for.

use super::file::AtHand;
use crate::packet::{Item, Packet, PacketRef, PointId};
use crate::time::Timestamp;

/// What a source hands over at once.
#[derive(Debug)]
pub enum Batch<'a> {
    /// One item.
    Item(Item<'a>),
    /// Packets of one file, in order.
    Packets(Packets<'a>),
}

/// Packets of one file that stand in its buffer, in order. Those not asked for stay there, and come with the next batch.
pub struct Packets<'a> {
    pub(super) at_hand: AtHand<'a>,
    pub(super) index: u32,
    pub(super) point: PointId,
    /// Then it is another file's turn.
    pub(super) until: Timestamp,
    /// So many at most.
    pub(super) left: usize,
}

impl<'a> Iterator for Packets<'a> {
    type Item = Packet<'a>;

    #[inline]
    fn next(&mut self) -> Option<Packet<'a>> {
        self.left = self.left.checked_sub(1)?;
        let (number, frame, data) = self.at_hand.next_until(self.until)?;
        Some(Packet {
            at: frame.at,
            reference: PacketRef::new(self.index, number),
            point: self.point,
            interface: frame.interface,
            link: frame.link,
            data,
            original_len: frame.original_len,
        })
    }
}

impl std::fmt::Debug for Packets<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packets").field("left", &self.left).finish_non_exhaustive()
    }
}
