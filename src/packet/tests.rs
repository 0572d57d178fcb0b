//! Frames in, segments out: the builders and the one `decode` that all tests of the decoder share.

mod cuts;
mod fragments;
mod icmp;
mod links;
mod properties;
mod tunnels;

use etherparse::{IpHeaders, IpNumber, Ipv4Extensions, Ipv4Header, Ipv6Extensions, Ipv6FlowLabel, Ipv6Header};
use etherparse::{PacketBuilder, TcpOptionElement};

use super::*;

const REQUEST: &[u8] = b"GET /chat HTTP/1.1\r\n\r\n";

const EMPTY: Counters =
    Counters { snaplen_cut: 0, malformed: 0, not_tcp: 0, too_deep: 0, fragments: 0, fragmented_dropped: 0 };

/// Bytes and the EtherType that announces them: what every header is put before.
type Typed = (u16, Vec<u8>);

/// What a test compares: a segment that owns its bytes, without what the capture adds.
#[derive(Clone, PartialEq, Debug)]
struct Seen {
    from: String,
    to: String,
    seq: u32,
    ack: u32,
    flags: u8,
    window: u16,
    options_len: u8,
    payload: Vec<u8>,
    payload_len: u32,
    ttl: u8,
    ip_id: Option<u16>,
}

impl From<Segment<'_>> for Seen {
    fn from(segment: Segment<'_>) -> Self {
        Self {
            from: segment.key.source(segment.dir).to_string(),
            to: segment.key.source(segment.dir.opposite()).to_string(),
            seq: segment.seq,
            ack: segment.ack,
            flags: segment.flags.0,
            window: segment.window,
            options_len: segment.options_len,
            payload: segment.payload.to_vec(),
            payload_len: segment.payload_len,
            ttl: segment.ttl,
            ip_id: segment.ip_id,
        }
    }
}

/// What [`v4`] or [`v6`] should be seen as.
fn seen(ether_type: u16, payload: &[u8]) -> Seen {
    let (from, to, ip_id) = match ether_type {
        0x0800 => ("192.168.1.2:50000", "203.0.113.9:443", Some(0x1234)),
        _ => ("[2001:db8::2]:50000", "[2001:db8::9]:443", None),
    };
    Seen {
        from: from.to_string(),
        to: to.to_string(),
        seq: 1000,
        ack: 2000,
        flags: Flags::ACK | Flags::PSH,
        window: 4096,
        options_len: 16,
        payload: payload.to_vec(),
        payload_len: payload.len().try_into().unwrap(),
        ttl: 61,
        ip_id,
    }
}

fn tcp(ip: IpHeaders, payload: &[u8]) -> Vec<u8> {
    let builder = PacketBuilder::ip(ip)
        .tcp(50000, 443, 1000, 4096)
        .ack(2000)
        .psh()
        .options(&[
            TcpOptionElement::Noop,
            TcpOptionElement::Noop,
            TcpOptionElement::Noop,
            TcpOptionElement::Timestamp(1, 2),
        ])
        .unwrap();
    let mut bytes = Vec::new();
    builder.write(&mut bytes, payload).unwrap();
    bytes
}

fn ipv4_header(protocol: IpNumber) -> Ipv4Header {
    let mut header = Ipv4Header::new(0, 61, protocol, [192, 168, 1, 2], [203, 0, 113, 9]).unwrap();
    header.identification = 0x1234;
    header
}

fn ipv6_header() -> Ipv6Header {
    let address = |last| [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
    Ipv6Header {
        traffic_class: 0,
        flow_label: Ipv6FlowLabel::ZERO,
        payload_length: 0,
        next_header: IpNumber::TCP,
        hop_limit: 61,
        source: address(2),
        destination: address(9),
    }
}

/// An IPv4 packet with a TCP segment.
fn v4(payload: &[u8]) -> Typed {
    (0x0800, tcp(IpHeaders::Ipv4(ipv4_header(IpNumber::TCP), Ipv4Extensions::default()), payload))
}

/// The same in IPv6.
fn v6(payload: &[u8]) -> Typed {
    (0x86DD, tcp(IpHeaders::Ipv6(ipv6_header(), Ipv6Extensions::default()), payload))
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn ethernet((ether_type, bytes): Typed) -> Vec<u8> {
    joined(&[b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02", &ether_type.to_be_bytes(), &bytes])
}

fn packet(link: LinkType, data: &[u8]) -> Packet<'_> {
    Packet {
        at: Timestamp::new(1, 0),
        reference: PacketRef::new(0, 1),
        point: PointId(0),
        interface: 0,
        link,
        data,
        original_len: data.len().try_into().unwrap(),
    }
}

/// The segment in one packet.
fn decode(packet: &Packet<'_>) -> Result<Seen, Counters> {
    let mut decoder = Decoder::new();
    if let Decoded::Segment(segment) = decoder.decode(packet) {
        return Ok(segment.into());
    }
    Err(decoder.counters())
}

/// Asserts that a frame holds the segment of [`v4`] or [`v6`] with [`REQUEST`].
#[track_caller]
fn holds(link: LinkType, frame: &[u8], ether_type: u16) {
    assert_eq!(decode(&packet(link, frame)), Ok(seen(ether_type, REQUEST)));
}

#[track_caller]
fn ignored(link: LinkType, frame: &[u8]) -> Counters {
    decode(&packet(link, frame)).unwrap_err()
}
