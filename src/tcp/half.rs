//! The sequence space of one direction: what comes next, what came early, when a hole is final.

use std::borrow::Cow;
use std::num::NonZeroU32;

use super::held::Held;
use super::{Chunk, Content, distance};
use crate::event::Mark;
use crate::packet::{Flags, Segment};
use crate::time::Timestamp;

/// One direction of a connection.
// Invariant: everything before `next` has been lent or declared missing; what is held lies behind it. Both directions
// fit what their flow's key leaves of a cache line; what is held and where the FIN stood are kept with what is seldom.
#[derive(Default, Debug)]
pub(super) struct Half {
    next: u32,
    acked: u32,
    sync: Sync,
    flags: u8,
}

/// How far ahead bytes are believed to have been sent that were not seen. A number from the wild (another connection's, a
/// forged RST's) must not become a gigabyte of gap; windows are rarely larger.
const PROVEN_MAX: i32 = 1 << 24;

const ACKED: u8 = 1;
const FIN: u8 = 2;
const SYN: u8 = 4;
const RST: u8 = 8;
/// See [`Half::is_next`].
const STEADY: u8 = 16;
/// The connection's last segment was of this direction.
const LATEST: u8 = 32;

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Sync {
    /// Nothing of this direction was seen.
    #[default]
    None,
    /// Only bare ACKs were seen: the next data may start one byte later (after a keep-alive).
    Tentative,
    /// `next` is certain.
    Firm,
}

/// How a segment fits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Arrival {
    /// No payload.
    Empty,
    /// New bytes, from this payload offset on.
    InOrder { offset: usize },
    /// After a hole: to be held as what starts at this sequence number.
    Early { start: u32 },
    /// No payload, but behind bytes that were not seen: they come late, or are missing. To be held alike.
    BehindHole { start: u32 },
    /// Nothing new: a retransmission or a duplicate.
    Old,
    /// A keep-alive: no new byte, one before the next (RFC 9293 §3.8.4).
    KeepAlive,
}

impl Half {
    /// The peer acknowledged `ack`.
    #[inline]
    pub(super) fn acknowledge(&mut self, ack: u32) {
        if distance(ack, self.acked) > 0 || self.flags & ACKED == 0 {
            self.acked = ack;
            self.flags |= ACKED;
        }
    }

    /// `next` is certain, and neither FIN nor RST was seen.
    pub(super) fn is_plain(&self) -> bool {
        self.sync == Sync::Firm && !self.has_ended()
    }

    /// Whether the connection's last segment was of this direction.
    #[inline]
    pub(super) fn set_latest(&mut self, latest: bool) {
        self.flags = if latest { self.flags | LATEST } else { self.flags & !LATEST };
    }

    #[inline]
    pub(super) fn is_latest(&self) -> bool {
        self.flags & LATEST != 0
    }

    /// Nothing is known of the connection that the next segment in order would have to be compared with.
    pub(super) fn set_steady(&mut self, steady: bool) {
        self.flags = if steady { self.flags | STEADY } else { self.flags & !STEADY };
    }

    /// Of a steady connection: the next bytes, whole, or an acknowledgment alone, with nothing else to tell.
    #[inline]
    pub(super) fn is_next(&self, segment: &Segment<'_>) -> bool {
        const ASKED: u8 = Flags::SYN | Flags::FIN | Flags::RST | Flags::ACK;
        self.flags & STEADY != 0
            && segment.seq() == self.next
            && segment.flags().0 & ASKED == Flags::ACK
            && segment.window() != 0
            && !segment.is_cut()
    }

    /// Of a segment that [`Half::is_next`] is true of all bytes are next. Gives where they stand.
    #[inline]
    pub(super) fn take_next(&mut self, segment: &Segment<'_>) -> Mark {
        let seq = self.next;
        self.next = seq.wrapping_add(segment.payload_len);
        Mark { at: segment.at, packet: segment.packet, seq, acked: NonZeroU32::new(segment.ack()) }
    }

    pub(super) fn accept(&mut self, segment: &Segment<'_>) -> Arrival {
        let flags = segment.flags();
        if flags.rst() {
            self.flags |= RST;
            return Arrival::Empty; // its payload, if any, is a comment (RFC 9293 §3.5.3)
        }
        let mut start = segment.seq();
        if flags.syn() {
            start = start.wrapping_add(1);
            if self.flags & SYN == 0 {
                self.next = start;
                self.sync = Sync::Firm;
                self.flags |= SYN;
            }
        }
        if flags.fin() {
            self.flags |= FIN;
        }
        if self.sync == Sync::None {
            self.next = start;
            self.sync = if segment.payload_len == 0 { Sync::Tentative } else { Sync::Firm };
        }
        self.place(start, segment)
    }

    fn place(&mut self, start: u32, segment: &Segment<'_>) -> Arrival {
        let ahead = distance(start, self.next);
        if segment.payload_len == 0 {
            // A FIN takes a sequence number as well: one ahead is no byte missing.
            if ahead > 1 && ahead <= PROVEN_MAX && self.sync == Sync::Firm {
                return Arrival::BehindHole { start };
            }
            return if ahead == -1 && !segment.flags().fin() && !segment.flags().syn() {
                Arrival::KeepAlive
            } else {
                Arrival::Empty
            };
        }
        if self.sync == Sync::Tentative {
            if segment.payload_len == 1 && ahead == -1 {
                return Arrival::KeepAlive;
            }
            self.sync = Sync::Firm;
            if ahead <= 1 {
                self.next = start;
                return Arrival::InOrder { offset: 0 };
            }
        }
        if ahead == 0 {
            return Arrival::InOrder { offset: 0 };
        }
        if ahead > 0 {
            return Arrival::Early { start };
        }
        let known = ahead.unsigned_abs();
        if known < segment.payload_len {
            return Arrival::InOrder { offset: usize::try_from(known).unwrap_or(usize::MAX) };
        }
        if segment.payload_len == 1 && ahead == -1 { Arrival::KeepAlive } else { Arrival::Old }
    }

    /// The segment's own bytes from `offset` on; behind them, where the snaplen cut it, what is missing.
    pub(super) fn lend<'a>(&mut self, segment: &Segment<'a>, offset: usize) -> Chunk<'a> {
        let mark = Mark { at: segment.at, packet: segment.packet, seq: self.next, acked: acked(segment) };
        let bytes = segment.payload.get(offset..).unwrap_or_default();
        if bytes.is_empty() {
            let offset = u32::try_from(offset).unwrap_or(u32::MAX);
            return self.gap(segment.payload_len.saturating_sub(offset), mark);
        }
        self.next = self.next.wrapping_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        Chunk { mark, content: Content::Data(Cow::Borrowed(bytes)) }
    }

    fn gap<'a>(&mut self, bytes: u32, mark: Mark) -> Chunk<'a> {
        self.next = self.next.wrapping_add(bytes);
        Chunk { mark, content: Content::Gap(u64::from(bytes)) }
    }

    /// One more packet of the flow went by while bytes were missing. `peer_seen`: the other direction is in the capture.
    pub(super) fn grow_impatient(&self, held: &mut Held, at: Timestamp, peer_seen: bool) {
        let acknowledged =
            self.flags & ACKED != 0 && held.first_seq().is_some_and(|first| distance(self.acked, first) >= 0);
        if acknowledged || !peer_seen {
            held.grow_impatient(at);
        }
    }

    /// The next held bytes that fit, or a gap once the hole before them is final (at once if `at_end`). `fin`: the FIN's
    /// own number. Nothing is held any more when there is none.
    pub(super) fn next_held<'a>(
        &mut self,
        holder: &mut Option<Box<Held>>,
        fin: u32,
        at_end: bool,
    ) -> Option<Chunk<'a>> {
        let chunk = self.next_of(holder.as_mut()?, fin, at_end);
        if holder.as_ref().is_some_and(|held| held.is_empty()) {
            *holder = None;
        }
        chunk
    }

    fn next_of<'a>(&mut self, held: &mut Held, fin: u32, at_end: bool) -> Option<Chunk<'a>> {
        while let Some(piece) = held.pop_before(self.next) {
            let known = usize::try_from(distance(self.next, piece.mark.seq)).unwrap_or(0);
            let end = piece.mark.seq.wrapping_add(piece.payload_len);
            if distance(end, self.next) <= 0 {
                continue;
            }
            held.be_patient();
            let mark = Mark { seq: self.next, ..piece.mark };
            let mut bytes = piece.bytes;
            bytes.drain(..known.min(bytes.len()));
            let cut = u32::try_from(distance(end, self.next)).unwrap_or(0);
            if bytes.is_empty() {
                return Some(self.gap(cut, mark));
            }
            let captured = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            self.next = self.next.wrapping_add(captured);
            if captured < cut {
                held.keep_cut(Mark { seq: self.next, ..mark }, cut - captured);
            }
            return Some(Chunk { mark, content: Content::Data(Cow::Owned(bytes)) });
        }
        let mut first = held.first_mark()?;
        if self.flags & FIN != 0 && first.seq == fin.wrapping_add(1) {
            first.seq = fin; // the FIN's own number is no byte
            if self.next == fin {
                held.pop_before(fin.wrapping_add(1));
                return None;
            }
        }
        if !at_end && !held.is_hopeless() {
            return None;
        }
        let hole = u32::try_from(distance(first.seq, self.next)).unwrap_or(0);
        Some(self.gap(hole, Mark { seq: self.next, ..first }))
    }

    /// Bytes that FIN or the peer's acknowledgments prove to have been sent after the last that was captured.
    /// `fin` is the FIN's own number, `reset` is where its RST stood.
    pub(super) fn missing_tail<'a>(&mut self, mark: Mark, fin: u32, reset: Option<u32>) -> Option<Chunk<'a>> {
        if self.sync == Sync::None {
            return None;
        }
        let acked = (self.flags & ACKED != 0).then_some(self.acked);
        let ends = if self.flags & FIN != 0 { [Some(fin), None] } else { [acked, reset] };
        let proven = ends
            .into_iter()
            .flatten()
            .map(|end| distance(end, self.next))
            .filter(|ahead| *ahead <= PROVEN_MAX)
            .max()?;
        // One more than was seen is a FIN's own number, if the FIN was not.
        let bytes = u32::try_from(proven)
            .ok()
            .filter(|bytes| *bytes > u32::from(self.flags & FIN == 0 || self.sync == Sync::Tentative))?;
        Some(self.gap(bytes, Mark { seq: self.next, ..mark }))
    }

    /// `fin`, its FIN's own number, is what comes next, or lies behind.
    pub(super) fn is_shut(&self, fin: u32) -> bool {
        self.flags & FIN != 0 && self.sync != Sync::None && distance(fin, self.next) <= 0
    }

    /// FIN was seen, or a RST, heeded or not.
    #[inline]
    pub(super) fn has_ended(&self) -> bool {
        self.flags & (FIN | RST) != 0
    }

    /// FIN was seen.
    #[inline]
    pub(super) fn fin_seen(&self) -> bool {
        self.flags & FIN != 0
    }

    pub(super) fn saw_syn(&self) -> bool {
        self.flags & SYN != 0
    }

    pub(super) fn acked(&self) -> u32 {
        self.acked
    }

    pub(super) fn next(&self) -> u32 {
        self.next
    }

    pub(super) fn is_synced(&self) -> bool {
        self.sync != Sync::None
    }

    pub(super) fn unacknowledged(&self) -> u32 {
        if self.flags & ACKED == 0 {
            return 0;
        }
        u32::try_from(distance(self.next, self.acked)).unwrap_or(0)
    }
}

/// Where the FIN of a segment stands.
pub(super) fn fin_number(segment: &Segment<'_>) -> u32 {
    segment.seq().wrapping_add(u32::from(segment.flags().syn())).wrapping_add(segment.payload_len)
}

/// What the sender of `segment` had received of the other direction.
#[inline]
pub(super) fn acked(segment: &Segment<'_>) -> Option<NonZeroU32> {
    NonZeroU32::new(segment.ack()).filter(|_| segment.flags().ack())
}
