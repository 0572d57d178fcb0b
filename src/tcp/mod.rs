//! Segments of one connection in, the ordered bytes of each direction out.
//!
//! Given segments as captured — early, late, twice, or never — lends out each direction's bytes in order and says so
//! where some are missing. What TCP itself tells (FIN, RST, retransmissions, silence) is kept as [`Signals`].
//! Knows nothing of what the bytes mean, and reads no clock.

mod half;
mod held;
mod sender;
mod signals;
mod slab;
pub mod table;

use std::borrow::Cow;

pub use sender::Sender;
use signals::Seldom;
pub use signals::{Reset, Signals, Stuck};

use crate::event::{Mark, Near, When};
use crate::packet::{ByDir, Dir, Segment};
use half::Half;

/// A piece of one direction's stream, lent in order.
#[derive(Debug)]
pub struct Chunk<'a> {
    /// Where it came from; `mark.seq` is its first byte.
    pub mark: Mark,
    /// Bytes, or how many are missing.
    pub content: Content<'a>,
}

/// What a [`Chunk`] holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content<'a> {
    /// The next bytes: the packet's own when in order, held ones when they came early.
    Data(Cow<'a, [u8]>),
    /// So many bytes are missing from the capture here.
    Gap(u64),
}

/// One TCP connection, seen from outside.
// Laid out as written: of most packets the sender's line of memory and the one before both senders are enough.
#[repr(C)]
#[derive(Debug)]
pub struct Tcp {
    halves: ByDir<Half>,
    senders: ByDir<Sender>,
    seldom: Seldom,
    syn_seqs: ByDir<u32>,
    /// Its first packet.
    first: When,
    /// A SYN that was not the first packet, but soon after; if both were not, the earlier.
    later_syn: Option<Near>,
}

/// What is still to be lent of the segment in work.
#[derive(Debug)]
pub struct Arrival {
    /// Offset of the first payload byte to be lent; None where nothing is new, or it came early.
    fresh: Option<usize>,
}

impl Tcp {
    /// Where the senders stand in it, in bytes.
    #[cfg(test)]
    pub(crate) const SENDERS_AT: usize = std::mem::offset_of!(Self, senders);

    /// A connection that begins with `first`.
    pub fn new(first: When) -> Self {
        Self {
            halves: ByDir::default(),
            seldom: Seldom::default(),
            syn_seqs: ByDir::default(),
            senders: ByDir::default(),
            first,
            later_syn: None,
        }
    }

    /// Takes a segment in as nearly all are: its sender's next bytes, or none, where nothing odd is known of the connection.
    /// Gives where they stand; None for any other segment, of which nothing was taken.
    #[inline(always)]
    pub fn accept_next(&mut self, segment: &Segment<'_>) -> Option<Mark> {
        let (dir, back) = (segment.dir, segment.dir.opposite());
        if !self.halves[dir].is_next(segment) {
            return None;
        }
        self.halves[back].acknowledge(segment.ack());
        self.senders[dir].note_next(segment);
        self.note_latest(dir);
        Some(self.halves[dir].take_next(segment))
    }

    /// Takes any segment in. Then [`Self::lend`] gives what it brought in order, and [`Self::next_late`] what follows.
    pub fn accept(&mut self, segment: &Segment<'_>) -> Arrival {
        let (dir, back, flags) = (segment.dir, segment.dir.opposite(), segment.flags());
        if flags.ack() && !flags.rst() {
            self.halves[back].acknowledge(segment.ack());
        }
        if let Some(seldom) = self.seldom.get_mut() {
            seldom[back].note_answer(segment);
        }
        if flags.rst() && self.seldom[dir].rst.is_none() {
            self.note_peer_reset(back);
        }
        if flags.syn() && !self.senders[dir].has_syn() {
            self.note_syn(segment);
        }
        let arrival = self.accept_half(segment);
        self.senders[dir].note(segment, arrival, &self.halves, &mut self.seldom);
        self.note_latest(dir);
        if self.has_late() {
            self.grow_impatient(segment);
        }
        let steady = Dir::BOTH.into_iter().all(|dir| self.is_plain(dir));
        Dir::BOTH.into_iter().for_each(|dir| self.halves[dir].set_steady(steady));
        match arrival {
            half::Arrival::InOrder { offset } => Arrival { fresh: Some(offset) },
            _ => Arrival { fresh: None },
        }
    }

    /// Finds its place in its direction; what comes early is held.
    fn accept_half(&mut self, segment: &Segment<'_>) -> half::Arrival {
        let dir = segment.dir;
        let had_fin = self.halves[dir].fin_seen();
        let arrival = self.halves[dir].accept(segment);
        if !had_fin && self.halves[dir].fin_seen() {
            self.seldom.ends[dir] = half::fin_number(segment);
        }
        if let half::Arrival::Early { start } | half::Arrival::BehindHole { start } = arrival {
            self.seldom.held[dir].get_or_insert_default().insert(start, segment);
        }
        arrival
    }

    #[inline]
    fn note_latest(&mut self, dir: Dir) {
        self.halves[dir].set_latest(true);
        self.halves[dir.opposite()].set_latest(false);
    }

    /// Its last packet.
    #[inline]
    pub fn last(&self) -> When {
        let latest = Dir::BOTH.into_iter().find(|dir| self.halves[*dir].is_latest());
        latest.map_or(self.first, |dir| self.senders[dir].last_seen())
    }

    fn is_plain(&self, dir: Dir) -> bool {
        self.seldom.held[dir].is_none()
            && self.halves[dir].is_plain()
            && !self.senders[dir].is_window_closed()
            && !self.seldom[dir].is_alarmed()
    }

    fn note_syn(&mut self, segment: &Segment<'_>) {
        let (dir, at) = (segment.dir, When { at: segment.at, packet: segment.packet });
        self.syn_seqs[dir] = segment.seq();
        if at == self.first {
            return self.senders[dir].begin();
        }
        let near = Near::new(at, self.first).filter(|_| self.later_syn.is_none());
        match near {
            Some(near) => self.later_syn = Some(near),
            None => self.seldom[dir].syn = Some(at),
        }
    }

    fn syn(&self, dir: Dir) -> Option<When> {
        let sender = &self.senders[dir];
        let later = || self.later_syn.map(|near| near.after(self.first));
        let usual = if sender.has_begun() { Some(self.first) } else { later() };
        sender.has_syn().then(|| self.seldom[dir].syn.or(usual))?
    }

    /// The other side sends its first RST.
    #[cold]
    fn note_peer_reset(&mut self, dir: Dir) {
        if let Some(last) = self.senders[dir].last_seen_at() {
            self.seldom[dir].last_before_peer_reset = Some(last);
        }
    }

    #[cold]
    fn grow_impatient(&mut self, segment: &Segment<'_>) {
        let (dir, back) = (segment.dir, segment.dir.opposite());
        let peer_seen = self.senders[back].packets() > 0;
        let Some(seldom) = self.seldom.get_mut() else { return };
        for (dir, peer_seen) in [(dir, peer_seen), (back, true)] {
            if let Some(held) = &mut seldom.held[dir] {
                self.halves[dir].grow_impatient(held, segment.at, peer_seen);
            }
        }
    }

    /// Lends the next piece of what the segment itself brought in order. More may follow from [`Self::next_late`].
    pub fn lend<'a>(&mut self, segment: &Segment<'a>, arrival: &mut Arrival) -> Option<Chunk<'a>> {
        let chunk = self.halves[segment.dir].lend(segment, arrival.fresh.take()?);
        if segment.is_cut() && matches!(chunk.content, Content::Data(_)) {
            arrival.fresh = Some(segment.payload.len());
        }
        self.note_gap(segment.dir, &chunk);
        Some(chunk)
    }

    /// Something came early: [`Self::next_late`] may have more.
    #[inline]
    pub fn has_late(&self) -> bool {
        self.seldom.held.0.iter().any(Option::is_some)
    }

    /// Lends the next piece in order of what came early or is missing, of either direction, until there is none.
    pub fn next_late<'a>(&mut self, segment: &Segment<'a>) -> Option<(Dir, Chunk<'a>)> {
        [segment.dir, segment.dir.opposite()].into_iter().find_map(|dir| {
            let chunk = self.next_held(dir, false)?;
            self.note_gap(dir, &chunk);
            Some((dir, chunk))
        })
    }

    /// Nothing more will come: lends what is still held, then says what is known to be missing at the end.
    pub fn next_chunk_at_end(&mut self, mark: Mark) -> Option<(Dir, Chunk<'static>)> {
        Dir::BOTH.into_iter().find_map(|dir| {
            let reset = self.seldom[dir].rst.as_ref().map(|reset| reset.mark.seq);
            let held = self.next_held(dir, true);
            let chunk = held.or_else(|| self.halves[dir].missing_tail(mark, self.seldom.ends[dir], reset))?;
            self.note_gap(dir, &chunk);
            Some((dir, chunk))
        })
    }

    fn next_held(&mut self, dir: Dir, at_end: bool) -> Option<Chunk<'static>> {
        let seldom = self.seldom.get_mut()?;
        self.halves[dir].next_held(&mut seldom.held[dir], seldom.ends[dir], at_end)
    }

    fn note_gap(&mut self, dir: Dir, chunk: &Chunk<'_>) {
        if let Content::Gap(bytes) = chunk.content {
            self.seldom[dir].missing_bytes += bytes;
        }
    }

    /// Asks for what a segment of `dir` needs besides the beginning.
    #[inline]
    pub fn prefetch(&self, dir: Dir) {
        self.senders[dir].prefetch();
    }

    /// What is watched of the sender of `dir`.
    #[inline]
    pub fn sender(&self, dir: Dir) -> &Sender {
        &self.senders[dir]
    }

    /// What is seldom of the sender of `dir`, as far as it occurred: FIN, RST, repetitions, closed windows, gaps.
    pub fn seldom(&self, dir: Dir) -> &Signals {
        &self.seldom[dir]
    }

    /// Its first packet.
    pub fn first(&self) -> &When {
        &self.first
    }

    /// How often the SYN of `dir` was sent.
    pub fn syns(&self, dir: Dir) -> u16 {
        self.seldom[dir].syns.saturating_add(u16::from(self.senders[dir].has_syn()))
    }

    /// Sequence number of the SYN of `dir`.
    pub fn syn_seq(&self, dir: Dir) -> Option<u32> {
        self.senders[dir].has_syn().then_some(self.syn_seqs[dir])
    }

    /// All that TCP told of the sender of `dir`.
    pub fn take_signals(&mut self, dir: Dir) -> Signals {
        let (syn, syns) = (self.syn(dir), self.syns(dir));
        let seldom = self.seldom.get_mut().map(|seldom| std::mem::take(&mut seldom[dir])).unwrap_or_default();
        self.senders[dir].complete(Signals { syn, syns, ..seldom })
    }

    /// Both directions sent FIN and all their bytes have been lent.
    pub fn is_shut(&self) -> bool {
        Dir::BOTH.iter().all(|dir| self.halves[*dir].is_shut(self.seldom.ends[*dir]))
    }

    /// One of the directions sent FIN or RST, heeded or not.
    #[inline]
    pub fn has_ended(&self) -> bool {
        Dir::BOTH.iter().any(|dir| self.halves[*dir].has_ended())
    }

    /// One of the directions sent RST.
    pub fn is_reset(&self) -> bool {
        Dir::BOTH.into_iter().any(|dir| self.seldom[dir].rst.is_some())
    }

    /// A RST was seen whose sequence number its receiver may well have refused (RFC 5961 §3.2).
    pub fn is_reset_doubtful(&self) -> bool {
        let resets = || Dir::BOTH.iter().filter_map(|dir| self.seldom[*dir].rst.as_ref());
        resets().next().is_some() && resets().all(|reset| reset.seq_ahead != 0)
    }

    /// One of the directions sent FIN.
    pub fn has_fin(&self) -> bool {
        Dir::BOTH.iter().any(|dir| self.halves[*dir].fin_seen())
    }

    /// Bytes of `dir` that were sent and not acknowledged.
    pub fn unacknowledged(&self, dir: Dir) -> u32 {
        self.halves[dir].unacknowledged()
    }

    /// The first byte of `dir`'s stream was seen: its SYN is in the capture.
    pub fn saw_start(&self, dir: Dir) -> bool {
        self.halves[dir].saw_syn()
    }

    /// A SYN with another initial sequence number than this connection's: the port is used anew.
    pub fn is_new_connection(&self, segment: &Segment<'_>) -> bool {
        if !segment.flags().syn() || segment.flags().ack() {
            return false;
        }
        match self.syn_seq(segment.dir) {
            Some(seq) => seq != segment.seq(),
            None => self.halves[segment.dir].is_synced(),
        }
    }
}

/// `a - b` in sequence space (RFC 9293 §3.4): positive where `a` is later.
#[inline]
fn distance(a: u32, b: u32) -> i32 {
    a.wrapping_sub(b).cast_signed()
}

#[cfg(test)]
mod tests;
