//! Files in the pcapng format, block by block.

use super::super::format::ByteOrder::{Big, Little};
use super::super::testing::{Pcapng, Steps, bytes_of, steps};
use super::*;

/// Times in nanoseconds, link types and bytes of all packets.
fn packets(steps: &Steps) -> Vec<(i64, u16, u32, &[u8])> {
    steps.packets.iter().map(|(frame, data)| (frame.at.0, frame.link.0, frame.interface, data.as_slice())).collect()
}

#[test]
fn interfaces_differ_in_link_type_and_clock() {
    for order in [Little, Big] {
        let file = Pcapng::new(order)
            .interface(1, &[(2, b"eth0")])
            .interface(101, &[(2, b"tun0"), (9, &[9])])
            .packet(0, 5, b"micro")
            .packet(1, 5, b"nano");
        let steps = steps(&file.bytes);
        assert_eq!(packets(&steps), [(5000, 1, 0, &b"micro"[..]), (5, 101, 1, &b"nano"[..])]);
        assert_eq!(steps.interfaces, [Some("eth0".to_owned()), Some("tun0".to_owned())]);
    }
}

#[test]
fn a_second_section_may_have_the_other_byte_order_and_counts_its_own_interfaces() {
    let file = Pcapng::new(Little)
        .interface(1, &[])
        .packet(0, 1, b"first")
        .section(Big)
        .interface(276, &[(9, &[0x80 | 20])])
        .packet(0, 1 << 20, b"second");
    assert_eq!(packets(&steps(&file.bytes)), [(1000, 1, 0, &b"first"[..]), (1_000_000_000, 276, 1, &b"second"[..])]);
}

#[test]
fn a_clock_offset_is_added() {
    let file = Pcapng::new(Big).interface(1, &[(14, &1_700_000_000_i64.to_be_bytes())]).packet(0, 1, b"x");
    assert_eq!(packets(&steps(&file.bytes))[0].0, 1_700_000_000_000_001_000);
}

#[test]
fn unknown_blocks_are_stepped_over() {
    let file =
        Pcapng::new(Little).block(0x8000_0001, &[0xaa; 40]).interface(1, &[]).block(4, &[0; 8]).packet(0, 1, b"x");
    assert_eq!(steps(&file.bytes).packets.len(), 1);
}

#[test]
fn tls_secrets_are_handed_on_and_others_are_not() {
    let log = b"CLIENT_RANDOM 00 11\n";
    for (kind, secrets) in [(0x544c_534b, vec![log.to_vec()]), (0x5353_484b, vec![])] {
        let file = Pcapng::new(Little);
        let mut body = file.words(&[kind, 20]);
        body.extend(log);
        assert_eq!(steps(&file.block(10, &body).bytes).secrets, secrets);
    }
}

#[test]
fn both_older_packet_blocks_are_read() {
    let file = Pcapng::new(Big).interface(1, &[]).packet(0, 77, b"enhanced");
    let simple = [&bytes_of(Big, 6)[..], b"simple\0\0"].concat();
    let obsolete = [&[0, 0, 0, 9][..], &file.words(&[0, 88, 3, 3]), b"old\0"].concat();
    let file = file.block(3, &simple).block(2, &obsolete);
    assert_eq!(
        packets(&steps(&file.bytes)),
        [(77_000, 1, 0, &b"enhanced"[..]), (77_000, 1, 0, &b"simple"[..]), (88_000, 1, 0, &b"old"[..])]
    );
}

#[test]
fn a_packet_before_its_interface_is_a_bad_block_among_good_ones() {
    let file = Pcapng::new(Little).packet(0, 1, b"early").interface(1, &[]).packet(0, 1, b"fine").packet(7, 1, b"x");
    let steps = steps(&file.bytes);
    assert_eq!((steps.packets.len(), steps.bad.len()), (1, 2));
}

#[test]
fn a_packet_longer_than_its_block_is_bad() {
    let file = Pcapng::new(Little).interface(1, &[]);
    let body = file.words(&[0, 0, 0, 500, 500]);
    assert_eq!(steps(&file.block(6, &body).bytes).bad, ["a packet longer than its block"]);
}

#[test]
fn two_different_lengths_are_damage_and_the_next_block_is_found() {
    let before = Pcapng::new(Little).interface(1, &[]).packet(0, 1, b"one");
    let damage = before.bytes.len();
    let mut file = before.packet(0, 2, b"two");
    let after = file.bytes.len();
    file = file.packet(0, 3, b"three").packet(0, 4, b"four");
    file.bytes[damage + 5] = 0x01;
    let told = steps(&file.bytes);
    assert_eq!((told.packets.len(), told.left), (1, file.bytes.len() - damage));
    let mut reader = Reader::new();
    reader.order = Little;
    assert_eq!(reader.find_intact(&file.bytes[damage..]), Some(after - damage));
}

#[test]
fn losses_of_the_last_statistics_block_count() {
    let file = Pcapng::new(Little).interface(1, &[]);
    let statistics = |dropped: u64| {
        [file.words(&[0, 0, 0]), file.options(&[(5, &dropped.to_le_bytes()), (7, &1_u64.to_le_bytes())])].concat()
    };
    let (early, late) = (statistics(3), statistics(40));
    let file = Pcapng::new(Little).interface(1, &[]).block(5, &early).block(5, &late);
    assert_eq!(steps(&file.bytes).dropped, 41);
}

#[test]
fn a_length_without_its_padding_is_read() {
    let mut file = Pcapng::new(Little).interface(1, &[]).bytes;
    let sloppy = Pcapng { bytes: Vec::new(), order: Little };
    let body = [sloppy.words(&[0, 0, 9, 3, 3]), b"abc\0".to_vec()].concat();
    let block = sloppy.block(6, &body).bytes;
    let start = file.len();
    file.extend(block);
    let end = file.len();
    for place in [start + 4, end - 4] {
        file[place] -= 1;
    }
    assert_eq!(packets(&steps(&file))[0].3, b"abc");
}
