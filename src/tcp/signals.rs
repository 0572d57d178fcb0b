//! What TCP itself tells of one sender: SYN, FIN, RST, retransmissions, keep-alives, zero windows, silence.

use std::time::Duration;

use super::half::{self, Half, acked};
use super::rare::Absent;
use super::{Chunk, Content, distance};
use crate::event::Mark;
use crate::packet::Segment;
use crate::time::Timestamp;

/// The signals of one direction, by its sender.
// Laid out as written: what every packet touches stands first, in two or three cache lines.
#[repr(C)]
#[derive(Clone, Default, Debug)]
pub struct Signals {
    /// When its last packet came, a bare ACK included.
    pub last_seen_at: Option<Timestamp>,
    /// Its last new payload.
    pub last_payload: Option<Mark>,
    /// Its longest pause between two payloads, in ns.
    pub longest_silence_ns: i64,
    /// New payload bytes on the wire.
    pub wire_bytes: u64,
    /// When its first packet came.
    pub first_at: Option<Timestamp>,
    last: Last,
    /// Its packets.
    pub packets: u32,
    /// Lowest and highest TTL or hop limit of its packets other than RST.
    pub ttl: Option<(u8, u8)>,
    /// Its first RST.
    pub rst: Option<Box<Reset>>,
    /// Since when its window is closed.
    pub zero_window_since: Option<Timestamp>,
    /// What it sends again and again without an acknowledgment.
    pub stuck: Option<Box<Stuck>>,
    /// Its SYN (or SYN-ACK).
    pub syn: Option<Mark>,
    /// How often the SYN was sent.
    pub syns: u16,
    /// The SYN carried an ACK: this side was connected to.
    pub syn_ack: bool,
    /// Its first FIN; `seq` is the FIN's own number.
    pub fin: Option<Mark>,
    /// It sent new payload after its own RST: the RST was not its own.
    pub sent_after_reset: bool,
    /// When its last packet before the other side's RST came: what that RST may have answered.
    pub last_before_peer_reset: Option<Timestamp>,
    /// RSTs with its address that the other side did not heed: it went on acknowledging new data.
    pub void_resets: u16,
    /// Payload bytes sent again.
    pub retransmissions: u32,
    /// Keep-alive probes.
    pub keepalives: u32,
    /// Packets that closed its receive window.
    pub zero_windows: u32,
    /// Payload bytes missing from the capture.
    pub missing_bytes: u64,
    /// New payload that it sent after the other side's first FIN or RST.
    pub sent_after_peer_end: u32,
}

impl Signals {
    const NONE: Self = Self {
        packets: 0,
        first_at: None,
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
        keepalives: 0,
        zero_windows: 0,
        zero_window_since: None,
        stuck: None,
        missing_bytes: 0,
        ttl: None,
        sent_after_peer_end: 0,
        last: Last { seq: 0, ip_id: None, at: None, data_ip_id: None, timestamps: false },
    };
}

/// Nothing was seen of that direction.
impl Absent for Signals {
    fn absent() -> &'static Self {
        static NONE: Signals = Signals::NONE;
        &NONE
    }
}

/// The packet before, to tell a duplicate (a SPAN port's, a router's second leg) from a retransmission.
#[derive(Clone, Default, Debug)]
struct Last {
    seq: u32,
    ip_id: Option<u16>,
    at: Option<Timestamp>,
    /// IP-ID of the last packet that was no RST.
    data_ip_id: Option<u16>,
    timestamps: bool,
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

/// A repetition within this time of the first is a duplicate of the capture: no retransmission timer is that short
/// (RFC 6298 §2.4 says 1 s, Linux 200 ms; a tail loss probe waits at least 2 round trips).
const DUPLICATE_NS: i64 = 1_000_000;

impl Signals {
    #[inline]
    pub(super) fn note(&mut self, segment: &Segment<'_>, arrival: &half::Arrival, own: &Half, peer: &Half) {
        self.packets = self.packets.saturating_add(1);
        self.first_at.get_or_insert(segment.at);
        self.last_seen_at = Some(segment.at);
        let mark = Mark { at: segment.at, packet: segment.packet, seq: segment.seq, acked: acked(segment) };
        if segment.flags.0 & (crate::packet::Flags::SYN | crate::packet::Flags::RST | crate::packet::Flags::FIN) != 0 {
            self.note_flags(segment, mark, own, peer);
        }
        if !segment.flags.rst() {
            let (low, high) = self.ttl.unwrap_or((segment.ttl, segment.ttl));
            self.ttl = Some((low.min(segment.ttl), high.max(segment.ttl)));
            self.note_window(segment);
        }
        match arrival {
            half::Arrival::InOrder { .. } | half::Arrival::Early => self.note_payload(segment, mark, peer),
            half::Arrival::Old => self.note_repetition(segment, mark, own, false),
            half::Arrival::KeepAlive => {
                self.keepalives = self.keepalives.saturating_add(1);
                self.note_repetition(segment, mark, own, true);
            }
            half::Arrival::Empty => {}
        }
        self.last.seq = segment.seq;
        self.last.ip_id = segment.ip_id;
        self.last.at = Some(segment.at);
        if !segment.flags.rst() {
            self.last.data_ip_id = segment.ip_id;
            self.last.timestamps = segment.options.len() >= 10;
        }
    }

    #[inline]
    fn note_payload(&mut self, segment: &Segment<'_>, mark: Mark, peer: &Half) {
        if let Some(last) = self.last_payload {
            self.longest_silence_ns = self.longest_silence_ns.max(segment.at.0.saturating_sub(last.at.0));
        }
        self.last_payload = Some(mark);
        self.wire_bytes += u64::from(segment.payload_len);
        self.sent_after_reset |= self.rst.is_some();
        if peer.fin_seen() {
            self.sent_after_peer_end = self.sent_after_peer_end.saturating_add(1);
        }
    }

    fn note_flags(&mut self, segment: &Segment<'_>, mark: Mark, own: &Half, peer: &Half) {
        let flags = segment.flags;
        if flags.syn() {
            self.syn.get_or_insert(mark);
            self.syns = self.syns.saturating_add(1);
            self.syn_ack |= flags.ack();
            if self.syns > 1 {
                self.repeat(mark, false, 0);
            }
        }
        if flags.fin() {
            if let Some(fin) = self.fin {
                let seq = segment.seq.wrapping_add(segment.payload_len);
                if fin.seq == seq && !self.is_duplicate(segment) && distance(own.acked(), seq) <= 0 {
                    self.repeat(Mark { seq, ..mark }, false, 0);
                }
            } else {
                self.fin = Some(Mark { seq: segment.seq.wrapping_add(segment.payload_len), ..mark });
            }
        }
        if flags.rst() {
            self.note_reset(segment, mark, own, peer);
        }
    }

    fn note_reset(&mut self, segment: &Segment<'_>, mark: Mark, own: &Half, peer: &Half) {
        if let Some(first) = &mut self.rst {
            first.count = first.count.saturating_add(1);
            return;
        }
        let unread = if segment.flags.ack() && peer.is_synced() {
            u32::try_from(distance(peer.next(), segment.ack)).unwrap_or(0)
        } else {
            peer.unacknowledged()
        };
        self.rst = Some(Box::new(Reset {
            mark,
            ack: segment.flags.ack(),
            window: segment.window,
            ttl: segment.ttl,
            ip_id: segment.ip_id,
            ip_id_before: self.last.data_ip_id,
            options: !segment.options.is_empty(),
            timestamps_before: self.last.timestamps,
            seq_ahead: if own.is_synced() { distance(segment.seq, own.next()) } else { 0 },
            unread,
            count: 1,
        }));
    }

    #[inline]
    fn note_window(&mut self, segment: &Segment<'_>) {
        if segment.window == 0 && !segment.flags.syn() && segment.flags.ack() {
            self.zero_windows = self.zero_windows.saturating_add(1);
            self.zero_window_since.get_or_insert(segment.at);
        } else if self.zero_window_since.is_some() {
            self.zero_window_since = None;
        }
    }

    fn note_repetition(&mut self, segment: &Segment<'_>, mark: Mark, own: &Half, probe: bool) {
        if self.is_duplicate(segment) {
            return;
        }
        if !probe {
            self.retransmissions = self.retransmissions.saturating_add(1);
        }
        // What the peer has acknowledged is not stuck, it was merely captured late or sent again needlessly.
        let waiting = probe || distance(segment.seq.wrapping_add(segment.payload_len), own.acked()) > 0;
        if waiting {
            self.repeat(mark, probe, segment.payload_len);
        }
    }

    fn is_duplicate(&self, segment: &Segment<'_>) -> bool {
        let same = self.last.seq == segment.seq && self.last.at.is_some();
        let close = self.last.at.is_some_and(|at| segment.at.0.saturating_sub(at.0) < DUPLICATE_NS);
        let same_packet = segment.ip_id.is_some_and(|id| id != 0) && segment.ip_id == self.last.ip_id;
        same && (close || same_packet)
    }

    fn repeat(&mut self, mark: Mark, probes: bool, bytes: u32) {
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

    /// The peer acknowledged up to `ack`.
    #[inline]
    pub(super) fn answered(&mut self, ack: u32) {
        if self.stuck.as_ref().is_some_and(|stuck| distance(ack, stuck.seq) > 0) {
            self.stuck = None;
        }
    }

    /// The other side acknowledges what came after the RST: it refused it (RFC 5961 §3.2), or it was another's.
    pub(super) fn reset_is_void(&mut self, segment: &Segment<'_>) {
        let Some(reset) = &self.rst else { return };
        let expected = reset.mark.seq.wrapping_sub(reset.seq_ahead.cast_unsigned());
        if segment.flags.ack() && distance(segment.ack, expected) > 0 {
            self.rst = None;
            self.void_resets = self.void_resets.saturating_add(1);
        }
    }

    /// A gap was declared.
    pub(super) fn missed(&mut self, chunk: &Chunk<'_>) {
        if let Content::Gap(bytes) = chunk.content {
            self.missing_bytes += bytes;
        }
    }
}
