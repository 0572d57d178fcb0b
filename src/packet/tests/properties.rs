//! What holds for any bytes and any wrapping.

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::tunnels::{ALL, Wrapper};
use super::*;

const LINKS: [u16; 17] = [0, 1, 9, 12, 14, 50, 51, 101, 104, 105, 108, 113, 228, 229, 258, 276, 0xFFFF];

/// `inner` in as many of the wrappers as can carry it, first wrapper outermost.
fn wrapped(inner: Typed, wrappers: &[Wrapper]) -> Typed {
    wrappers.iter().rev().fold(inner, |inner, wrapper| wrapper.wrap(inner.clone()).unwrap_or(inner))
}

fn framed(link: LinkType, (ether_type, bytes): Typed) -> Option<Vec<u8>> {
    let ip = matches!(ether_type, 0x0800 | 0x86DD);
    match link {
        LinkType::ETHERNET => Some(ethernet((ether_type, bytes))),
        LinkType::LINUX_SLL => Some(joined(&[&[0; 14], &ether_type.to_be_bytes(), &bytes])),
        LinkType::LINUX_SLL2 => Some(joined(&[&ether_type.to_be_bytes(), &[0; 18], &bytes])),
        LinkType::RAW => ip.then_some(bytes),
        LinkType::NULL => ip.then(|| joined(&[&[2, 0, 0, 0], &bytes])),
        _ => None,
    }
}

fn inner(six: bool, payload: &[u8]) -> Typed {
    if six { v6(payload) } else { v4(payload) }
}

proptest! {
    #[test]
    fn any_bytes_on_any_link(link in select(&LINKS), data in vec(any::<u8>(), 0..400), longer: u16) {
        let mut decoder = Decoder::new();
        let frame = packet(LinkType(link), &data);
        decoder.decode(&Packet { original_len: frame.original_len + u32::from(longer), ..frame });
    }

    /// Random bytes seldom get far: valid frames with a few bytes changed do.
    #[test]
    fn any_damage_to_a_valid_frame(
        wrappers in vec(select(&ALL), 0..4),
        six: bool,
        damage in vec((any::<Index>(), any::<u8>()), 1..6),
        keep: Index,
    ) {
        let mut frame = ethernet(wrapped(inner(six, REQUEST), &wrappers));
        for (index, value) in damage {
            *index.get_mut(&mut frame) = value;
        }
        let len = keep.index(frame.len() + 1);
        let mut decoder = Decoder::new();
        decoder.decode(&packet(LinkType::ETHERNET, &frame));
        decoder.decode(&Packet { data: &frame[..len], ..packet(LinkType::ETHERNET, &frame) });
    }

    #[test]
    fn any_wrapping_gives_the_same_segment(
        link in select(&[LinkType::ETHERNET, LinkType::LINUX_SLL, LinkType::LINUX_SLL2, LinkType::RAW, LinkType::NULL][..]),
        wrappers in vec(select(&ALL), 0..5),
        six: bool,
        payload in vec(any::<u8>(), 0..100),
    ) {
        let plain = inner(six, &payload);
        let ether_type = plain.0;
        if let Some(frame) = framed(link, wrapped(plain, &wrappers)) {
            prop_assert_eq!(decode(&packet(link, &frame)), Ok(seen(ether_type, &payload)));
        }
    }

    /// Wherever the capture ends, what is given is a prefix, and its length on the wire is right.
    #[test]
    fn any_snaplen(wrappers in vec(select(&ALL), 0..3), six: bool, payload in vec(any::<u8>(), 0..100), keep: Index) {
        let plain = inner(six, &payload);
        let whole = seen(plain.0, &payload);
        let frame = ethernet(wrapped(plain, &wrappers));
        let cut = Packet { data: &frame[..keep.index(frame.len() + 1)], ..packet(LinkType::ETHERNET, &frame) };
        if let Ok(got) = decode(&cut) {
            prop_assert!(whole.payload.starts_with(&got.payload) && got.options_len <= whole.options_len);
            prop_assert_eq!(Seen { payload: whole.payload.clone(), options_len: whole.options_len, ..got }, whole);
        }
    }

    /// What one look understands, the walk from header to header understands in the same way.
    #[test]
    fn any_plain_frame(
        wrappers in vec(select(&ALL), 0..2),
        six: bool,
        changes in vec((0..80_usize, any::<u8>()), 0..4),
        keep in 0..120_usize,
        padding in 0..8_usize,
    ) {
        let mut frame = ethernet(wrapped(inner(six, b"payload"), &wrappers));
        frame.resize(frame.len() + padding, 0);
        for (place, byte) in changes {
            let end = frame.len() - 1;
            frame[place.min(end)] = byte;
        }
        let cut = Packet { data: &frame[..keep.min(frame.len())], ..packet(LinkType::ETHERNET, &frame) };
        let (mut decoder, mut plain) = (Decoder::new(), None);
        decoder.decode_plain(&cut, |segment| plain = Some(Seen::from(segment)));
        if let Some(plain) = plain {
            let mut walker = Decoder::new();
            let Decoded::Segment(walked) = walker.decode_other(&cut) else { panic!("the walk ends elsewhere") };
            prop_assert_eq!(Seen::from(walked), plain);
            prop_assert_eq!(walker.counters(), decoder.counters());
        }
    }

    /// The same bytes through any cutting into fragments, any order and any copies.
    #[test]
    fn any_fragmentation(
        six: bool,
        payload in vec(any::<u8>(), 100..400),
        cuts in btree_set(1..16_usize, 1..6),
        copies in vec(any::<Index>(), 0..4),
        seed: u64,
    ) {
        let datagram = inner(six, &payload);
        let cuts: Vec<usize> = cuts.into_iter().map(|cut| cut * 8).collect();
        let fragments = super::fragments::fragments_of(&datagram, 0x1234, &cuts);
        let mut order: Vec<usize> = (0..fragments.len()).collect();
        for copy in copies {
            order.push(copy.index(fragments.len()));
        }
        order.sort_by_key(|&index| (index as u64 + 1).wrapping_mul(seed | 1).rotate_left(32));
        let mut decoder = Decoder::new();
        let mut found: Vec<Seen> = Vec::new();
        for index in order {
            if let Decoded::Segment(segment) = decoder.decode(&packet(LinkType::ETHERNET, &fragments[index])) {
                found.push(segment.into());
            }
        }
        prop_assert_eq!(found, [seen(datagram.0, &payload)]);
    }

    #[test]
    fn any_fragments_at_all(pieces in vec((0..0x2000_u16, any::<bool>(), vec(any::<u8>(), 0..64), 0..3_u16), 1..40)) {
        let mut decoder = Decoder::new();
        for (offset, more, body, id) in pieces {
            let start = usize::from(offset % 40) * 8;
            let frame = super::fragments::fragment(&v4(b"").1[..20], id, start, &body, more);
            decoder.decode(&packet(LinkType::ETHERNET, &frame));
        }
    }
}
