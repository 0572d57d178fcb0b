//! IP fragments put together again, within limits.
//!
//! Given fragments in any order, gives the whole datagram when its last one comes. Where fragments overlap the first
//! wins. Time is the packets' own; nothing expires by itself, a datagram too old is given up when its number returns.

use std::collections::VecDeque;

use etherparse::IpNumber;

use super::Packet;
use super::bytes::{Bytes, Unusable};
use super::ip::{Fragment, Ip};
use super::segment::PointId;
use crate::limits;
use crate::time::Timestamp;

/// Datagrams of which fragments were seen, oldest first.
#[derive(Default, Debug)]
pub(super) struct Fragments {
    datagrams: VecDeque<Datagram>,
    // Invariant: the sum of what the datagrams hold.
    held_bytes: usize,
    dropped: u64,
}

/// RFC 791 §3.2, RFC 8200 §4.5: what makes fragments one datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Key {
    id: u32,
    protocol: Option<IpNumber>,
    source: [u8; 16],
    destination: [u8; 16],
    point: PointId,
}

#[derive(Debug)]
struct Datagram {
    key: Key,
    /// When its first fragment came; when it was completed.
    at: Timestamp,
    state: State,
}

#[derive(Debug)]
enum State {
    Pending(Pending),
    /// Given out: what still comes is a copy.
    Complete,
}

#[derive(Default, Debug)]
struct Pending {
    /// What the payload begins with, as the first fragment says.
    protocol: Option<IpNumber>,
    /// Length of the payload, as the last fragment says.
    len: Option<usize>,
    // Invariant: sorted by start, never overlapping, none beyond len.
    pieces: Vec<Piece>,
}

#[derive(Debug)]
struct Piece {
    start: usize,
    end: usize,
    /// Shorter than `start..end` where the snaplen cut it.
    captured: Box<[u8]>,
}

impl Fragments {
    /// Fragmented datagrams that never became whole.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Adds a fragment; the datagram, put together in `buffer`, if this was the last one missing.
    #[cold]
    pub fn join<'b>(&mut self, packet: &Packet<'_>, ip: Ip<'_>, buffer: &'b mut Vec<u8>) -> Result<Ip<'b>, Unusable> {
        let Some(fragment) = ip.fragment else { return Err(Unusable::Malformed) };
        let key = Key {
            id: fragment.id,
            // IPv6 has no protocol in its key: only the first fragment's next header counts.
            protocol: ip.id.map(|_| ip.protocol),
            source: ip.source,
            destination: ip.destination,
            point: packet.point,
        };
        let index = self.find(key, packet.at)?;
        let Some(Datagram { state: State::Pending(pending), .. }) = self.datagrams.get_mut(index) else {
            return Err(Unusable::Fragment);
        };
        let before = pending.held_bytes();
        let added = pending.add(ip.protocol, fragment, ip.payload);
        self.held_bytes += pending.held_bytes() - before;
        match added {
            Err(Contradiction) => self.drop_datagram(index),
            Ok(()) => {
                if let Some((protocol, len)) = pending.whole() {
                    pending.write(buffer);
                    self.complete(index, packet.at);
                    let payload = Bytes::new(buffer, u32::try_from(len).unwrap_or(u32::MAX));
                    return ip.joined(protocol, payload);
                }
                self.keep_within_limits();
            }
        }
        Err(Unusable::Fragment)
    }

    /// The datagram of a fragment, a new one if there is none.
    fn find(&mut self, key: Key, at: Timestamp) -> Result<usize, Unusable> {
        // Newest first: fragments of one datagram follow each other closely.
        if let Some(index) = self.datagrams.iter().rposition(|datagram| datagram.key == key) {
            let Some(known) = self.datagrams.get(index) else { return Err(Unusable::Fragment) };
            let age = at.since(known.at);
            match known.state {
                State::Pending(_) if age <= limits::FRAGMENT_AGE => return Ok(index),
                State::Complete if age <= limits::FRAGMENT_ECHO => return Err(Unusable::Fragment),
                _ => self.drop_datagram(index),
            }
        }
        self.datagrams.push_back(Datagram { key, at, state: State::Pending(Pending::default()) });
        Ok(self.datagrams.len() - 1)
    }

    fn complete(&mut self, index: usize, at: Timestamp) {
        if let Some(datagram) = self.datagrams.get_mut(index) {
            self.held_bytes -= datagram.held_bytes();
            datagram.at = at;
            datagram.state = State::Complete;
        }
    }

    fn drop_datagram(&mut self, index: usize) {
        if let Some(datagram) = self.datagrams.remove(index) {
            self.held_bytes -= datagram.held_bytes();
            self.dropped += u64::from(matches!(datagram.state, State::Pending(_)));
        }
    }

    fn keep_within_limits(&mut self) {
        for _ in 0..self.datagrams.len() {
            if self.datagrams.len() <= limits::FRAGMENTED_DATAGRAMS && self.held_bytes <= limits::FRAGMENT_BYTES {
                break;
            }
            self.drop_datagram(0);
        }
    }
}

impl Datagram {
    fn held_bytes(&self) -> usize {
        match &self.state {
            State::Pending(pending) => pending.held_bytes(),
            State::Complete => 0,
        }
    }
}

/// Fragments that cannot be of one datagram.
struct Contradiction;

impl Pending {
    fn add(&mut self, protocol: IpNumber, fragment: Fragment, payload: Bytes<'_>) -> Result<(), Contradiction> {
        let (start, end) = (fragment.offset, fragment.offset.saturating_add(payload.wire_len()));
        let reached = self.pieces.last().map_or(0, |piece| piece.end);
        let contradicts = match (fragment.more, self.len) {
            (true, None) => false,
            (true, Some(len)) => end > len,
            (false, None) => end < reached,
            (false, Some(len)) => end != len,
        };
        // RFC 791 §3.2: all but the last are multiples of 8; none reaches beyond 65535 bytes.
        let misfits = end > usize::from(u16::MAX) || (fragment.more && !payload.wire_len().is_multiple_of(8));
        if contradicts || misfits || start == end {
            return Err(Contradiction);
        }
        if start == 0 {
            self.protocol.get_or_insert(protocol);
        }
        if !fragment.more {
            self.len = Some(end);
        }
        self.fill(start, end, payload.captured);
        if self.pieces.len() > limits::FRAGMENTS_PER_DATAGRAM { Err(Contradiction) } else { Ok(()) }
    }

    /// Puts `captured`, which begins at `start`, where nothing is yet.
    fn fill(&mut self, start: usize, end: usize, captured: &[u8]) {
        let piece = |from: usize, to: usize| Piece {
            start: from,
            end: to,
            captured: captured.get(from - start..captured.len().min(to - start)).unwrap_or(&[]).into(),
        };
        let mut from = start;
        let mut new = Vec::new();
        for held in self.pieces.iter().filter(|held| held.start < end && held.end > start) {
            if held.start > from {
                new.push(piece(from, held.start));
            }
            from = held.end;
        }
        if from < end {
            new.push(piece(from, end));
        }
        self.pieces.append(&mut new);
        self.pieces.sort_by_key(|piece| piece.start);
    }

    /// Protocol and length of the payload, once nothing is missing.
    fn whole(&self) -> Option<(IpNumber, usize)> {
        let covered: usize = self.pieces.iter().map(|piece| piece.end - piece.start).sum();
        let len = self.len?;
        if covered == len { Some((self.protocol?, len)) } else { None }
    }

    /// Writes the payload as far as it was captured without a hole.
    fn write(&self, buffer: &mut Vec<u8>) {
        buffer.clear();
        for piece in &self.pieces {
            if piece.start == buffer.len() {
                buffer.extend_from_slice(&piece.captured);
            }
        }
    }

    fn held_bytes(&self) -> usize {
        self.pieces.iter().map(|piece| piece.captured.len()).sum()
    }
}
