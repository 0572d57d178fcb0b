//! What TCP itself tells of one sender: SYN, FIN, RST, retransmissions, zero windows, silence.

use std::time::Duration;

use super::distance;
use super::held::Held;
use crate::event::{Mark, When};
use crate::packet::{ByDir, Dir, Segment};
use crate::rare::{Absent, Rare};
use crate::time::Timestamp;

/// The signals of one direction, by its sender.
#[derive(Clone, Default, Debug)]
pub struct Signals {
    /// Its packets.
    pub packets: u32,
    /// When its last packet came, a bare ACK included.
    pub last_seen_at: Option<Timestamp>,
    /// Its SYN (or SYN-ACK).
    pub syn: Option<When>,
    /// How often the SYN was sent.
    pub syns: u16,
    /// The SYN carried an ACK: this side was connected to.
    pub syn_ack: bool,
    /// Its first FIN; `seq` is the FIN's own number.
    pub fin: Option<Mark>,
    /// Its first RST.
    pub rst: Option<Box<Reset>>,
    /// It sent new payload after its own RST: the RST was not its own.
    pub sent_after_reset: bool,
    /// When its last packet before the other side's RST came: what that RST may have answered.
    pub last_before_peer_reset: Option<Timestamp>,
    /// RSTs with its address that the other side did not heed: it went on acknowledging new data.
    pub void_resets: u16,
    /// Its last new payload.
    pub last_payload: Option<When>,
    /// Its longest pause between two payloads, in ns.
    pub longest_silence_ns: i64,
    /// New payload bytes on the wire.
    pub wire_bytes: u64,
    /// Payload bytes sent again.
    pub retransmissions: u32,
    /// Packets that closed its receive window.
    pub zero_windows: u32,
    /// Since when its window is closed.
    pub zero_window_since: Option<Timestamp>,
    /// What it sends again and again without an acknowledgment.
    pub stuck: Option<Box<Stuck>>,
    /// Payload bytes missing from the capture.
    pub missing_bytes: u64,
    /// Lowest and highest TTL or hop limit of its packets other than RST.
    pub ttl: Option<(u8, u8)>,
    /// New payload that it sent after the other side's first FIN or RST.
    pub sent_after_peer_end: u32,
}

/// What is seldom of both directions, in one block of the heap from the first occurrence in either on.
pub(super) type Seldom = Rare<Occasional>;

/// What is seldom of both directions.
#[derive(Default, Debug)]
pub(super) struct Occasional {
    signals: ByDir<Signals>,
    /// What came early.
    pub held: ByDir<Option<Box<Held>>>,
    /// The FIN's own number; meaningless before it was seen.
    pub ends: ByDir<u32>,
}

impl Absent for Occasional {
    fn absent() -> &'static Self {
        static NONE: Occasional = Occasional {
            signals: ByDir([Signals::NONE, Signals::NONE]),
            held: ByDir([None, None]),
            ends: ByDir([0, 0]),
        };
        &NONE
    }
}

impl std::ops::Index<Dir> for Occasional {
    type Output = Signals;

    #[inline]
    fn index(&self, dir: Dir) -> &Signals {
        &self.signals[dir]
    }
}

impl std::ops::IndexMut<Dir> for Occasional {
    #[inline]
    fn index_mut(&mut self, dir: Dir) -> &mut Signals {
        &mut self.signals[dir]
    }
}

/// A RST, with what tells an endpoint's own from a forged one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reset {
    /// When and where.
    pub mark: Mark,
    /// It carried an ACK: an endpoint's active abort, rather than the answer to a packet for nobody.
    pub ack: bool,
    /// Its window field.
    pub window: u16,
    /// Its TTL or hop limit.
    pub ttl: u8,
    /// Its IP identification.
    pub ip_id: Option<u16>,
    /// IP identification of the sender's packet before.
    pub ip_id_before: Option<u16>,
    /// It carried TCP options.
    pub options: bool,
    /// The sender's packets before carried TCP timestamps.
    pub timestamps_before: bool,
    /// Its sequence number, as distance from the next one expected.
    pub seq_ahead: i32,
    /// Bytes of the other side that this sender had not acknowledged.
    pub unread: u32,
    /// How many RSTs this side sent.
    pub count: u16,
}

/// Sent again and again, never acknowledged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stuck {
    /// Sequence number of the bytes.
    pub seq: u32,
    /// First repetition.
    pub first: Mark,
    /// Last repetition.
    pub last_at: Timestamp,
    /// Repetitions.
    pub count: u32,
    /// They were keep-alive probes, not data.
    pub probes: bool,
    /// Largest payload sent again, in bytes.
    pub bytes: u32,
}

impl Stuck {
    /// From the first repetition to the last.
    pub fn lasted(&self) -> Duration {
        self.last_at.since(self.first.at)
    }
}

impl Signals {
    /// Nothing was seen of that direction.
    const NONE: Self = Self {
        packets: 0,
        last_seen_at: None,
        syn: None,
        syns: 0,
        syn_ack: false,
        fin: None,
        rst: None,
        sent_after_reset: false,
        last_before_peer_reset: None,
        void_resets: 0,
        last_payload: None,
        longest_silence_ns: 0,
        wire_bytes: 0,
        retransmissions: 0,
        zero_windows: 0,
        zero_window_since: None,
        stuck: None,
        missing_bytes: 0,
        ttl: None,
        sent_after_peer_end: 0,
    };

    pub(super) fn repeat(&mut self, mark: Mark, probes: bool, bytes: u32) {
        match &mut self.stuck {
            Some(stuck) => {
                stuck.last_at = mark.at;
                stuck.count = stuck.count.saturating_add(1);
                stuck.probes &= probes;
                stuck.bytes = stuck.bytes.max(bytes);
            }
            none => {
                *none = Some(Box::new(Stuck { seq: mark.seq, first: mark, last_at: mark.at, count: 1, probes, bytes }))
            }
        }
    }

    /// The other side sends a segment: what it acknowledges is stuck no more.
    pub(super) fn note_answer(&mut self, segment: &Segment<'_>) {
        if segment.flags().rst() || !segment.flags().ack() {
            return;
        }
        let passed = |seq: u32| distance(segment.ack(), seq) > 0;
        if self.stuck.as_ref().is_some_and(|stuck| passed(stuck.seq)) {
            self.stuck = None;
        }
        // It acknowledges what came after the RST: it refused that (RFC 5961 §3.2), or it was another's.
        let expected = |reset: &Reset| reset.mark.seq.wrapping_sub(reset.seq_ahead.cast_unsigned());
        if self.rst.as_ref().is_some_and(|reset| passed(expected(reset))) {
            self.rst = None;
            self.void_resets = self.void_resets.saturating_add(1);
        }
    }

    /// Something is known that the next segment has to be compared with.
    pub(super) fn is_alarmed(&self) -> bool {
        self.stuck.is_some() || self.rst.is_some()
    }
}
