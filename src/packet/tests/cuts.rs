//! What lengths say and what is there: padding, offload, the snaplen, headers that contradict themselves.

use super::*;

const CUT: Counters = Counters { snaplen_cut: 1, ..EMPTY };
const MALFORMED: Counters = Counters { malformed: 1, ..EMPTY };

/// Where the headers are in an untagged Ethernet frame.
const IP: usize = 14;
const TCP_V4: usize = IP + 20;
const TCP_V6: usize = IP + 40;
/// TCP header with the options of [`v4`].
const TCP_LEN: usize = 36;

fn cut(frame: &[u8], len: usize) -> Packet<'_> {
    Packet { data: &frame[..len], ..packet(LinkType::ETHERNET, frame) }
}

#[test]
fn padding_is_no_payload() {
    for (inner, payload) in [(v4(b""), &b""[..]), (v6(b"ok"), b"ok")] {
        let ether_type = inner.0;
        let padded = joined(&[&ethernet(inner), &[0xAA; 10]]);
        assert_eq!(decode(&packet(LinkType::ETHERNET, &padded)), Ok(seen(ether_type, payload)));
    }
}

#[test]
fn length_zero_is_as_long_as_captured() {
    let (mut frame_v4, mut frame_v6) = (ethernet(v4(&[7; 40_000])), ethernet(v6(&[7; 40_000])));
    frame_v4[IP + 2..IP + 4].fill(0);
    frame_v6[IP + 4..IP + 6].fill(0);
    assert_eq!(decode(&packet(LinkType::ETHERNET, &frame_v4)), Ok(seen(0x0800, &[7; 40_000])));
    assert_eq!(decode(&packet(LinkType::ETHERNET, &frame_v6)), Ok(seen(0x86DD, &[7; 40_000])));
    // Cut as well: the length on the wire is the capture's word.
    for (frame, ether_type, headers) in [(frame_v4, 0x0800, TCP_V4 + TCP_LEN), (frame_v6, 0x86DD, TCP_V6 + TCP_LEN)] {
        let expected = Seen { payload: vec![7; 100], ..seen(ether_type, &[7; 40_000]) };
        assert_eq!(decode(&cut(&frame, headers + 100)), Ok(expected));
    }
}

#[test]
fn segments_beyond_64_kib() {
    let (ether_type, mut bytes) = v6(&[7; 60_000]);
    bytes[4..6].fill(0);
    bytes.extend_from_slice(&[7; 100_000]);
    let expected = seen(0x86DD, &[7; 160_000]);
    assert_eq!(decode(&packet(LinkType::ETHERNET, &ethernet((ether_type, bytes)))), Ok(expected));
}

#[test]
fn a_cut_packet_keeps_its_length() {
    for (inner, tcp) in [(v4(&[7; 1000]), TCP_V4), (v6(&[7; 1000]), TCP_V6)] {
        let ether_type = inner.0;
        let whole = seen(ether_type, &[7; 1000]);
        let frame = ethernet(inner);
        for captured in [0, 1, 999] {
            let expected = Seen { payload: vec![7; captured], ..whole.clone() };
            assert_eq!(decode(&cut(&frame, tcp + TCP_LEN + captured)), Ok(expected.clone()));
            // A mirror port that shortens frames says nothing of it: IP does.
            let shortened = packet(LinkType::ETHERNET, &frame[..tcp + TCP_LEN + captured]);
            assert_eq!(decode(&shortened), Ok(expected));
        }
        // Within the options.
        for options_len in [0, 7, 15] {
            let expected = Seen { payload: vec![], options_len, ..whole.clone() };
            assert_eq!(decode(&cut(&frame, tcp + 20 + usize::from(options_len))), Ok(expected));
        }
        for len in [0, 10, 20, tcp, tcp + 19] {
            assert_eq!(decode(&cut(&frame, len)), Err(CUT), "{len} bytes");
        }
    }
}

#[test]
fn a_cut_packet_is_counted_and_used() {
    let frame = ethernet(v4(&[7; 1000]));
    let mut decoder = Decoder::new();
    assert!(matches!(decoder.decode(&cut(&frame, 96)), Decoded::Segment(_)));
    assert_eq!(decoder.counters(), CUT);
}

#[test]
fn wrong_checksums_are_the_network_cards_business() {
    let mut frame = ethernet(v4(REQUEST));
    frame[IP + 10..IP + 12].fill(0xEE);
    frame[TCP_V4 + 16..TCP_V4 + 18].fill(0xEE);
    holds(LinkType::ETHERNET, &frame, 0x0800);
}

#[test]
fn headers_that_contradict_themselves() {
    let mut broken = Vec::new();
    for (offset, value) in [
        (TCP_V4 + 12, 0x40), // data offset below the fixed header
        (TCP_V4 + 12, 0xF0), // and beyond the segment
        (IP, 0x43),          // IP header shorter than possible
        (IP, 0x4F),          // IP options beyond the packet
        (IP, 0x65),          // not the version the EtherType promised
    ] {
        let mut frame = ethernet(v4(b""));
        frame[offset] = value;
        broken.push(frame);
    }
    let mut short = ethernet(v4(b""));
    short[IP + 2..IP + 4].copy_from_slice(&[0, 19]);
    broken.push(short);
    for frame in broken {
        assert_eq!(decode(&packet(LinkType::ETHERNET, &frame)), Err(MALFORMED));
    }
}

#[test]
fn ipv4_options() {
    let mut header = ipv4_header(IpNumber::TCP);
    header.options = (*b"\x94\x04\0\0\x01\x01\x01\0").into();
    let bytes = tcp(IpHeaders::Ipv4(header, Ipv4Extensions::default()), REQUEST);
    holds(LinkType::RAW, &bytes, 0x0800);
}

/// Puts headers between IP and TCP.
fn with_extensions((ether_type, ip): Typed, first: IpNumber, extensions: &[u8]) -> Typed {
    let (header_len, protocol, len) = if ether_type == 0x0800 { (20, 9, 2) } else { (40, 6, 4) };
    let mut bytes = joined(&[&ip[..header_len], extensions, &ip[header_len..]]);
    bytes[protocol] = first.0;
    let total = bytes.len() - if ether_type == 0x0800 { 0 } else { 40 };
    bytes[len..len + 2].copy_from_slice(&u16::try_from(total).unwrap().to_be_bytes());
    (ether_type, bytes)
}

#[test]
fn extension_headers() {
    let hop_by_hop = b"\x3C\x00\x05\x02\0\0\x01\0"; // router alert, then destination options
    let destination = b"\x2B\x01\x01\x0C\0\0\0\0\0\0\0\0\0\0\0\0"; // 16 bytes, then routing
    let routing = b"\x33\x02\x04\0\0\0\0\0\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"; // then AH
    let authentication = b"\x2C\x04\0\0\0\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0"; // then fragment
    let atomic = b"\x06\0\0\0\0\0\0\x07"; // RFC 6946: a fragment that is all
    let stack = joined(&[hop_by_hop, destination, routing, authentication, atomic]);
    let (_, bytes) = with_extensions(v6(REQUEST), IpNumber::IPV6_HEADER_HOP_BY_HOP, &stack);
    holds(LinkType::RAW, &bytes, 0x86DD);
    let authentication = b"\x06\x04\0\0\0\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0";
    let (_, bytes) = with_extensions(v4(REQUEST), IpNumber::AUTHENTICATION_HEADER, authentication);
    holds(LinkType::RAW, &bytes, 0x0800);
}

#[test]
fn encrypted_or_endless_extensions() {
    let (_, encrypted) = with_extensions(v6(REQUEST), IpNumber::ENCAPSULATING_SECURITY_PAYLOAD, b"");
    assert_eq!(ignored(LinkType::RAW, &encrypted), Counters { not_tcp: 1, ..EMPTY });
    let (_, endless) =
        with_extensions(v6(b""), IpNumber::IPV6_DESTINATION_OPTIONS, &[60, 0, 0, 0, 0, 0, 0, 0].repeat(5000));
    assert_eq!(ignored(LinkType::RAW, &endless[..40_000]), CUT);
}
