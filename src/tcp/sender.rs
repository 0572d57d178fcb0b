//! One sender, watched as its packets pass.
//!
//! Given its segments and how each fits its sequence space, keeps what [`Signals`] tell. What every packet changes lies
//! in two cache lines, and what is seldom on the heap from its first occurrence on: a hundred thousand connections may
//! be open at once.

use super::distance;
use super::half::{self, Half, acked};
use super::rare::Absent;
use super::signals::{Reset, Signals};
use super::{Chunk, Content};
use crate::event::Mark;
use crate::packet::{Flags, Segment};
use crate::time::Timestamp;

/// What is kept of one sender.
// Laid out as written: what every packet touches stands first.
#[repr(C)]
#[derive(Default, Debug)]
pub struct Sender {
    /// When its last packet came; meaningless before the first.
    last_seen_at: Timestamp,
    packets: u32,
    /// Of the packet before, to tell a duplicate (a SPAN port's, a router's second leg) from a retransmission.
    seq: u32,
    ip_id: u16,
    /// IP-ID of the last packet that was no RST.
    data_ip_id: u16,
    known: u8,
    /// Lowest and highest.
    ttl: (u8, u8),
    last_payload: Option<Mark>,
    wire_bytes: u64,
    longest_silence_ns: i64,
    seldom: Option<Box<Signals>>,
    syn: Option<Mark>,
}

/// `ip_id` means something.
const IP_ID: u8 = 1;
/// `data_ip_id` means something.
const DATA_IP_ID: u8 = 2;
/// `ttl` means something.
const TTL: u8 = 4;
/// The last packet that was no RST carried TCP timestamps.
const TIMESTAMPS: u8 = 8;
/// The SYN carried an ACK.
const SYN_ACK: u8 = 16;

/// A repetition within this time of the first is a duplicate of the capture: no retransmission timer is that short
/// (RFC 6298 §2.4 says 1 s, Linux 200 ms; a tail loss probe waits at least 2 round trips).
const DUPLICATE_NS: i64 = 1_000_000;

impl Sender {
    #[inline]
    pub(super) fn note(&mut self, segment: &Segment<'_>, arrival: &half::Arrival, own: &Half, peer: &Half) {
        self.packets = self.packets.saturating_add(1);
        let mark = Mark { at: segment.at, packet: segment.packet, seq: segment.seq, acked: acked(segment) };
        if segment.flags.0 & (Flags::SYN | Flags::RST | Flags::FIN) != 0 {
            self.note_flags(segment, mark, own, peer);
        }
        if !segment.flags.rst() {
            self.note_window(segment);
        }
        match arrival {
            half::Arrival::InOrder { .. } | half::Arrival::Early => self.note_payload(segment, mark, peer),
            half::Arrival::Old => self.note_repetition(segment, mark, own, false),
            half::Arrival::KeepAlive => self.note_repetition(segment, mark, own, true),
            half::Arrival::Empty => {}
        }
        self.remember(segment);
    }

    #[inline]
    fn remember(&mut self, segment: &Segment<'_>) {
        self.last_seen_at = segment.at;
        self.seq = segment.seq;
        self.ip_id = segment.ip_id.unwrap_or(0);
        let has_id = segment.ip_id.is_some();
        self.known = self.known & !IP_ID | if has_id { IP_ID } else { 0 };
        if segment.flags.rst() {
            return;
        }
        let (low, high) = if self.known & TTL == 0 { (segment.ttl, segment.ttl) } else { self.ttl };
        self.ttl = (low.min(segment.ttl), high.max(segment.ttl));
        self.data_ip_id = self.ip_id;
        let timestamps = segment.options.len() >= 10;
        self.known = self.known & SYN_ACK
            | TTL
            | if has_id { IP_ID | DATA_IP_ID } else { 0 }
            | if timestamps { TIMESTAMPS } else { 0 };
    }

    #[inline]
    fn note_payload(&mut self, segment: &Segment<'_>, mark: Mark, peer: &Half) {
        if let Some(last) = self.last_payload {
            self.longest_silence_ns = self.longest_silence_ns.max(segment.at.0.saturating_sub(last.at.0));
        }
        self.last_payload = Some(mark);
        self.wire_bytes += u64::from(segment.payload_len);
        if let Some(seldom) = &mut self.seldom {
            seldom.sent_after_reset |= seldom.rst.is_some();
        }
        if peer.fin_seen() {
            let seldom = self.seldom_mut();
            seldom.sent_after_peer_end = seldom.sent_after_peer_end.saturating_add(1);
        }
    }

    #[cold]
    fn note_flags(&mut self, segment: &Segment<'_>, mark: Mark, own: &Half, peer: &Half) {
        let flags = segment.flags;
        if flags.syn() {
            self.known |= if flags.ack() { SYN_ACK } else { 0 };
            if self.syn.is_none() {
                self.syn = Some(mark);
            } else {
                let seldom = self.seldom_mut();
                seldom.syns = seldom.syns.saturating_add(1);
                seldom.repeat(mark, false, 0);
            }
        }
        if flags.fin() {
            let seq = segment.seq.wrapping_add(segment.payload_len);
            let again = !self.is_duplicate(segment) && distance(own.acked(), seq) <= 0;
            let seldom = self.seldom_mut();
            match seldom.fin {
                None => seldom.fin = Some(Mark { seq, ..mark }),
                Some(fin) if fin.seq == seq && again => seldom.repeat(Mark { seq, ..mark }, false, 0),
                Some(_) => {}
            }
        }
        if flags.rst() {
            self.note_reset(segment, mark, own, peer);
        }
    }

    fn note_reset(&mut self, segment: &Segment<'_>, mark: Mark, own: &Half, peer: &Half) {
        let unread = if segment.flags.ack() && peer.is_synced() {
            u32::try_from(distance(peer.next(), segment.ack)).unwrap_or(0)
        } else {
            peer.unacknowledged()
        };
        let ip_id_before = (self.known & DATA_IP_ID != 0).then_some(self.data_ip_id);
        let timestamps_before = self.known & TIMESTAMPS != 0;
        let seldom = self.seldom_mut();
        if let Some(first) = &mut seldom.rst {
            first.count = first.count.saturating_add(1);
            return;
        }
        seldom.rst = Some(Box::new(Reset {
            mark,
            ack: segment.flags.ack(),
            window: segment.window,
            ttl: segment.ttl,
            ip_id: segment.ip_id,
            ip_id_before,
            options: !segment.options.is_empty(),
            timestamps_before,
            seq_ahead: if own.is_synced() { distance(segment.seq, own.next()) } else { 0 },
            unread,
            count: 1,
        }));
    }

    #[inline]
    fn note_window(&mut self, segment: &Segment<'_>) {
        if segment.window == 0 && !segment.flags.syn() && segment.flags.ack() {
            let seldom = self.seldom_mut();
            seldom.zero_windows = seldom.zero_windows.saturating_add(1);
            seldom.zero_window_since.get_or_insert(segment.at);
        } else if let Some(seldom) = &mut self.seldom {
            seldom.zero_window_since = None;
        }
    }

    #[cold]
    fn note_repetition(&mut self, segment: &Segment<'_>, mark: Mark, own: &Half, probe: bool) {
        if self.is_duplicate(segment) {
            return;
        }
        let seldom = self.seldom_mut();
        if !probe {
            seldom.retransmissions = seldom.retransmissions.saturating_add(1);
        }
        // What the peer has acknowledged is not stuck, it was merely captured late or sent again needlessly.
        let waiting = probe || distance(segment.seq.wrapping_add(segment.payload_len), own.acked()) > 0;
        if waiting {
            seldom.repeat(mark, probe, segment.payload_len);
        }
    }

    fn is_duplicate(&self, segment: &Segment<'_>) -> bool {
        let same = self.packets > 1 && self.seq == segment.seq;
        let close = segment.at.0.saturating_sub(self.last_seen_at.0) < DUPLICATE_NS;
        let id = segment.ip_id.filter(|id| *id != 0 && self.known & IP_ID != 0);
        same && (close || id == Some(self.ip_id))
    }

    /// The peer acknowledged up to `ack`.
    pub(super) fn answered(&mut self, ack: u32) {
        if let Some(seldom) = &mut self.seldom
            && seldom.stuck.as_ref().is_some_and(|stuck| distance(ack, stuck.seq) > 0)
        {
            seldom.stuck = None;
        }
    }

    /// The other side acknowledges what came after the RST: it refused it (RFC 5961 §3.2), or it was another's.
    pub(super) fn reset_is_void(&mut self, segment: &Segment<'_>) {
        let Some(seldom) = &mut self.seldom else { return };
        let Some(reset) = &seldom.rst else { return };
        let expected = reset.mark.seq.wrapping_sub(reset.seq_ahead.cast_unsigned());
        if segment.flags.ack() && distance(segment.ack, expected) > 0 {
            seldom.rst = None;
            seldom.void_resets = seldom.void_resets.saturating_add(1);
        }
    }

    /// The other side sends a RST.
    pub(super) fn note_peer_reset(&mut self) {
        let last = self.last_seen_at();
        if last.is_some() {
            self.seldom_mut().last_before_peer_reset = last;
        }
    }

    /// A gap was declared.
    pub(super) fn missed(&mut self, chunk: &Chunk<'_>) {
        if let Content::Gap(bytes) = chunk.content {
            self.seldom_mut().missing_bytes += bytes;
        }
    }

    fn seldom_mut(&mut self) -> &mut Signals {
        self.seldom.get_or_insert_default()
    }

    /// What is seldom, as far as it occurred: FIN, RST, repetitions, closed windows, gaps.
    pub fn seldom(&self) -> &Signals {
        self.seldom.as_deref().unwrap_or(Signals::absent())
    }

    /// Its packets so far.
    #[inline]
    pub fn packets(&self) -> u32 {
        self.packets
    }

    /// Reads the end of it, which lies in another cache line than the rest.
    #[inline]
    pub(super) fn syns_sent(&self) -> bool {
        self.syn.is_some()
    }

    /// Its SYN (or SYN-ACK).
    pub fn syn(&self) -> Option<Mark> {
        self.syn
    }

    /// How often the SYN was sent.
    pub fn syns(&self) -> u16 {
        self.seldom().syns.saturating_add(u16::from(self.syn.is_some()))
    }

    /// The SYN carried an ACK: this side was connected to.
    pub fn is_syn_ack(&self) -> bool {
        self.known & SYN_ACK != 0
    }

    fn last_seen_at(&self) -> Option<Timestamp> {
        (self.packets > 0).then_some(self.last_seen_at)
    }

    /// All that was seen.
    pub fn into_signals(self) -> Box<Signals> {
        let (last_seen_at, syns, syn_ack) = (self.last_seen_at(), self.syns(), self.is_syn_ack());
        let ttl = (self.known & TTL != 0).then_some(self.ttl);
        let mut signals = self.seldom.unwrap_or_default();
        signals.packets = self.packets;
        signals.last_seen_at = last_seen_at;
        signals.syn = self.syn;
        signals.syns = syns;
        signals.syn_ack = syn_ack;
        signals.last_payload = self.last_payload;
        signals.longest_silence_ns = self.longest_silence_ns;
        signals.wire_bytes = self.wire_bytes;
        signals.ttl = ttl;
        signals
    }
}
