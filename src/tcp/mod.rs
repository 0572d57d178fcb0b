//! Segments of one connection in, the ordered bytes of each direction out.
//!
//! Given segments as captured — early, late, twice, or never — lends out each direction's bytes in order and says so
//! where some are missing. What TCP itself tells (FIN, RST, retransmissions, silence) is kept as [`Signals`].
//! Knows nothing of what the bytes mean, and reads no clock.

mod half;
mod held;
mod rare;
mod sender;
mod signals;
mod slab;
pub mod table;

use std::borrow::Cow;

pub use sender::Sender;
pub use signals::{Reset, Signals, Stuck};

use crate::event::{Mark, When};
use crate::packet::{ByDir, Dir, Segment};
use half::Half;
pub use rare::{Absent, Rare};

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
// Laid out as written: for most packets three lines of memory are enough.
#[repr(C)]
#[derive(Default, Debug)]
pub struct Tcp {
    halves: ByDir<Half>,
    senders: ByDir<Sender>,
    alarms: ByDir<Alarm>,
    /// Bytes came early, or were cut: there may be more to lend.
    late: bool,
    /// Nothing is known of the connection that the next segment in order would have to be compared with.
    steady: bool,
    blind: Blind,
    syn_seqs: ByDir<u32>,
    syns: ByDir<Option<When>>,
}

/// What was not seen of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Blind {
    /// The first byte of that direction's stream: its SYN is not in the capture.
    pub start: ByDir<bool>,
    /// Any packet of that direction.
    pub all: ByDir<bool>,
}

impl Default for Blind {
    fn default() -> Self {
        Self { start: ByDir([true; 2]), all: ByDir([true; 2]) }
    }
}

/// What is seldom there in a [`Sender`], repeated here: most packets of one direction need not look at the other's.
#[derive(Clone, Copy, Default, Debug)]
struct Alarm {
    stuck: bool,
    reset: bool,
}

/// What is still to be lent of the segment in work.
#[derive(Debug)]
pub struct Arrival {
    /// Offset of the first new payload byte; None where nothing is new or it came early.
    fresh: Option<usize>,
}

impl Tcp {
    /// Takes a segment in as nearly all are: its sender's next bytes, or none, where nothing odd is known of the connection.
    /// Gives them; None for any other segment, of which nothing was taken.
    #[inline]
    pub fn accept_next<'a>(&mut self, segment: &Segment<'a>) -> Option<Chunk<'a>> {
        let (dir, back) = (segment.dir, segment.dir.opposite());
        if !self.steady || !self.halves[dir].is_next(segment) {
            return None;
        }
        self.halves[back].acknowledge(segment.ack);
        self.senders[dir].note_next(segment);
        Some(self.halves[dir].lend_next(segment))
    }

    /// Takes any segment in. Then [`Self::lend`] gives what it brought in order, and [`Self::next_late`] what follows.
    pub fn accept(&mut self, segment: &Segment<'_>) -> Arrival {
        let dir = segment.dir;
        let back = dir.opposite();
        if segment.flags.ack() && !segment.flags.rst() {
            self.halves[back].acknowledge(segment.ack);
            if self.alarms[back].stuck {
                self.senders[back].answered(segment.ack);
                self.set_alarm(back);
            }
        }
        if self.alarms[back].reset && !segment.flags.rst() {
            self.senders[back].reset_is_void(segment);
            self.set_alarm(back);
        }
        if segment.flags.rst() && !self.alarms[dir].reset {
            self.senders[back].note_peer_reset();
        }
        if segment.flags.syn() && !self.senders[dir].has_syn() {
            self.syns[dir] = Some(When { at: segment.at, packet: segment.packet });
            self.syn_seqs[dir] = segment.seq;
        }
        let arrival = self.halves[dir].accept(segment);
        self.blind.start[dir] = !self.halves[dir].saw_syn();
        self.blind.all[dir] = false;
        if self.senders[dir].note(segment, arrival, &self.halves[dir], &self.halves[back]) {
            self.set_alarm(dir);
        }
        if self.halves[dir].waits() || self.halves[back].waits() {
            self.grow_impatient(segment);
        }
        let fresh = match arrival {
            half::Arrival::InOrder { offset } => Some(offset),
            _ => None,
        };
        self.steady = Dir::BOTH.into_iter().all(|dir| self.is_steady(dir));
        Arrival { fresh }
    }

    fn is_steady(&self, dir: Dir) -> bool {
        let Alarm { stuck, reset } = self.alarms[dir];
        self.halves[dir].is_steady() && !self.senders[dir].is_window_closed() && !stuck && !reset
    }

    #[cold]
    fn grow_impatient(&mut self, segment: &Segment<'_>) {
        let (dir, back) = (segment.dir, segment.dir.opposite());
        self.halves[dir].grow_impatient(segment.at, !self.blind.all[back]);
        self.halves[back].grow_impatient(segment.at, true);
        self.late = true;
    }

    fn set_alarm(&mut self, dir: Dir) {
        let seldom = self.senders[dir].seldom();
        self.alarms[dir] = Alarm { stuck: seldom.stuck.is_some(), reset: seldom.rst.is_some() };
    }

    /// Lends what the segment itself brought in order. More may follow from [`Self::next_late`].
    pub fn lend<'a>(&mut self, segment: &Segment<'a>, arrival: &Arrival) -> Option<Chunk<'a>> {
        let chunk = self.halves[segment.dir].lend(segment, arrival.fresh?);
        if self.halves[segment.dir].waits() {
            (self.late, self.steady) = (true, false);
        }
        Some(chunk)
    }

    /// Something came early, or a part of a segment was cut: [`Self::next_late`] may have more.
    #[inline]
    pub fn has_late(&self) -> bool {
        self.late
    }

    /// Lends the next piece in order of what came early or is missing, of either direction, until there is none.
    pub fn next_late<'a>(&mut self, segment: &Segment<'a>) -> Option<(Dir, Chunk<'a>)> {
        let mark = Mark { at: segment.at, packet: segment.packet, seq: segment.seq, acked: half::acked(segment) };
        for dir in [segment.dir, segment.dir.opposite()] {
            let half = &mut self.halves[dir];
            if let Some(chunk) = half.next_cut(mark).or_else(|| half.next_held(false)) {
                self.senders[dir].missed(&chunk);
                return Some((dir, chunk));
            }
        }
        self.late = Dir::BOTH.iter().any(|dir| self.halves[*dir].waits());
        None
    }

    /// Nothing more will come: lends what is still held, then says what is known to be missing at the end.
    pub fn next_chunk_at_end(&mut self, mark: Mark) -> Option<(Dir, Chunk<'static>)> {
        for dir in Dir::BOTH {
            let reset = self.senders[dir].seldom().rst.as_ref().map(|reset| reset.mark.seq);
            let half = &mut self.halves[dir];
            let chunk = half.next_cut(mark).or_else(|| half.next_held(true)).or_else(|| half.missing_tail(mark, reset));
            if let Some(chunk) = chunk {
                self.senders[dir].missed(&chunk);
                return Some((dir, chunk));
            }
        }
        None
    }

    /// Reads a little of what a segment of `dir` needs.
    #[inline]
    pub fn touch(&self, dir: Dir) -> u64 {
        u64::from(self.halves[dir].next()) ^ u64::from(self.senders[dir].packets()) ^ u64::from(self.late)
    }

    /// What is watched of the sender of `dir`.
    #[inline]
    pub fn sender(&self, dir: Dir) -> &Sender {
        &self.senders[dir]
    }

    /// Sequence number of the SYN of `dir`.
    pub fn syn_seq(&self, dir: Dir) -> Option<u32> {
        self.senders[dir].has_syn().then_some(self.syn_seqs[dir])
    }

    /// All that TCP told of the sender of `dir`.
    pub fn take_signals(&mut self, dir: Dir) -> Box<Signals> {
        std::mem::take(&mut self.senders[dir]).into_signals(self.syns[dir])
    }

    /// Both directions sent FIN and all their bytes have been lent.
    pub fn is_shut(&self) -> bool {
        Dir::BOTH.iter().all(|dir| self.halves[*dir].is_shut())
    }

    /// One of the directions sent FIN or RST, heeded or not.
    #[inline]
    pub fn has_ended(&self) -> bool {
        Dir::BOTH.iter().any(|dir| self.halves[*dir].has_ended())
    }

    /// One of the directions sent RST.
    pub fn is_reset(&self) -> bool {
        Dir::BOTH.iter().any(|dir| self.alarms[*dir].reset)
    }

    /// A RST was seen whose sequence number its receiver may well have refused (RFC 5961 §3.2).
    pub fn is_reset_doubtful(&self) -> bool {
        let resets = || Dir::BOTH.iter().filter_map(|dir| self.senders[*dir].seldom().rst.as_ref());
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

    /// What was not seen of it.
    #[inline]
    pub fn blind(&self) -> Blind {
        self.blind
    }

    /// The first byte of `dir`'s stream was seen: its SYN is in the capture.
    pub fn saw_start(&self, dir: Dir) -> bool {
        !self.blind.start[dir]
    }

    /// A SYN with another initial sequence number than this connection's: the port is used anew.
    pub fn is_new_connection(&self, segment: &Segment<'_>) -> bool {
        if !segment.flags.syn() || segment.flags.ack() {
            return false;
        }
        match self.syn_seq(segment.dir) {
            Some(seq) => seq != segment.seq,
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
