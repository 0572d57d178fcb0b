//! Segments as they come, bytes in order: one direction's stream put together again.

use super::*;
use crate::packet::{Endpoint, Flags, FlowKey, PacketRef, PointId, TCP_HEADER_LEN};
use crate::time::Timestamp;

/// A segment of the client (`Forward`) or the server, one millisecond after the one before.
fn segment(number: u64, dir: Dir, seq: u32, ack: u32, flags: u8, payload: &[u8]) -> Segment<'_> {
    let (key, _) = FlowKey::new(Endpoint::v4([10, 0, 0, 1], 50_000), Endpoint::v4([10, 0, 0, 2], 80), PointId(0));
    Segment {
        key,
        dir,
        at: Timestamp(i64::try_from(number).unwrap() * 1_000_000),
        packet: PacketRef::new(0, number),
        interface: 0,
        header: Box::leak(Box::new(header(seq, ack, flags | Flags::ACK))),
        options_len: 0,
        payload,
        payload_len: u32::try_from(payload.len()).unwrap(),
        ttl: 64,
        ip_id: Some(u16::try_from(number).unwrap()),
    }
}

fn tcp() -> Tcp {
    Tcp::new(When { at: Timestamp(0), packet: PacketRef::new(0, 1) })
}

fn header(seq: u32, ack: u32, flags: u8) -> [u8; TCP_HEADER_LEN] {
    let mut header = [0; TCP_HEADER_LEN];
    header[4..8].copy_from_slice(&seq.to_be_bytes());
    header[8..12].copy_from_slice(&ack.to_be_bytes());
    header[12..16].copy_from_slice(&[5 << 4, flags, 3, 232]);
    header
}

/// What the client's direction lends: its bytes, and `<n>` for n missing ones.
fn told(segments: &[Segment<'_>]) -> String {
    let mut tcp = tcp();
    let mut told = String::new();
    let mut tell = |dir: Dir, chunk: Chunk<'_>| {
        match chunk.content {
            Content::Data(bytes) if dir == Dir::Forward => told.push_str(std::str::from_utf8(&bytes).unwrap()),
            Content::Gap(bytes) if dir == Dir::Forward => told.push_str(&format!("<{bytes}>")),
            _ => {}
        };
    };
    for segment in segments {
        if let Some(mark) = tcp.accept_next(segment) {
            tell(segment.dir, Chunk { mark, content: Content::Data(segment.payload.into()) });
            continue;
        }
        let mut arrival = tcp.accept(segment);
        while let Some(chunk) = tcp.lend(segment, &mut arrival) {
            tell(segment.dir, chunk);
        }
        while let Some((dir, chunk)) = tcp.next_late(segment) {
            tell(dir, chunk);
        }
    }
    let last = segments.last().unwrap();
    let end = Mark { at: last.at, packet: last.packet, seq: 0, acked: None };
    while let Some((dir, chunk)) = tcp.next_chunk_at_end(end) {
        tell(dir, chunk);
    }
    told
}

fn client(number: u64, seq: u32, payload: &[u8]) -> Segment<'_> {
    segment(number, Dir::Forward, seq, 1, 0, payload)
}

#[test]
fn early_late_twice_and_overlapping() {
    let told =
        told(&[client(1, 100, b"ab"), client(2, 104, b"ef"), client(3, 102, b"cd"), client(4, 100, b"abcdefgh")]);
    assert_eq!(told, "abcdefgh");
}

#[test]
fn sequence_numbers_wrap() {
    assert_eq!(told(&[client(1, u32::MAX - 1, b"ab"), client(2, 2, b"ef"), client(3, 0, b"cd")]), "abcdef");
}

#[test]
fn a_hole_is_said_and_a_fin_proves_what_is_missing_at_the_end() {
    let fin = segment(3, Dir::Forward, 110, 1, Flags::FIN, b"");
    assert_eq!(told(&[client(1, 100, b"ab"), client(2, 105, b"f"), fin]), "ab<3>f<4>");
}

#[test]
fn a_keep_alive_is_no_byte() {
    assert_eq!(told(&[client(1, 100, b"ab"), client(2, 101, b"b"), client(3, 102, b"c")]), "abc");
}

#[test]
fn what_the_snaplen_cut_off_is_missing() {
    let cut = Segment { payload_len: 5, ..client(1, 100, b"ab") };
    assert_eq!(told(&[cut, client(2, 105, b"f")]), "ab<3>f");
}

#[test]
fn a_reset_that_the_other_side_does_not_heed_is_void() {
    let mut tcp = tcp();
    let reset = segment(2, Dir::Forward, 9_000_000, 1, Flags::RST, b"");
    let server = segment(4, Dir::Reverse, 1, 104, 0, b"x");
    for segment in [client(1, 100, b"ab"), reset, client(3, 102, b"cd"), server] {
        tcp.accept(&segment);
    }
    assert!(!tcp.is_reset());
    assert_eq!(tcp.seldom(Dir::Forward).void_resets, 1);
}
