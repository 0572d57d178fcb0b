//! One captured frame in, at most one TCP segment out.
//!
//! Given a [`Packet`] with its link type, steps over link headers, tunnels and IP, and lends the TCP segment inside.
//! Accepts what captures on the sending host look like: wrong checksums, IP total length 0 (offload), cut packets.
//! Keeps no state but IP fragments; knows nothing of connections.

mod bytes;
mod fragments;
mod icmp;
mod ip;
mod link;
mod plain;
mod segment;
mod text;
mod tunnel;

pub use icmp::{Unreachable, UnreachableKind};
pub use segment::{ByDir, Dir, Endpoint, Flags, FlowKey, PacketRef, PointId, Segment};
pub use text::{Address, EndpointText};

use etherparse::{EtherType, IpNumber};

use crate::limits;
use crate::time::Timestamp;
use bytes::{Bytes, Unusable};
use fragments::Fragments;

/// What a capture source hands over, in order.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a> {
    /// One captured frame.
    Packet(Packet<'a>),
    /// TLS secrets in NSS key log format, from a pcapng Decryption Secrets Block or a growing key log.
    Secrets(&'a [u8]),
    /// Nothing arrived, but time went on (live capture only): idle timers may fire.
    Idle(Timestamp),
}

/// The kind of link-layer header a packet starts with: a LINKTYPE value of the pcap registry
/// (<https://www.tcpdump.org/linktypes.html>). Any number may come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LinkType(pub u16);

impl LinkType {
    /// BSD loopback, host byte order.
    pub const NULL: Self = Self(0);
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// Raw IP.
    pub const RAW: Self = Self(101);
    /// OpenBSD loopback, network byte order.
    pub const LOOP: Self = Self(108);
    /// PPP, with or without HDLC framing.
    pub const PPP: Self = Self(9);
    /// PPP in HDLC-like framing.
    pub const PPP_HDLC: Self = Self(50);
    /// PPP over Ethernet, without the Ethernet header.
    pub const PPPOE: Self = Self(51);
    /// Cisco HDLC.
    pub const CISCO_HDLC: Self = Self(104);
    /// macOS packet taps: says in each packet which link type follows.
    pub const PKTAP: Self = Self(258);
    /// Linux "cooked" capture, version 1.
    pub const LINUX_SLL: Self = Self(113);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// Linux "cooked" capture, version 2.
    pub const LINUX_SLL2: Self = Self(276);
}

/// One captured frame, borrowed from the capture source until its next packet.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// When it was captured.
    pub at: Timestamp,
    /// Input file and number within it.
    pub reference: PacketRef,
    /// Observation point.
    pub point: PointId,
    /// Capturing interface, counted within the file.
    pub interface: u32,
    /// What `data` starts with.
    pub link: LinkType,
    /// The frame as far as it was captured.
    pub data: &'a [u8],
    /// Length of the frame on the wire, in bytes.
    pub original_len: u32,
}

/// What one frame holds.
#[derive(Clone, Copy, Debug)]
pub enum Decoded<'a> {
    /// A TCP segment.
    Segment(Segment<'a>),
    /// An ICMP error about a TCP flow.
    Unreachable(Unreachable),
    /// Neither; [`Decoder::counters`] says why.
    Ignored,
}

/// What the decoder left out or met cut, in packets.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counters {
    /// Captured without the end of their TCP payload or, then ignored, of a header. Cut by the snaplen mostly; also by
    /// mirror ports that shorten frames.
    pub snaplen_cut: u64,
    /// Headers that contradict themselves, or end before they should.
    pub malformed: u64,
    /// Whole, but neither TCP nor an ICMP error about TCP.
    pub not_tcp: u64,
    /// More headers before TCP than [`limits::PACKET_HEADERS`], or fragments in fragments in fragments.
    pub too_deep: u64,
    /// IP fragments held for the rest of their datagram, or already seen.
    pub fragments: u64,
    /// Fragmented datagrams given up: a fragment missing, contradicting, or a limit reached.
    pub fragmented_dropped: u64,
}

/// Frames in, TCP segments out. Remembers IP fragments and nothing else.
#[derive(Default, Debug)]
pub struct Decoder {
    fragments: Fragments,
    /// Datagrams put together from fragments, lent with the segment: the outer one, and one in a tunnel inside it.
    joined: [Vec<u8>; 2],
    counters: Counters,
}

impl Decoder {
    /// A decoder that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Finds the TCP segment in one frame, or the ICMP error about one.
    #[inline]
    pub fn decode<'a>(&'a mut self, packet: &Packet<'a>) -> Decoded<'a> {
        let mut plain = None;
        match self.decode_plain(packet, |segment| plain = Some(segment)) {
            Some(()) => plain.map_or(Decoded::Ignored, Decoded::Segment),
            None => self.decode_other(packet),
        }
    }

    /// Gives the TCP segment to `take` if the frame is as nearly all are: then it borrows nothing but the frame. A segment is
    /// large: given away where it is made, it is written once, to where it belongs.
    #[inline(always)]
    pub fn decode_plain<'a>(&mut self, packet: &Packet<'a>, take: impl FnOnce(Segment<'a>)) -> Option<()> {
        plain::read(packet, |segment| {
            self.counters.snaplen_cut += u64::from(segment.is_cut());
            take(segment);
        })
    }

    /// What [`Decoder::decode_plain`] does not read: tunnels, fragments, ICMP.
    pub fn decode_other<'a>(&'a mut self, packet: &Packet<'a>) -> Decoded<'a> {
        let frame = Bytes::new(packet.data, packet.original_len);
        decode_any(packet, frame, &mut self.fragments, &mut self.joined, &mut self.counters)
    }

    /// What was left out so far.
    pub fn counters(&self) -> Counters {
        Counters { fragmented_dropped: self.fragments.dropped(), ..self.counters }
    }
}

impl Counters {
    fn count(&mut self, unusable: Unusable) {
        match unusable {
            Unusable::NotTcp => self.not_tcp += 1,
            Unusable::Malformed => self.malformed += 1,
            Unusable::TooDeep => self.too_deep += 1,
            Unusable::Fragment => self.fragments += 1,
            Unusable::Cut => self.snaplen_cut += 1,
        }
    }
}

/// What stands next in a frame: a link-layer header, or what an EtherType says.
#[derive(Clone, Copy)]
enum Next {
    Link(LinkType),
    Type(EtherType),
}

/// Everything but [`plain`] frames, and what could not be used is counted.
#[inline(never)]
fn decode_any<'a>(
    packet: &Packet<'_>,
    frame: Bytes<'a>,
    fragments: &mut Fragments,
    joined: &'a mut [Vec<u8>],
    counters: &mut Counters,
) -> Decoded<'a> {
    match walk(packet, frame, fragments, joined) {
        Ok(decoded) => {
            counters.snaplen_cut += u64::from(matches!(&decoded, Decoded::Segment(segment) if segment.is_cut()));
            decoded
        }
        Err(unusable) => {
            counters.count(unusable);
            Decoded::Ignored
        }
    }
}

/// Header by header, until TCP or nothing we know.
fn walk<'a>(
    packet: &Packet<'_>,
    frame: Bytes<'a>,
    fragments: &mut Fragments,
    mut joined: &'a mut [Vec<u8>],
) -> Result<Decoded<'a>, Unusable> {
    let (mut next, mut bytes) = (Next::Link(packet.link), frame);
    for _ in 0..limits::PACKET_HEADERS {
        let mut ip = match next {
            Next::Type(EtherType::IPV4) => ip::v4(bytes)?.step_over_extensions()?,
            Next::Type(EtherType::IPV6) => ip::v6(bytes)?.step_over_extensions()?,
            Next::Type(other) => {
                (next, bytes) = tunnel::open(other, bytes)?;
                continue;
            }
            Next::Link(link) => {
                (next, bytes) = link::open(link, bytes)?;
                continue;
            }
        };
        if ip.fragment.is_some() {
            let (buffer, rest) = std::mem::take(&mut joined).split_first_mut().ok_or(Unusable::TooDeep)?;
            joined = rest;
            ip = fragments.join(packet, ip, buffer)?;
        }
        (next, bytes) = match ip.protocol {
            IpNumber::TCP => return Ok(Decoded::Segment(Segment::parse(packet, &ip)?)),
            IpNumber::ICMP | IpNumber::IPV6_ICMP => return Ok(Decoded::Unreachable(icmp::parse(packet, &ip)?)),
            protocol => tunnel::in_ip(protocol, ip.payload)?,
        };
    }
    Err(Unusable::TooDeep)
}

#[cfg(test)]
mod tests;
