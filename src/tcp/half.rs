//! The sequence space of one direction: what comes next, what came early, when a hole is final.

use std::borrow::Cow;
use std::num::NonZeroU32;

use super::held::Held;
use super::{Chunk, Content, distance};
use crate::event::Mark;
use crate::packet::{Flags, Segment};
use crate::time::Timestamp;

/// One direction of a connection.
// Invariant: everything before `next` has been lent or declared missing; what is held lies behind it.
#[derive(Default, Debug)]
pub(super) struct Half {
    next: u32,
    acked: u32,
    end: u32,
    sync: Sync,
    flags: u8,
    held: Option<Box<Held>>,
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
    /// After a hole; held.
    Early,
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

    /// `next` is certain, nothing waits, and neither FIN nor RST was seen.
    pub(super) fn is_plain(&self) -> bool {
        self.sync == Sync::Firm && !self.has_ended() && !self.waits()
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
        if flags.fin() && self.flags & FIN == 0 {
            self.flags |= FIN;
            self.end = start.wrapping_add(segment.payload_len);
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
            if ahead > 1 && self.sync == Sync::Firm {
                self.note_hole(start, ahead, segment);
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
            self.held.get_or_insert_default().insert(start, segment);
            return Arrival::Early;
        }
        let known = ahead.unsigned_abs();
        if known < segment.payload_len {
            return Arrival::InOrder { offset: usize::try_from(known).unwrap_or(usize::MAX) };
        }
        if segment.payload_len == 1 && ahead == -1 { Arrival::KeepAlive } else { Arrival::Old }
    }

    /// A bare ACK or FIN stands behind bytes that were not seen: they come late, or are missing.
    #[cold]
    fn note_hole(&mut self, start: u32, ahead: i32, segment: &Segment<'_>) {
        if ahead <= PROVEN_MAX {
            self.held.get_or_insert_default().insert(start, segment);
        }
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

    /// Something came early, and is waiting.
    pub(super) fn waits(&self) -> bool {
        self.held.is_some()
    }

    /// One more packet of the flow went by while bytes were missing. `peer_seen`: the other direction is in the capture.
    pub(super) fn grow_impatient(&mut self, at: Timestamp, peer_seen: bool) {
        let Some(held) = &mut self.held else { return };
        let acknowledged =
            self.flags & ACKED != 0 && held.first_seq().is_some_and(|first| distance(self.acked, first) >= 0);
        if acknowledged || !peer_seen {
            held.grow_impatient(at);
        }
    }

    /// The next held bytes that fit, or a gap once the hole before them is final (at once if `at_end`).
    pub(super) fn next_held<'a>(&mut self, at_end: bool) -> Option<Chunk<'a>> {
        let held = self.held.as_mut()?;
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
                self.drop_empty();
                return Some(self.gap(cut, mark));
            }
            let captured = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            self.next = self.next.wrapping_add(captured);
            if captured < cut {
                held.keep_cut(Mark { seq: self.next, ..mark }, cut - captured);
            }
            self.drop_empty();
            return Some(Chunk { mark, content: Content::Data(Cow::Owned(bytes)) });
        }
        let Some(mut first) = held.first_mark() else {
            self.drop_empty();
            return None;
        };
        if self.flags & FIN != 0 && first.seq == self.end.wrapping_add(1) {
            first.seq = self.end; // the FIN's own number is no byte
            if self.next == self.end {
                held.pop_before(self.end.wrapping_add(1));
                self.drop_empty();
                return None;
            }
        }
        if !at_end && !held.is_hopeless() {
            return None;
        }
        let hole = u32::try_from(distance(first.seq, self.next)).unwrap_or(0);
        Some(self.gap(hole, Mark { seq: self.next, ..first }))
    }

    fn drop_empty(&mut self) {
        if self.held.as_ref().is_some_and(|held| held.is_empty()) {
            self.held = None;
        }
    }

    /// Bytes that FIN or the peer's acknowledgments prove to have been sent after the last that was captured.
    /// `reset` is where its RST stood.
    pub(super) fn missing_tail<'a>(&mut self, mark: Mark, reset: Option<u32>) -> Option<Chunk<'a>> {
        if self.sync == Sync::None {
            return None;
        }
        let acked = (self.flags & ACKED != 0).then_some(self.acked);
        let ends = if self.flags & FIN != 0 { [Some(self.end), None] } else { [acked, reset] };
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

    pub(super) fn is_shut(&self) -> bool {
        self.flags & FIN != 0 && self.sync != Sync::None && distance(self.end, self.next) <= 0
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

/// What the sender of `segment` had received of the other direction.
#[inline]
pub(super) fn acked(segment: &Segment<'_>) -> Option<NonZeroU32> {
    NonZeroU32::new(segment.ack()).filter(|_| segment.flags().ack())
}
