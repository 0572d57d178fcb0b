//! One TCP connection of a script: both ends' sequence numbers, and the segments that acts become.

use std::net::SocketAddrV4;
use std::time::Duration;

use etherparse::{IpHeaders, IpNumber, Ipv4Header, Ipv6FlowLabel, Ipv6Header, PacketBuilder, TcpHeader};

use super::act::{Act, Side, Words};
use super::payload::{key_of, payload};

type Address = ([u8; 4], u16);

/// One connection.
pub struct Conversation {
    addresses: [Address; 2],
    ends: [End; 2],
    key: String,
}

/// One end of it.
#[derive(Clone)]
struct End {
    /// Sequence number of the next byte.
    next: u32,
    /// The same before its last segment: what the peer has heard if the two cross.
    before: u32,
    /// It has sent something.
    seen: bool,
    ip_id: u16,
    last: Option<Segment>,
}

/// A TCP segment to be put on the wire.
#[derive(Clone, Debug)]
pub struct Segment {
    from: Address,
    to: Address,
    ttl: u8,
    ip_id: u16,
    header: TcpHeader,
    payload: Vec<u8>,
}

/// As the path's MTU of 1500 allows.
const SEGMENT_BYTES: usize = 1448;

impl Conversation {
    pub fn new(client: Address, server: Address) -> Self {
        let end = |next| End { next, before: next, seen: false, ip_id: 1000, last: None };
        Self { addresses: [client, server], ends: [end(100_000), end(7_000_000)], key: String::new() }
    }

    /// `10.0.0.2:50001 > 10.0.0.3:9000`
    pub fn between(addresses: &str) -> Self {
        let (client, server) = addresses.split_once(" > ").unwrap_or_else(|| panic!("CLIENT > SERVER: {addresses}"));
        let address = |text: &str| {
            let address: SocketAddrV4 = text.trim().parse().unwrap_or_else(|_| panic!("no address: {text}"));
            (address.ip().octets(), address.port())
        };
        Self::new(address(client), address(server))
    }

    /// The segments that `act` becomes, each so long after its beginning.
    pub fn perform(&mut self, name: &str, act: &Act) -> Vec<(Duration, Segment)> {
        if let [only] = act.parts.as_slice() {
            let mut words = only.clone();
            if let Some(times) = words.take_number("repeats") {
                return self.repeat(act.side, u32::try_from(times).unwrap());
            }
            if let Some(times) = words.take_number("probes") {
                return self.probe(act.side, u32::try_from(times).unwrap());
            }
        }
        let (mut bytes, mut flags) = (Vec::new(), Flags::default());
        for part in &act.parts {
            let mut words = part.clone();
            if let Some(other) = words.take_after("key") {
                self.key = key_of(&other);
            } else if words.clone().take("upgrade") {
                self.key = key_of(name);
            }
            match payload(act.side, &self.key, &mut words) {
                Some(more) => bytes.extend(more),
                None => flags.read(&mut words),
            }
            words.finish();
        }
        self.send(act, flags, &bytes).into_iter().map(|segment| (Duration::ZERO, segment)).collect()
    }

    fn send(&mut self, act: &Act, flags: Flags, bytes: &[u8]) -> Vec<Segment> {
        if flags.syn && !flags.ack {
            let anew = u32::try_from(self.ends.iter().filter(|end| end.seen).count()).unwrap() * 1_000_000;
            for end in &mut self.ends {
                (end.next, end.seen) = (flags.isn.unwrap_or(end.next.wrapping_add(anew)), false);
                end.before = end.next;
            }
        }
        let before = self.ends[act.side as usize].next;
        let pieces: Vec<&[u8]> = match bytes {
            [] => vec![bytes],
            _ => bytes.chunks(act.by.unwrap_or(SEGMENT_BYTES)).collect(),
        };
        let last = pieces.len() - 1;
        let segments = pieces.iter().enumerate().map(|(i, piece)| {
            let flags = Flags { fin: flags.fin && i == last, ..flags };
            self.segment(act, flags, piece)
        });
        let segments: Vec<Segment> = segments.collect();
        let end = &mut self.ends[act.side as usize];
        end.before = before;
        end.last = segments.last().cloned();
        segments
    }

    fn segment(&mut self, act: &Act, flags: Flags, bytes: &[u8]) -> Segment {
        let peer = self.ends[1 - act.side as usize].clone();
        let (from, to) = (self.addresses[act.side as usize], self.addresses[1 - act.side as usize]);
        let end = &mut self.ends[act.side as usize];
        let mut header = TcpHeader::new(from.1, to.1, end.next, if flags.zero_window { 0 } else { 64240 });
        header.ack = peer.seen || flags.ack;
        header.acknowledgment_number = if act.crossing { peer.before } else { peer.next };
        (header.syn, header.fin, header.rst, header.psh) = (flags.syn, flags.fin, flags.rst, !bytes.is_empty());
        end.seen = true;
        end.ip_id = end.ip_id.wrapping_add(1);
        let len = u32::try_from(bytes.len()).unwrap() + u32::from(flags.syn) + u32::from(flags.fin);
        end.next = end.next.wrapping_add(len);
        Segment { from, to, ttl: act.ttl.unwrap_or(64), ip_id: end.ip_id, header, payload: bytes.to_vec() }
    }

    /// The last segment again, as a retransmission timer would: 300 ms, doubling.
    fn repeat(&mut self, side: Side, times: u32) -> Vec<(Duration, Segment)> {
        let end = &mut self.ends[side as usize];
        let segment = end.last.clone().expect("nothing was sent that could be repeated");
        let waited = |n: u32| Duration::from_millis(600 * (u64::from(2u32.pow(n)) - 1));
        (0..times).map(|n| (waited(n), end.renumbered(segment.clone()))).collect()
    }

    /// Keep-alive probes: one byte before the next, empty.
    fn probe(&mut self, side: Side, times: u32) -> Vec<(Duration, Segment)> {
        let end = &mut self.ends[side as usize];
        let mut segment = end.last.clone().expect("nothing was sent before the probes");
        segment.payload.clear();
        segment.header.sequence_number = end.next.wrapping_sub(1);
        (segment.header.fin, segment.header.psh) = (false, false);
        (0..times).map(|n| (Duration::from_secs(u64::from(n)), end.renumbered(segment.clone()))).collect()
    }
}

impl End {
    /// A packet sent again is another packet.
    fn renumbered(&mut self, segment: Segment) -> Segment {
        self.ip_id = self.ip_id.wrapping_add(1);
        Segment { ip_id: self.ip_id, ..segment }
    }
}

#[derive(Clone, Copy, Default)]
struct Flags {
    syn: bool,
    ack: bool,
    fin: bool,
    rst: bool,
    zero_window: bool,
    isn: Option<u32>,
}

impl Flags {
    fn read(&mut self, words: &mut Words) {
        self.isn = words.take_number("isn").map(|isn| u32::try_from(isn).unwrap());
        self.syn |= words.take("SYN");
        if words.take("SYN-ACK") {
            (self.syn, self.ack) = (true, true);
        }
        self.ack |= words.take("ack");
        self.fin |= words.take("FIN");
        self.rst |= words.take("RST");
        self.zero_window |= words.take("zero-window");
    }
}

impl Segment {
    /// The whole Ethernet frame.
    pub fn frame(&self, ipv6: bool) -> Vec<u8> {
        let len = u16::try_from(self.payload.len() + self.header.header_len()).unwrap();
        let ip = if ipv6 {
            let address = |[a, b, c, d]: [u8; 4]| [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d];
            let header = Ipv6Header {
                traffic_class: 0,
                flow_label: Ipv6FlowLabel::ZERO,
                payload_length: len,
                next_header: IpNumber::TCP,
                hop_limit: self.ttl,
                source: address(self.from.0),
                destination: address(self.to.0),
            };
            IpHeaders::Ipv6(header, Default::default())
        } else {
            let mut header = Ipv4Header::new(len, self.ttl, IpNumber::TCP, self.from.0, self.to.0).unwrap();
            header.identification = self.ip_id;
            IpHeaders::Ipv4(header, Default::default())
        };
        let mut bytes = Vec::new();
        let builder = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]).ip(ip);
        builder.tcp_header(self.header.clone()).write(&mut bytes, &self.payload).unwrap();
        bytes
    }
}
