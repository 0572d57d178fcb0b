//! Packets in, findings out: the straight way through the stations.
//!
//! No I/O, no clock, no failure: whatever the bytes are, there is a story. Time is what packets say it is.

mod attempts;
mod clock;
mod ended;
mod flow;
mod flows;
mod news;
mod shard;
mod story;
mod timers;

use std::net::IpAddr;

use crate::catalogue::Vocabularies;
use crate::diagnosis::Finding;
use crate::packet::{Decoded, Decoder, Item, Packet, Segment};
use crate::tcp::table::{Hash, Slot};
use crate::time::Timestamp;
use flows::Flows;
pub use news::News;
pub use shard::Shard;

/// An address known to speak WebSocket: failed attempts at it are reported too.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ServerAddress {
    /// Its address.
    pub ip: IpAddr,
    /// Its port; None for all.
    pub port: Option<u16>,
}

/// How to analyse.
#[derive(Clone, Default, Debug)]
pub struct Config {
    /// Addresses known to speak WebSocket.
    pub websocket_servers: Vec<ServerAddress>,
    /// Private close codes that can be named.
    pub vocabularies: Vocabularies,
    /// The input is live: report what is closing or lost without waiting for the end.
    pub live: bool,
    /// Only this share of the TCP connections; None for all.
    pub shard: Option<Shard>,
}

/// What the analyzer saw and left out, for the summary.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Statistics {
    /// Packets given.
    pub packets: u64,
    /// Their bytes on the wire.
    pub bytes: u64,
    /// TCP connections.
    pub flows: u64,
    /// First packet.
    pub first_at: Option<Timestamp>,
    /// Last packet.
    pub last_at: Option<Timestamp>,
    /// Packets that the capture cut short.
    pub snaplen_cut: u64,
    /// Payload bytes missing in the connections reported.
    pub missing_bytes: u64,
    /// TLS connections that could not be read for want of keys.
    pub tls_without_keys: u64,
    /// Flows dropped by a limit.
    pub flows_evicted: u64,
    /// Steps of the capture's clock.
    pub clock_steps: u64,
}

impl Statistics {
    #[inline]
    fn count(&mut self, packet: &Packet<'_>) {
        self.packets += 1;
        self.bytes += u64::from(packet.original_len);
        self.first_at.get_or_insert(packet.at);
        if self.last_at.is_none_or(|last| last < packet.at) {
            self.last_at = Some(packet.at);
        }
    }
}

/// Packets looked at before their turn: enough to wait for memory together, few enough to stay near themselves.
const AHEAD: usize = 32;

/// A packet looked at before its turn.
#[derive(Debug)]
enum Waiting<'a> {
    Nothing,
    /// Decoded. `guess`: where its flow was when it was looked for.
    Segment {
        segment: Segment<'a>,
        hash: Hash,
        guess: Slot,
    },
    /// One look did not tell what it is.
    Other(Packet<'a>),
}

/// Packets in, findings out.
#[derive(Default, Debug)]
pub struct Analyzer {
    decoder: Decoder,
    flows: Flows,
    statistics: Statistics,
}

impl Analyzer {
    /// An analyzer that has seen nothing.
    pub fn new(config: Config) -> Self {
        Self { flows: Flows::new(config), ..Self::default() }
    }

    /// TLS secrets may come after the packets they open: a key log is still being written.
    pub fn expect_secrets(&mut self) {
        self.flows.expect_secrets();
    }

    /// Takes what a capture source hands over.
    pub fn take(&mut self, item: Item<'_>) {
        match item {
            Item::Packet(packet) => self.push(&packet),
            Item::Idle(at) => self.flows.advance(at),
            Item::Secrets(log) => self.flows.learn_secrets(log),
        }
    }

    /// Takes packets that come together; gives their number. First all are decoded and their flows looked for: what is
    /// far away in memory is on its way when its turn comes.
    #[inline(never)]
    pub fn take_packets<'a>(&mut self, mut packets: impl Iterator<Item = Packet<'a>>) -> u64 {
        let mut count = 0;
        loop {
            let mut places: [_; AHEAD] = std::array::from_fn(|_| Waiting::Nothing);
            let taken =
                places.iter_mut().zip(packets.by_ref()).map(|(place, packet)| self.look_at(packet, place)).count();
            let Some(waiting) = places.get_mut(..taken).filter(|waiting| !waiting.is_empty()) else { return count };
            self.flows.look_ahead(waiting);
            waiting.iter().for_each(|waiting| self.push_waiting(waiting));
            count += taken as u64;
        }
    }

    #[inline(always)]
    fn look_at<'a>(&mut self, packet: Packet<'a>, place: &mut Waiting<'a>) {
        self.statistics.count(&packet);
        let plain = self.decoder.decode_plain(&packet, |segment| {
            *place = Waiting::Segment { hash: self.flows.hash(&segment.key), guess: Slot::NOWHERE, segment };
        });
        if plain.is_none() {
            *place = Waiting::Other(packet);
        }
    }

    #[inline(always)]
    fn push_waiting(&mut self, waiting: &Waiting<'_>) {
        match waiting {
            Waiting::Segment { segment, hash, guess } => {
                self.flows.advance(segment.at);
                self.flows.push(segment, *hash, *guess);
            }
            Waiting::Other(packet) => self.push_other(packet),
            Waiting::Nothing => {}
        }
    }

    fn push_other(&mut self, packet: &Packet<'_>) {
        self.flows.advance(packet.at);
        match self.decoder.decode_other(packet) {
            Decoded::Segment(segment) => self.flows.push_now(&segment),
            Decoded::Unreachable(unreachable) => self.flows.push_unreachable(unreachable),
            Decoded::Ignored => {}
        }
    }

    /// Takes one packet.
    pub fn push(&mut self, packet: &Packet<'_>) {
        self.statistics.count(packet);
        let plain = self.decoder.decode_plain(packet, |segment| {
            self.flows.advance(segment.at);
            self.flows.push_now(&segment);
        });
        if plain.is_none() {
            self.push_other(packet);
        }
    }

    /// How much there is to tell.
    #[inline]
    pub fn news_len(&self) -> usize {
        self.flows.news_len()
    }

    /// Tells what there is to tell, and the time by the packets when it was seen. [`crate::diagnosis::Correlator`] wants
    /// all of it, in this order.
    pub fn tell_news(&mut self, tell: impl FnMut(Timestamp, News<'_>)) {
        self.flows.tell_news(tell);
    }

    /// Takes a finding back that was told: its memory is used for another. Not needed, but large blocks of the heap, let go
    /// and fetched again in dozens, take time.
    pub fn take_back(&mut self, told: Box<Finding>) {
        self.flows.take_back(told);
    }

    /// The next finding, for whoever does not look at connections together.
    pub fn next_finding(&mut self) -> Option<Box<Finding>> {
        self.flows.next_finding()
    }

    /// The time that the packets agree on.
    pub fn now(&self) -> Timestamp {
        self.flows.now()
    }

    /// The input is over: what is still followed is reported as it stands.
    pub fn finish(&mut self) {
        self.finish_some(usize::MAX);
    }

    /// The same, at most so many connections at a time: a million may be open, and what is told of one needs more memory
    /// than the connection did. True while there are more.
    pub fn finish_some(&mut self, max: usize) -> bool {
        self.flows.finish_some(max)
    }

    /// What was seen and left out.
    pub fn statistics(&self) -> Statistics {
        let decoder = self.decoder.counters();
        let flows = self.flows.statistics();
        Statistics {
            flows: flows.flows,
            missing_bytes: flows.missing_bytes,
            tls_without_keys: flows.tls_without_keys,
            flows_evicted: flows.flows_evicted,
            clock_steps: flows.clock_steps,
            snaplen_cut: decoder.snaplen_cut,
            ..self.statistics
        }
    }
}
