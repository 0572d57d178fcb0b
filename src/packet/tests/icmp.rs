//! ICMP errors about TCP.

use super::*;

/// An ICMP message of `message_type` with the four bytes behind its checksum, quoting `quote`, from a router.
fn error(ether_type: u16, message_type: u8, code: u8, rest: [u8; 4], quote: &[u8]) -> Vec<u8> {
    let ip = if ether_type == 0x0800 {
        let mut header = ipv4_header(IpNumber::ICMP);
        (header.source, header.destination) = ([198, 51, 100, 1], [192, 168, 1, 2]);
        PacketBuilder::ip(IpHeaders::Ipv4(header, Ipv4Extensions::default()))
    } else {
        let mut header = ipv6_header();
        (header.source, header.destination) = ([0xFD; 16], header.source);
        PacketBuilder::ip(IpHeaders::Ipv6(header, Ipv6Extensions::default()))
    };
    let message = joined(&[&[message_type, code, 0, 0], &rest, quote]);
    let number = if ether_type == 0x0800 { IpNumber::ICMP } else { IpNumber::IPV6_ICMP };
    let mut bytes = Vec::new();
    ip.write(&mut bytes, number, &message).unwrap();
    ethernet((ether_type, bytes))
}

fn unreachable(frame: &[u8]) -> Option<Unreachable> {
    match Decoder::new().decode(&packet(LinkType::ETHERNET, frame)) {
        Decoded::Unreachable(unreachable) => Some(unreachable),
        _ => None,
    }
}

#[test]
fn fragmentation_needed() {
    let (ether_type, quote) = v4(REQUEST);
    // RFC 792: the IP header and 8 bytes are enough.
    for quote in [&quote[..28], &quote] {
        let told = unreachable(&error(ether_type, 3, 4, [0, 0, 0x05, 0x78], quote)).unwrap();
        assert_eq!(told.key.source(told.dir).to_string(), "192.168.1.2:50000");
        assert_eq!(told.key.source(told.dir.opposite()).to_string(), "203.0.113.9:443");
        assert_eq!((told.kind, told.code, told.mtu, told.seq), (UnreachableKind::TooBig, 4, Some(1400), 1000));
        assert_eq!(told.reporter.to_string(), "198.51.100.1");
        assert_eq!((told.at, told.packet), (Timestamp::new(1, 0), PacketRef::new(0, 1)));
    }
    // Routers older than RFC 1191 tell no MTU.
    assert_eq!(unreachable(&error(ether_type, 3, 4, [0; 4], &quote)).unwrap().mtu, None);
}

#[test]
fn packet_too_big() {
    let (ether_type, quote) = v6(REQUEST);
    let told = unreachable(&error(ether_type, 2, 0, [0, 0, 0x05, 0x00], &quote)).unwrap();
    assert_eq!(told.key.source(told.dir).to_string(), "[2001:db8::2]:50000");
    assert_eq!((told.kind, told.mtu, told.seq), (UnreachableKind::TooBig, Some(1280), 1000));
    let absurd = unreachable(&error(ether_type, 2, 0, [1, 0, 0, 0], &quote)).unwrap();
    assert_eq!(absurd.mtu, Some(u16::MAX));
}

#[test]
fn each_code_has_its_kind() {
    use UnreachableKind::*;
    let kind = |inner: Typed, message_type, code| {
        unreachable(&error(inner.0, message_type, code, [0; 4], &inner.1)).map(|told| told.kind)
    };
    for (message_type, code, expected) in [
        (3, 0, Some(Network)),
        (3, 1, Some(Host)),
        (3, 2, Some(Protocol)),
        (3, 3, Some(Port)),
        (3, 10, Some(Prohibited)),
        (3, 13, Some(Prohibited)),
        (3, 5, Some(Other)),
        (11, 0, Some(HopLimit)),
        (11, 1, Some(Reassembly)),
        (5, 1, None), // a redirect
    ] {
        assert_eq!(kind(v4(REQUEST), message_type, code), expected, "type {message_type} code {code}");
    }
    for (message_type, code, expected) in [
        (1, 0, Some(Network)),
        (1, 1, Some(Prohibited)),
        (1, 3, Some(Host)),
        (1, 4, Some(Port)),
        (3, 0, Some(HopLimit)),
        (3, 1, Some(Reassembly)),
        (135, 0, None), // neighbour solicitation
    ] {
        assert_eq!(kind(v6(REQUEST), message_type, code), expected, "type {message_type} code {code}");
    }
}

#[test]
fn quotes_of_anything_else() {
    let (_, mut udp) = v4(REQUEST);
    udp[9] = 17;
    let (_, mut later_fragment) = v4(REQUEST);
    later_fragment[7] = 4;
    let (_, whole) = v4(REQUEST);
    for quote in [&udp[..], &later_fragment, &whole[..27], b"", b"\x45"] {
        assert_eq!(unreachable(&error(0x0800, 3, 1, [0; 4], quote)), None);
    }
}
