//! One sender, watched as its packets pass.
//!
//! Given its segments and how each fits its sequence space, keeps what [`Signals`] tell. What every packet changes is a
//! cache line, and what is seldom is on the heap from its first occurrence on: a hundred thousand connections may be open
//! at once.

use super::distance;
use super::half::{self, Half, acked};
use super::signals::{Reset, Seldom, Signals};
use crate::event::{Mark, When};
use crate::packet::{ByDir, Flags, PacketRef, Segment};
use crate::prefetch::prefetch;
use crate::time::Timestamp;

/// What is kept of one sender.
// A cache line.
#[repr(C)]
#[derive(Debug)]
pub struct Sender {
    /// Its last packet; meaningless before the first.
    last_seen: When,
    last_payload: Option<When>,
    wire_bytes: u64,
    longest_silence_ns: i64,
    packets: u32,
    /// Of the packet before, to tell a duplicate (a SPAN port's, a router's second leg) from a retransmission.
    seq: u32,
    /// 0 where there is none.
    ip_id: u16,
    /// IP-ID of the last packet that was no RST.
    data_ip_id: u16,
    /// Length of the options of the last packet that was no RST.
    options_len: u8,
    /// Lowest and highest of its packets but RSTs; the other way round before the first.
    ttl: (u8, u8),
    flags: u8,
}

impl Default for Sender {
    fn default() -> Self {
        Self {
            last_seen: When { at: Timestamp::default(), packet: PacketRef::new(0, 1) },
            last_payload: None,
            wire_bytes: 0,
            longest_silence_ns: 0,
            packets: 0,
            seq: 0,
            ip_id: 0,
            data_ip_id: 0,
            options_len: 0,
            ttl: (u8::MAX, 0),
            flags: 0,
        }
    }
}

/// Options at least as long as that are timestamps (RFC 7323 §3.2), but on a SYN.
const TIMESTAMPS_LEN: u8 = 10;
/// It sent a SYN.
const SYN: u8 = 8;
/// The SYN carried an ACK.
const SYN_ACK: u8 = 2;
/// The SYN was the first packet of the connection.
const BEGAN: u8 = 1;
/// The receive window is closed.
const WINDOW_CLOSED: u8 = 4;

/// A repetition within this time of the first is a duplicate of the capture: no retransmission timer is that short
/// (RFC 6298 §2.4 says 1 s, Linux 200 ms; a tail loss probe waits at least 2 round trips).
const DUPLICATE_NS: i64 = 1_000_000;

impl Sender {
    #[inline]
    pub(super) fn prefetch(&self) {
        prefetch(&self.packets);
    }

    /// A segment that [`Half::is_next`] is true of.
    #[inline]
    pub(super) fn note_next(&mut self, segment: &Segment<'_>) {
        self.packets = self.packets.saturating_add(1);
        if segment.payload_len != 0 {
            self.note_payload(segment);
        }
        self.note_headers(segment);
        self.note_own_headers(segment);
    }

    /// Any segment. What is seldom goes to `seldom`.
    pub(super) fn note(
        &mut self,
        segment: &Segment<'_>,
        arrival: half::Arrival,
        halves: &ByDir<Half>,
        seldom: &mut Seldom,
    ) {
        let (own, peer) = (&halves[segment.dir], &halves[segment.dir.opposite()]);
        self.packets = self.packets.saturating_add(1);
        if segment.flags().0 & (Flags::SYN | Flags::RST | Flags::FIN) != 0 {
            self.note_flags(segment, own, peer, seldom);
        }
        if matches!(arrival, half::Arrival::Old | half::Arrival::KeepAlive) {
            self.note_repetition(segment, own, arrival == half::Arrival::KeepAlive, seldom);
        }
        if segment.window() == 0 || self.flags & WINDOW_CLOSED != 0 {
            self.note_window(segment, seldom);
        }
        if matches!(arrival, half::Arrival::InOrder { .. } | half::Arrival::Early { .. }) {
            self.note_payload(segment);
            if own.has_ended() || peer.has_ended() {
                note_late_payload(&mut seldom[segment.dir], peer);
            }
        }
        self.note_headers(segment);
        if !segment.flags().rst() {
            self.note_own_headers(segment);
        }
    }

    #[inline]
    fn note_headers(&mut self, segment: &Segment<'_>) {
        self.last_seen = When { at: segment.at, packet: segment.packet };
        self.seq = segment.seq();
        self.ip_id = segment.ip_id.unwrap_or(0);
    }

    /// Of any segment but a RST, which may be another's.
    #[inline]
    fn note_own_headers(&mut self, segment: &Segment<'_>) {
        self.ttl = (self.ttl.0.min(segment.ttl), self.ttl.1.max(segment.ttl));
        self.data_ip_id = self.ip_id;
        self.options_len = segment.options_len;
    }

    #[inline]
    fn note_payload(&mut self, segment: &Segment<'_>) {
        if let Some(last) = self.last_payload {
            self.longest_silence_ns = self.longest_silence_ns.max(segment.at.0.saturating_sub(last.at.0));
        }
        self.last_payload = Some(When { at: segment.at, packet: segment.packet });
        self.wire_bytes += u64::from(segment.payload_len);
    }

    fn note_flags(&mut self, segment: &Segment<'_>, own: &Half, peer: &Half, seldom: &mut Seldom) {
        let (flags, mark) = (segment.flags(), mark_of(segment));
        if flags.syn() {
            let again = self.flags & SYN != 0;
            self.flags |= if flags.ack() { SYN | SYN_ACK } else { SYN };
            if again {
                let seldom = &mut seldom[segment.dir];
                seldom.syns = seldom.syns.saturating_add(1);
                seldom.repeat(mark, false, 0);
            }
        }
        if flags.fin() {
            let seq = segment.seq().wrapping_add(segment.payload_len);
            let again = !self.is_duplicate(segment) && distance(own.acked(), seq) <= 0;
            let seldom = &mut seldom[segment.dir];
            match seldom.fin {
                None => seldom.fin = Some(Mark { seq, ..mark }),
                Some(fin) if fin.seq == seq && again => seldom.repeat(Mark { seq, ..mark }, false, 0),
                Some(_) => {}
            }
        }
        if flags.rst() {
            self.note_reset(segment, own, peer, &mut seldom[segment.dir]);
        }
    }

    fn note_reset(&mut self, segment: &Segment<'_>, own: &Half, peer: &Half, seldom: &mut Signals) {
        let unread = if segment.flags().ack() && peer.is_synced() {
            u32::try_from(distance(peer.next(), segment.ack())).unwrap_or(0)
        } else {
            peer.unacknowledged()
        };
        let ip_id_before = segment.ip_id.and(self.ttl()).map(|_| self.data_ip_id);
        let timestamps_before = self.options_len >= TIMESTAMPS_LEN;
        if let Some(first) = &mut seldom.rst {
            first.count = first.count.saturating_add(1);
            return;
        }
        seldom.rst = Some(Box::new(Reset {
            mark: mark_of(segment),
            ack: segment.flags().ack(),
            window: segment.window(),
            ttl: segment.ttl,
            ip_id: segment.ip_id,
            ip_id_before,
            options: segment.options_len > 0,
            timestamps_before,
            seq_ahead: if own.is_synced() { distance(segment.seq(), own.next()) } else { 0 },
            unread,
            count: 1,
        }));
    }

    #[cold]
    fn note_window(&mut self, segment: &Segment<'_>, seldom: &mut Seldom) {
        if segment.flags().rst() {
            return;
        }
        if segment.window() == 0 && !segment.flags().syn() && segment.flags().ack() {
            self.flags |= WINDOW_CLOSED;
            let seldom = &mut seldom[segment.dir];
            seldom.zero_windows = seldom.zero_windows.saturating_add(1);
            seldom.zero_window_since.get_or_insert(segment.at);
        } else if self.flags & WINDOW_CLOSED != 0 {
            self.flags &= !WINDOW_CLOSED;
            seldom[segment.dir].zero_window_since = None;
        }
    }

    #[cold]
    fn note_repetition(&mut self, segment: &Segment<'_>, own: &Half, probe: bool, seldom: &mut Seldom) {
        if self.is_duplicate(segment) {
            return;
        }
        let seldom = &mut seldom[segment.dir];
        if !probe {
            seldom.retransmissions = seldom.retransmissions.saturating_add(1);
        }
        // What the peer has acknowledged is not stuck, it was merely captured late or sent again needlessly.
        let waiting = probe || distance(segment.seq().wrapping_add(segment.payload_len), own.acked()) > 0;
        if waiting {
            seldom.repeat(mark_of(segment), probe, segment.payload_len);
        }
    }

    fn is_duplicate(&self, segment: &Segment<'_>) -> bool {
        let same = self.packets > 1 && self.seq == segment.seq();
        let close = segment.at.0.saturating_sub(self.last_seen.at.0) < DUPLICATE_NS;
        same && (close || segment.ip_id.is_some_and(|id| id != 0 && id == self.ip_id))
    }

    /// Its packets so far.
    #[inline]
    pub fn packets(&self) -> u32 {
        self.packets
    }

    /// It sent a SYN (or SYN-ACK).
    #[inline]
    pub fn has_syn(&self) -> bool {
        self.flags & SYN != 0
    }

    /// Its SYN is the first packet of the connection.
    pub(super) fn begin(&mut self) {
        self.flags |= BEGAN;
    }

    pub(super) fn has_begun(&self) -> bool {
        self.flags & BEGAN != 0
    }

    /// The SYN carried an ACK: this side was connected to.
    pub fn is_syn_ack(&self) -> bool {
        self.flags & SYN_ACK != 0
    }

    pub(super) fn is_window_closed(&self) -> bool {
        self.flags & WINDOW_CLOSED != 0
    }

    fn ttl(&self) -> Option<(u8, u8)> {
        (self.ttl.0 <= self.ttl.1).then_some(self.ttl)
    }

    /// Its last packet; meaningless before the first.
    #[inline]
    pub(super) fn last_seen(&self) -> When {
        self.last_seen
    }

    /// When its last packet came.
    pub(super) fn last_seen_at(&self) -> Option<Timestamp> {
        (self.packets > 0).then_some(self.last_seen.at)
    }

    /// What is seldom, and all else.
    pub(super) fn complete(&self, seldom: Signals) -> Signals {
        Signals {
            packets: self.packets,
            last_seen_at: self.last_seen_at(),
            syn_ack: self.is_syn_ack(),
            last_payload: self.last_payload,
            longest_silence_ns: self.longest_silence_ns,
            wire_bytes: self.wire_bytes,
            ttl: self.ttl(),
            ..seldom
        }
    }
}

/// After a FIN or RST of either side.
#[cold]
fn note_late_payload(seldom: &mut Signals, peer: &Half) {
    seldom.sent_after_reset |= seldom.rst.is_some();
    if peer.fin_seen() {
        seldom.sent_after_peer_end = seldom.sent_after_peer_end.saturating_add(1);
    }
}

fn mark_of(segment: &Segment<'_>) -> Mark {
    Mark { at: segment.at, packet: segment.packet, seq: segment.seq(), acked: acked(segment) }
}
