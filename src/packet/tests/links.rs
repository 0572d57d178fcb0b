//! Link types and tags.

use super::*;

const NOT_TCP: Counters = Counters { not_tcp: 1, ..EMPTY };
const TOO_DEEP: Counters = Counters { too_deep: 1, ..EMPTY };

#[test]
fn ethernet_with_any_stack_of_tags() {
    for inner in [v4(REQUEST), v6(REQUEST)] {
        let mut tagged = inner.clone();
        holds(LinkType::ETHERNET, &ethernet(tagged.clone()), inner.0);
        for tag in [0x8100_u16, 0x9100, 0x88A8, 0x9200, 0x8100] {
            tagged = (tag, joined(&[b"\xE0\x65", &tagged.0.to_be_bytes(), &tagged.1]));
            holds(LinkType::ETHERNET, &ethernet(tagged.clone()), inner.0);
        }
    }
}

#[test]
fn a_frame_of_tags_alone_ends() {
    assert_eq!(ignored(LinkType::ETHERNET, &ethernet((0x8100, [0, 1, 0x81, 0].repeat(300)))), TOO_DEEP);
}

#[test]
fn linux_cooked() {
    for (ether_type, ip) in [v4(REQUEST), v6(REQUEST)] {
        // ARPHRD_NONE (tun devices) has no address; etherparse would refuse it.
        let v1 = joined(&[b"\0\x04\xFF\xFE\0\0\0\0\0\0\0\0\0\0", &ether_type.to_be_bytes(), &ip]);
        holds(LinkType::LINUX_SLL, &v1, ether_type);
        let v2 = joined(&[&ether_type.to_be_bytes(), b"\0\0\0\0\0\x02\0\x01\x04\x06\x02\0\0\0\0\x01\0\0", &ip]);
        holds(LinkType::LINUX_SLL2, &v2, ether_type);
    }
}

#[test]
fn loopback_families_in_either_byte_order() {
    for (family, (ether_type, ip)) in
        [(2_u32, v4(REQUEST))].into_iter().chain([24, 28, 30, 10].map(|f| (f, v6(REQUEST))))
    {
        holds(LinkType::NULL, &joined(&[&family.to_le_bytes(), &ip]), ether_type);
        holds(LinkType::NULL, &joined(&[&family.to_be_bytes(), &ip]), ether_type);
        holds(LinkType::LOOP, &joined(&[&family.to_be_bytes(), &ip]), ether_type);
    }
    assert_eq!(ignored(LinkType::NULL, &joined(&[&7_u32.to_le_bytes(), &v4(REQUEST).1])), NOT_TCP);
}

#[test]
fn raw_ip_under_all_its_numbers() {
    for link in [12, 14, 101, 228, 229] {
        holds(LinkType(link), &v4(REQUEST).1, 0x0800);
        holds(LinkType(link), &v6(REQUEST).1, 0x86DD);
    }
}

#[test]
fn ppp_in_all_its_framings() {
    let (_, ip) = v4(REQUEST);
    for head in
        [&b"\xFF\x03\x00\x21"[..], b"\xFF\x03\x21", b"\x00\x21", b"\x21", b"\x0F\x00\x08\x00", b"\x8F\x00\x08\x00"]
    {
        holds(LinkType::PPP, &joined(&[head, &ip]), 0x0800);
        holds(LinkType::PPP_HDLC, &joined(&[head, &ip]), 0x0800);
    }
    holds(LinkType::PPP, &joined(&[b"\x00\x57", &v6(REQUEST).1]), 0x86DD);
    holds(LinkType::CISCO_HDLC, &joined(&[b"\x0F\x00\x08\x00", &ip]), 0x0800);
    assert_eq!(ignored(LinkType::PPP, b"\xFF\x03\xC0\x21\x01\x01\x00\x04"), NOT_TCP);
}

#[test]
fn snap() {
    let (_, ip) = v6(REQUEST);
    let len = u16::try_from(ip.len() + 8).unwrap();
    holds(LinkType::ETHERNET, &ethernet((len, joined(&[b"\xAA\xAA\x03\0\0\0\x86\xDD", &ip]))), 0x86DD);
    // A spanning tree frame, and an LLC frame shorter than SNAP.
    assert_eq!(ignored(LinkType::ETHERNET, &ethernet((38, [b"\x42\x42\x03".to_vec(), vec![0; 43]].concat()))), NOT_TCP);
    assert_eq!(ignored(LinkType::ETHERNET, &ethernet((3, vec![0; 46]))), NOT_TCP);
}

#[test]
fn pktap_says_what_follows() {
    let header = joined(&[&108_u32.to_le_bytes(), &1_u32.to_le_bytes(), &1_u32.to_le_bytes(), &[0; 96]]);
    holds(LinkType::PKTAP, &joined(&[&header, &ethernet(v4(REQUEST))]), 0x0800);
    // A header that says it is shorter than it is would lead to itself again.
    let endless = joined(&[&0_u32.to_le_bytes(), &1_u32.to_le_bytes(), &258_u32.to_le_bytes()]);
    assert_eq!(ignored(LinkType::PKTAP, &endless), NOT_TCP);
}

#[test]
fn links_nobody_taught_us() {
    assert_eq!(ignored(LinkType(105), &ethernet(v4(REQUEST))), NOT_TCP);
    assert_eq!(ignored(LinkType::ETHERNET, &ethernet((0x0806, vec![0; 46]))), NOT_TCP);
}

#[test]
fn the_direction_follows_the_addresses() {
    let frame = ethernet(v4(REQUEST));
    let packet = Packet {
        at: Timestamp::new(5, 7),
        reference: PacketRef::new(3, 99),
        point: PointId(4),
        interface: 2,
        ..packet(LinkType::ETHERNET, &frame)
    };
    let mut decoder = Decoder::new();
    let Decoded::Segment(segment) = decoder.decode(&packet) else { panic!("no segment") };
    assert_eq!(segment.dir, Dir::Forward);
    assert_eq!(segment.key.first, Endpoint::v4([192, 168, 1, 2], 50000));
    assert_eq!(segment.key.second, Endpoint::v4([203, 0, 113, 9], 443));
    assert_eq!((segment.key.point, segment.interface), (packet.point, packet.interface));
    assert_eq!((segment.at, segment.packet), (packet.at, packet.reference));
}
