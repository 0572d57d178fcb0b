//! Segments of one direction that came before their turn, bounded.

use super::distance;
use super::half::acked;
use crate::event::Mark;
use crate::limits::{HELD_BYTES, HELD_SEGMENTS, HOLE_PATIENCE, HOLE_PATIENCE_PACKETS};
use crate::packet::Segment;
use crate::time::Timestamp;

/// A copy of an early segment.
#[derive(Debug)]
pub(super) struct Piece {
    /// Where it came from; `mark.seq` is its first byte.
    pub mark: Mark,
    /// Its length on the wire; `bytes` is shorter where the snaplen cut it.
    pub payload_len: u32,
    pub bytes: Vec<u8>,
}

/// Early segments in order of their sequence numbers.
// Invariant: sorted by sequence number, the first captured of equal ones first.
#[derive(Default, Debug)]
pub(super) struct Held {
    pieces: Vec<Piece>,
    bytes: usize,
    /// Since when the bytes before the first piece cannot be expected any more.
    hopeless_since: Option<Timestamp>,
    /// How many packets of the flow went by since.
    hopeless_packets: u8,
    newest_at: Option<Timestamp>,
}

impl Held {
    pub(super) fn insert(&mut self, start: u32, segment: &Segment<'_>) {
        self.newest_at = self.newest_at.max(Some(segment.at));
        if self.is_full() {
            return;
        }
        let position =
            self.pieces.iter().rposition(|piece| distance(piece.mark.seq, start) <= 0).map_or(0, |at| at + 1);
        let covered = position.checked_sub(1).and_then(|before| self.pieces.get(before)).is_some_and(|piece| {
            let end = piece.mark.seq.wrapping_add(piece.payload_len);
            distance(end, start.wrapping_add(segment.payload_len)) >= 0
        });
        if covered {
            return;
        }
        let mark = Mark { at: segment.at, packet: segment.packet, seq: start, acked: acked(segment) };
        self.bytes += segment.payload.len();
        self.pieces.insert(position, Piece { mark, payload_len: segment.payload_len, bytes: segment.payload.to_vec() });
    }

    /// Takes the first piece if it starts at or before `next`.
    pub(super) fn pop_before(&mut self, next: u32) -> Option<Piece> {
        if distance(self.pieces.first()?.mark.seq, next) > 0 {
            return None;
        }
        let piece = self.pieces.remove(0);
        self.bytes -= piece.bytes.len();
        Some(piece)
    }

    /// The first piece was lent up to `next`. What the snaplen cut off it is missing there.
    pub(super) fn keep_cut(&mut self, mark: Mark, payload_len: u32) {
        self.pieces.insert(0, Piece { mark, payload_len, bytes: Vec::new() });
    }

    /// One more packet went by, and the bytes before the first piece cannot be expected any more.
    pub(super) fn grow_impatient(&mut self, at: Timestamp) {
        self.hopeless_packets = self.hopeless_packets.saturating_add(1);
        self.hopeless_since.get_or_insert(at);
    }

    /// The hole before the first piece is closed.
    pub(super) fn be_patient(&mut self) {
        (self.hopeless_packets, self.hopeless_since) = (0, None);
    }

    /// The bytes before the first piece will not come any more.
    pub(super) fn is_hopeless(&self) -> bool {
        let waited = self.hopeless_since.zip(self.newest_at).map(|(since, now)| now.since(since));
        self.is_full()
            || waited.is_some_and(|waited| waited >= HOLE_PATIENCE)
            || self.hopeless_packets >= HOLE_PATIENCE_PACKETS
    }

    pub(super) fn first_mark(&self) -> Option<Mark> {
        self.pieces.first().map(|piece| piece.mark)
    }

    pub(super) fn first_seq(&self) -> Option<u32> {
        self.pieces.first().map(|piece| piece.mark.seq)
    }

    fn is_full(&self) -> bool {
        self.bytes >= HELD_BYTES || self.pieces.len() >= HELD_SEGMENTS
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }
}
