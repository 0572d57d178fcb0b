//! IP fragments: put together in any order, once, within limits.

use std::time::Duration;

use super::*;

/// Payload of 80 bytes: 116 with the TCP header.
fn payload() -> Vec<u8> {
    (0..80).collect()
}

/// An IP packet cut into fragments at these offsets of its payload, multiples of 8.
pub(super) fn fragments_of((ether_type, ip): &Typed, id: u16, cuts: &[usize]) -> Vec<Vec<u8>> {
    let header_len = if *ether_type == 0x0800 { 20 } else { 40 };
    let (header, body) = ip.split_at(header_len);
    let starts = [&[0], cuts].concat();
    let ends = [cuts, &[body.len()]].concat();
    starts
        .iter()
        .zip(&ends)
        .map(|(&start, &end)| fragment(header, id, start, &body[start..end], end < body.len()))
        .collect()
}

/// One fragment, framed: `header` of IPv4 or IPv6, and where `body` stands.
pub(super) fn fragment(header: &[u8], id: u16, start: usize, body: &[u8], more: bool) -> Vec<u8> {
    let offset = u16::try_from(start).unwrap();
    let mut header = header.to_vec();
    if header.len() == 20 {
        header[2..4].copy_from_slice(&u16::try_from(20 + body.len()).unwrap().to_be_bytes());
        header[4..6].copy_from_slice(&id.to_be_bytes());
        header[6..8].copy_from_slice(&((offset / 8) | if more { 0x2000 } else { 0 }).to_be_bytes());
        return ethernet((0x0800, joined(&[&header, body])));
    }
    header[4..6].copy_from_slice(&u16::try_from(8 + body.len()).unwrap().to_be_bytes());
    let next = std::mem::replace(&mut header[6], 44);
    let extension = joined(&[&[next, 0], &(offset | u16::from(more)).to_be_bytes(), &[0, 0], &id.to_be_bytes()]);
    ethernet((0x86DD, joined(&[&header, &extension, body])))
}

/// Decodes frames in turn, a millisecond apart: the segments found, each with the number of its packet.
fn decode_all<'a>(decoder: &mut Decoder, frames: impl IntoIterator<Item = &'a Vec<u8>>) -> Vec<(u64, Seen)> {
    let mut found = Vec::new();
    for (number, frame) in (1..).zip(frames) {
        let at = Timestamp::default() + Duration::from_millis(number);
        let packet = Packet { at, reference: PacketRef::new(0, number), ..packet(LinkType::ETHERNET, frame) };
        if let Decoded::Segment(segment) = decoder.decode(&packet) {
            assert_eq!((segment.at, segment.packet), (packet.at, packet.reference));
            found.push((number, segment.into()));
        }
    }
    found
}

/// As [`seen`], with the identification the fragments bear.
fn whole(ether_type: u16, id: u16) -> Seen {
    let seen = seen(ether_type, &payload());
    Seen { ip_id: seen.ip_id.map(|_| id), ..seen }
}

#[test]
fn in_any_order() {
    for datagram in [v4(&payload()), v6(&payload())] {
        let [a, b, c] = fragments_of(&datagram, 7, &[24, 64]).try_into().unwrap();
        for order in [[&a, &b, &c], [&a, &c, &b], [&b, &a, &c], [&b, &c, &a], [&c, &a, &b], [&c, &b, &a]] {
            let mut decoder = Decoder::new();
            assert_eq!(decode_all(&mut decoder, order), [(3, whole(datagram.0, 7))]);
            assert_eq!(decoder.counters(), Counters { fragments: 2, ..EMPTY });
        }
    }
}

#[test]
fn datagrams_between_each_other() {
    let one = fragments_of(&v4(&payload()), 1, &[64]);
    let two = fragments_of(&v4(&payload()), 2, &[24]);
    let six = fragments_of(&v6(&payload()), 1, &[64]);
    let found = decode_all(&mut Decoder::new(), [&one[0], &two[1], &six[0], &one[1], &six[1], &two[0]]);
    assert_eq!(found, [(4, whole(0x0800, 1)), (5, whole(0x86DD, 1)), (6, whole(0x0800, 2))]);
}

#[test]
fn the_point_of_observation_is_part_of_the_datagram() {
    let [first, last] = fragments_of(&v4(&payload()), 1, &[64]).try_into().unwrap();
    let mut decoder = Decoder::new();
    decoder.decode(&packet(LinkType::ETHERNET, &first));
    let elsewhere = Packet { point: PointId(1), ..packet(LinkType::ETHERNET, &last) };
    assert!(matches!(decoder.decode(&elsewhere), Decoded::Ignored));
}

#[test]
fn copies_make_no_second_segment_and_no_trap() {
    let [a, b] = fragments_of(&v4(&payload()), 1, &[64]).try_into().unwrap();
    let mut decoder = Decoder::new();
    // A mirror port sends everything twice; the last copy comes after the datagram is complete.
    assert_eq!(decode_all(&mut decoder, [&a, &a, &b, &b]), [(3, whole(0x0800, 1))]);
    // Later the number means another datagram, to which the late copy must not belong.
    let mut other = v4(&payload());
    other.1[20 + 36..].fill(0xEE);
    let [a, b] = fragments_of(&other, 1, &[64]).try_into().unwrap();
    let later = Packet { at: Timestamp::new(20, 0), ..packet(LinkType::ETHERNET, &a) };
    assert!(matches!(decoder.decode(&later), Decoded::Ignored));
    let Decoded::Segment(segment) = decoder.decode(&Packet { data: &b, ..later }) else { panic!("not joined") };
    assert_eq!(segment.payload, [0xEE; 80]);
    assert_eq!(decoder.counters().fragmented_dropped, 0);
}

#[test]
fn where_fragments_overlap_the_first_wins() {
    let (_, ip) = v4(&payload());
    let (header, body) = ip.split_at(20);
    let lie = vec![0xEE; body.len()];
    let middle = fragment(header, 1, 48, &body[48..64], true);
    let overlapping_both_sides = fragment(header, 1, 40, &[&body[40..48], &lie[48..64], &body[64..72]].concat(), true);
    let inside = fragment(header, 1, 56, &lie[56..64], true);
    let first = fragment(header, 1, 0, &[&body[..40], &lie[40..56]].concat(), true);
    let last = fragment(header, 1, 72, &body[72..], false);
    let frames = [&middle, &overlapping_both_sides, &inside, &last, &first];
    assert_eq!(decode_all(&mut Decoder::new(), frames), [(5, whole(0x0800, 1))]);
}

#[test]
fn contradictions_are_dropped() {
    let (_, ip) = v4(&payload());
    let (header, body) = ip.split_at(20);
    let first = fragment(header, 1, 0, &body[..64], true);
    let last = fragment(header, 1, 64, &body[64..], false);
    for contradiction in [
        fragment(header, 1, 64, &body[64..101], true), // not a multiple of 8, yet not the last
        fragment(header, 1, 104, &body[..24], true),   // beyond the end
        fragment(header, 1, 32, &body[..8], false),    // another end
        fragment(header, 1, 65_528, &body[..16], true), // beyond what IP can say
        fragment(header, 1, 64, b"", true),
    ] {
        let mut decoder = Decoder::new();
        assert_eq!(decode_all(&mut decoder, [&last, &contradiction, &first]), []);
        assert_eq!(decoder.counters().fragmented_dropped, 1);
        assert_eq!(decode_all(&mut decoder, [&last]), [(1, whole(0x0800, 1))], "a new one may follow");
    }
}

#[test]
fn an_end_before_what_came_is_a_contradiction() {
    let (_, ip) = v4(&payload());
    let (header, body) = ip.split_at(20);
    let beyond = fragment(header, 1, 64, &body[..24], true);
    let end = fragment(header, 1, 32, &body[..8], false);
    let mut decoder = Decoder::new();
    decode_all(&mut decoder, [&beyond, &end]);
    assert_eq!(decoder.counters().fragmented_dropped, 1);
}

#[test]
fn a_cut_fragment_still_tells_its_length() {
    let [a, b] = fragments_of(&v4(&payload()), 1, &[64]).try_into().unwrap();
    let mut decoder = Decoder::new();
    decoder.decode(&Packet { data: &a[..14 + 20 + 36 + 10], ..packet(LinkType::ETHERNET, &a) });
    let Decoded::Segment(segment) = decoder.decode(&packet(LinkType::ETHERNET, &b)) else { panic!("not joined") };
    assert_eq!((segment.payload, segment.payload_len), (&payload()[..10], 80));
    assert_eq!(decoder.counters().snaplen_cut, 1);
}

#[test]
fn a_tunnel_in_fragments_with_fragments_in_it() {
    let inner = fragments_of(&v6(&payload()), 1, &[64]);
    let mut frames = Vec::new();
    for (id, fragment) in (1..).zip(&inner) {
        let outer = super::tunnels::Wrapper::Vxlan { port: 4789 }.wrap((0x86DD, fragment[14..].to_vec())).unwrap();
        frames.extend(fragments_of(&outer, id, &[16, 48]));
    }
    assert_eq!(decode_all(&mut Decoder::new(), &frames), [(6, whole(0x86DD, 1))]);
}

#[test]
fn late_fragments_belong_to_another_datagram() {
    let [first, last] = fragments_of(&v4(&payload()), 1, &[64]).try_into().unwrap();
    for (seconds, joins) in [(-5, true), (0, true), (30, true), (31, false)] {
        let mut decoder = Decoder::new();
        decoder.decode(&Packet { at: Timestamp::new(100, 0), ..packet(LinkType::ETHERNET, &first) });
        let late = Packet { at: Timestamp::new(100 + seconds, 0), ..packet(LinkType::ETHERNET, &last) };
        assert_eq!(matches!(decoder.decode(&late), Decoded::Segment(_)), joins, "after {seconds} s");
        assert_eq!(decoder.counters().fragmented_dropped, u64::from(!joins));
    }
}

#[test]
fn the_oldest_datagrams_go_first() {
    let datagrams = u16::try_from(limits::FRAGMENTED_DATAGRAMS).unwrap() + 2;
    let all: Vec<_> = (1..=datagrams).map(|id| fragments_of(&v4(&payload()), id, &[64])).collect();
    let mut decoder = Decoder::new();
    decode_all(&mut decoder, all.iter().map(|fragments| &fragments[0]));
    assert_eq!(decoder.counters().fragmented_dropped, 2);
    // Newest first, so that the first two, which are gone, push nobody out before its turn.
    let joined = decode_all(&mut decoder, all.iter().rev().map(|fragments| &fragments[1]));
    assert_eq!(joined.len(), limits::FRAGMENTED_DATAGRAMS);
}

#[test]
fn bytes_held_are_bounded() {
    let (_, ip) = v4(&payload());
    let body = vec![0; 65_000];
    let mut decoder = Decoder::new();
    let frames: Vec<_> = (0..200).map(|id| fragment(&ip[..20], id, 0, &body, true)).collect();
    decode_all(&mut decoder, &frames);
    let kept = u64::try_from(limits::FRAGMENT_BYTES / body.len()).unwrap();
    assert_eq!(decoder.counters().fragmented_dropped, 200 - kept);
}

#[test]
fn what_was_joined_is_held_no_longer() {
    let datagram = v4(&[0; 60_000]);
    let mut decoder = Decoder::new();
    for id in 0..200 {
        assert_eq!(decode_all(&mut decoder, &fragments_of(&datagram, id, &[32_000])).len(), 1);
    }
    assert_eq!(decoder.counters().fragmented_dropped, 0);
}

#[test]
fn pieces_of_a_datagram_are_bounded() {
    let (_, ip) = v4(&payload());
    // Every second 8 bytes: never to be complete.
    let frames: Vec<_> =
        (0..=limits::FRAGMENTS_PER_DATAGRAM).map(|n| fragment(&ip[..20], 1, n * 16, &[0; 8], true)).collect();
    let mut decoder = Decoder::new();
    decode_all(&mut decoder, &frames);
    assert_eq!(decoder.counters().fragmented_dropped, 1);
}
