//! Connections that outlast the patience of others: silent for hours, among clocks that lie.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use support::segment;
use wsclose_sniff::analyzer::{Analyzer, Config};
use wsclose_sniff::diagnosis::Finding;
use wsclose_sniff::packet::{LinkType, Packet, PacketRef, PointId};
use wsclose_sniff::record::Side;
use wsclose_sniff::time::Timestamp;

const REQUEST: &[u8] = b"GET /feed HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const CLOSE: &[u8] = b"\x88\x02\x03\xe9";

struct Capture {
    analyzer: Analyzer,
    packets: u64,
}

impl Capture {
    fn new() -> Self {
        Self { analyzer: Analyzer::new(Config::default()), packets: 0 }
    }

    fn push(&mut self, second: i64, data: &[u8]) {
        self.packets += 1;
        self.analyzer.push(&Packet {
            at: Timestamp::new(1_700_000_000 + second, 0),
            reference: PacketRef::new(0, self.packets),
            point: PointId(0),
            interface: 0,
            link: LinkType::RAW,
            data,
            original_len: u32::try_from(data.len()).unwrap(),
        });
    }

    fn open(&mut self) -> (u32, u32) {
        let (up, down) = (1000 + u32::try_from(REQUEST.len()).unwrap(), 9000 + u32::try_from(ANSWER.len()).unwrap());
        self.push(0, &segment(true, 1000, 9000, REQUEST, 40_000));
        self.push(0, &segment(false, 9000, up, ANSWER, 40_000));
        (up, down)
    }

    /// The only connection.
    fn finding(mut self) -> Box<Finding> {
        self.analyzer.finish();
        let finding = self.analyzer.next_finding().unwrap();
        assert!(self.analyzer.next_finding().is_none(), "one connection, one finding");
        assert_eq!(self.analyzer.statistics().flows_evicted, 0);
        finding
    }

    /// The code of the only connection.
    fn code(self) -> Option<u16> {
        self.finding().ending.code.map(|code| code.0)
    }
}

#[test]
fn twelve_hours_of_silence_end_nothing() {
    let mut capture = Capture::new();
    let (up, down) = capture.open();
    for minute in 0..720 {
        capture.push(60 * minute, &segment(true, 5, 5, b"other traffic", 50_000 + u16::try_from(minute).unwrap()));
    }
    capture.push(12 * 3600, &segment(false, down, up, CLOSE, 40_000));
    assert_eq!(capture.code(), Some(1001));
}

#[test]
fn a_handshake_is_where_it_was_however_long_the_connection_had_waited() {
    let (ask, answer) = (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n");
    for waited in [0, 1, 1098, 1100, 86_400] {
        let mut capture = Capture::new();
        let (up, down) = (1000 + u32::try_from(ask.len()).unwrap(), 9000 + u32::try_from(answer.len()).unwrap());
        capture.push(0, &segment(true, 1000, 9000, ask, 40_000));
        capture.push(0, &segment(false, 9000, up, answer, 40_000));
        capture.push(waited, &segment(true, up, down, REQUEST, 40_000));
        capture.push(waited + 1, &segment(false, down, up + u32::try_from(REQUEST.len()).unwrap(), ANSWER, 40_000));
        let handshake = capture.finding().record.handshake;
        let told = [handshake.asked_mark, handshake.answered_mark].map(|mark| mark.map(|mark| (mark.at, mark.packet)));
        let at = |second| Timestamp::new(1_700_000_000 + waited + second, 0);
        assert_eq!(told, [Some((at(0), PacketRef::new(0, 3))), Some((at(1), PacketRef::new(0, 4)))], "{waited} s");
    }
}

#[test]
fn pings_of_either_side_are_its_own() {
    let mut capture = Capture::new();
    let (mut up, mut down) = capture.open();
    // Masked with a key of zeros. The server is asked second, is not answered, and answers.
    let from_client = [&b"\x89\x81\0\0\0\0a"[..], b"\x89\x81\0\0\0\0b", b"\x89\x81\0\0\0\0c"];
    let from_server = [&b"\x8a\x01a"[..], b"\x89\x01x", b"\x8a\x01b"];
    for (second, (client, server)) in (1..).zip(from_client.into_iter().zip(from_server)) {
        capture.push(second, &segment(true, up, down, client, 40_000));
        up += u32::try_from(client.len()).unwrap();
        capture.push(second, &segment(false, down, up, server, 40_000));
        down += u32::try_from(server.len()).unwrap();
    }
    let record = capture.finding().record;
    let pings = |side| {
        let pings = &record.side(side).pings;
        (pings.sent(), pings.unanswered(), pings.unanswered_since().map(|when| when.packet.number()))
    };
    assert_eq!(pings(Side::Client), (3, 1, Some(7)));
    assert_eq!(pings(Side::Server), (1, 1, Some(6)));
    assert_eq!((record.side(Side::Client).pongs, record.side(Side::Server).pongs), (0, 2));
}

#[test]
fn one_packet_from_the_future_ends_nothing() {
    let mut capture = Capture::new();
    let (up, down) = capture.open();
    capture.push(10 * 365 * 86_400, &segment(true, 5, 5, b"from the future", 50_000));
    capture.push(1, &segment(false, down, up, CLOSE, 40_000));
    assert_eq!(capture.code(), Some(1001));
}

#[test]
fn a_clock_that_steps_back_changes_nothing() {
    let mut capture = Capture::new();
    let (up, down) = capture.open();
    capture.push(-7200, &segment(false, down, up, b"\x81\x02ok", 40_000));
    capture.push(-7199, &segment(false, down + 4, up, CLOSE, 40_000));
    assert_eq!(capture.code(), Some(1001));
}

#[test]
fn sequence_numbers_wrap_around() {
    let mut capture = Capture::new();
    let start = u32::MAX - 20;
    let down = start.wrapping_add(u32::try_from(ANSWER.len()).unwrap());
    capture.push(0, &segment(true, 1000, start, REQUEST, 40_000));
    capture.push(0, &segment(false, start, 1000 + u32::try_from(REQUEST.len()).unwrap(), ANSWER, 40_000));
    capture.push(1, &segment(false, down, 1200, CLOSE, 40_000));
    assert_eq!(capture.code(), Some(1001));
}
