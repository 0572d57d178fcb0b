//! The pcapng format (draft-ietf-opsawg-pcapng), one block at a time.
//!
//! Sections may differ in byte order, interfaces in link type and clock. Gives packets, interface names, TLS secrets and
//! the capturing host's own count of losses; comments and unknown blocks are stepped over. Packet numbers are the file's.

mod blocks;

use blocks::{CapturedPacket, Clock, parse_interface, parse_losses, parse_secrets};

use super::format::{ByteOrder, Found, Frame, Step, len_of, link_type};
use crate::limits::{BLOCK_BYTES, INTERFACES_MAX};
use crate::packet::LinkType;
use crate::time::Timestamp;

/// Block type of the section header, the same in both byte orders: what a file starts with.
pub(super) const MAGIC: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;
const SECRETS: u32 = 10;

/// Block type and length before the body; the length again behind it.
const HEAD_BYTES: usize = 8;
const TAIL_BYTES: usize = 4;
const BLOCK_MIN_BYTES: usize = HEAD_BYTES + TAIL_BYTES;

pub(super) struct Reader {
    order: ByteOrder,
    interfaces: Vec<Interface>,
    /// Interfaces are numbered anew in each section; before this one there were so many.
    section_start: usize,
    last_at: Timestamp,
}

struct Interface {
    link: LinkType,
    clock: Clock,
    snaplen: u32,
    dropped: u64,
}

impl Reader {
    pub fn new() -> Self {
        Self { order: ByteOrder::Little, interfaces: Vec::new(), section_start: 0, last_at: Timestamp(0) }
    }

    #[inline]
    pub fn step(&mut self, unread: &[u8]) -> Step {
        let block = match Block::parse(self.order, unread) {
            Ok(block) => block,
            Err(step) => return step,
        };
        match block.kind {
            ENHANCED_PACKET => self.packet(block, CapturedPacket::parse_enhanced(self.order, block.body)),
            SECTION_HEADER => self.section(block),
            INTERFACE => self.interface(block),
            SIMPLE_PACKET => self.simple_packet(block),
            OBSOLETE_PACKET => self.packet(block, CapturedPacket::parse_obsolete(self.order, block.body)),
            SECRETS => self.secrets(block),
            STATISTICS => self.statistics(block),
            _ => Step::Skip { used: block.used },
        }
    }

    /// The packet that `unread` starts with, if it is whole and as it should be.
    #[inline]
    pub fn packet_at_hand(&mut self, unread: &[u8]) -> Option<Found> {
        let block = Block::parse(self.order, unread).ok().filter(|block| block.kind == ENHANCED_PACKET)?;
        match self.packet(block, CapturedPacket::parse_enhanced(self.order, block.body)) {
            Step::Packet { frame, start, len, used } => Some(Found { frame, start, len, used }),
            _ => None,
        }
    }

    /// A whole block stands at the start of `unread`.
    pub fn has_block(&self, unread: &[u8]) -> bool {
        Block::parse(self.order, unread).is_ok()
    }

    /// The next place where two whole blocks of known types stand in a row, or one that ends with the bytes. Blocks are
    /// padded to 32 bits, but damage may have shifted them: every byte is tried.
    pub fn find_intact(&self, unread: &[u8]) -> Option<usize> {
        let known = |bytes| match Block::parse(self.order, bytes) {
            Ok(block) if (1..=SECRETS).contains(&block.kind) || block.kind == SECTION_HEADER => Some(block.used),
            _ => None,
        };
        (1..unread.len()).find(|&start| {
            let rest = unread.get(start..).unwrap_or_default();
            let next = known(rest).and_then(|used| rest.get(used..));
            next.is_some_and(|next| next.is_empty() || known(next).is_some())
        })
    }

    pub fn dropped(&self) -> u64 {
        self.interfaces.iter().map(|interface| interface.dropped).fold(0, u64::saturating_add)
    }

    /// §4.1: byte order and interfaces start anew.
    fn section(&mut self, block: Block<'_>) -> Step {
        self.order = block.order;
        self.section_start = self.interfaces.len();
        Step::Skip { used: block.used }
    }

    fn interface(&mut self, block: Block<'_>) -> Step {
        let Ok((_, description)) = parse_interface(self.order.into(), block.body) else {
            return block.bad("an interface description that is too short");
        };
        if self.interfaces.len() >= INTERFACES_MAX {
            return block.bad("too many interfaces");
        }
        let link = link_type(u32::from(description.link));
        self.interfaces.push(Interface { link, clock: description.clock, snaplen: description.snaplen, dropped: 0 });
        Step::Interface { name: description.name, used: block.used }
    }

    #[inline]
    fn packet(&mut self, block: Block<'_>, packet: Option<CapturedPacket>) -> Step {
        let Some(packet) = packet else { return block.bad_packet("a packet longer than its block") };
        let Some((number, interface)) = self.lookup(packet.interface) else {
            return block.bad_packet("a packet of an interface that was not described");
        };
        let (at, link) = (interface.clock.at(packet.ticks), interface.link);
        self.last_at = at;
        let frame = Frame { at, interface: number, link, original_len: packet.original.max(packet.captured) };
        Step::Packet { frame, start: HEAD_BYTES + packet.start, len: len_of(packet.captured), used: block.used }
    }

    /// §4.4: belongs to the first interface, is cut at its snaplen, and has no time of its own: it gets the last one seen,
    /// for time must not fall back to 1970.
    fn simple_packet(&self, block: Block<'_>) -> Step {
        let Some((number, interface)) = self.lookup(0) else {
            return block.bad_packet("a packet of an interface that was not described");
        };
        let Some((original, data)) = block.body.split_first_chunk() else {
            return block.bad_packet("a packet without a length");
        };
        let original_len = self.order.u32(*original);
        let snaplen = if interface.snaplen == 0 { usize::MAX } else { len_of(interface.snaplen) };
        let len = len_of(original_len).min(snaplen).min(data.len());
        let frame = Frame { at: self.last_at, interface: number, link: interface.link, original_len };
        Step::Packet { frame, start: HEAD_BYTES + 4, len, used: block.used }
    }

    fn secrets(&self, block: Block<'_>) -> Step {
        match parse_secrets(self.order.into(), block.body) {
            Ok((_, Some((start, len)))) => Step::Secrets { start: HEAD_BYTES + start, len, used: block.used },
            // Secrets of other protocols: SSH, WireGuard, ZigBee.
            Ok((_, None)) => Step::Skip { used: block.used },
            Err(_) => block.bad("secrets longer than their block"),
        }
    }

    /// §4.6: counters run since the start of the capture, so that the last block of an interface counts.
    fn statistics(&mut self, block: Block<'_>) -> Step {
        if let Ok((_, (interface, dropped))) = parse_losses(self.order.into(), block.body) {
            let place = self.section_start.saturating_add(len_of(interface));
            if let Some(interface) = self.interfaces.get_mut(place) {
                interface.dropped = dropped;
            }
        }
        Step::Skip { used: block.used }
    }

    /// An interface of this section, and its number within the file.
    #[inline]
    fn lookup(&self, interface: u32) -> Option<(u32, &Interface)> {
        let place = self.section_start.checked_add(len_of(interface))?;
        Some((u32::try_from(place).ok()?, self.interfaces.get(place)?))
    }
}

/// One whole block.
#[derive(Clone, Copy)]
struct Block<'a> {
    kind: u32,
    order: ByteOrder,
    body: &'a [u8],
    used: usize,
}

impl<'a> Block<'a> {
    /// The block that `unread` starts with, or what hinders. Section headers bring their own byte order.
    #[inline]
    fn parse(order: ByteOrder, unread: &'a [u8]) -> Result<Self, Step> {
        let head: &[u8; BLOCK_MIN_BYTES] = unread.first_chunk().ok_or(Step::Need(BLOCK_MIN_BYTES))?;
        let (words, _) = head.as_chunks::<4>();
        let &[kind, stated, third] = words else { return Err(Step::Need(BLOCK_MIN_BYTES)) };
        let order = match (kind, third) {
            (MAGIC, [0x4d, 0x3c, 0x2b, 0x1a]) => ByteOrder::Little,
            (MAGIC, [0x1a, 0x2b, 0x3c, 0x4d]) => ByteOrder::Big,
            (MAGIC, _) => return Err(Step::Damaged("a section without a byte order")),
            _ => order,
        };
        // §3.1 demands multiples of 4; some writers leave out the padding in the number, never in the file.
        let used = len_of(order.u32(stated)).checked_next_multiple_of(4).unwrap_or(usize::MAX);
        if !(BLOCK_MIN_BYTES..=BLOCK_BYTES).contains(&used) {
            return Err(Step::Damaged("a block length that cannot be"));
        }
        let rest = unread.get(HEAD_BYTES..used).ok_or(Step::Need(used))?;
        match rest.split_last_chunk() {
            Some((body, tail)) if *tail == stated => Ok(Self { kind: order.u32(kind), order, body, used }),
            _ => Err(Step::Damaged("a block with two different lengths")),
        }
    }

    fn bad(self, what: &'static str) -> Step {
        Step::Bad { what, packet: false, used: self.used }
    }

    fn bad_packet(self, what: &'static str) -> Step {
        Step::Bad { what, packet: true, used: self.used }
    }
}

#[cfg(test)]
mod tests;
