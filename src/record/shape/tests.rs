//! Connections as their sizes and times: milliseconds, who sent, length of the content.

use super::*;
use crate::event::tls::SealedCounts;
use crate::packet::PacketRef;
use crate::wire::tls::CipherSuite;

const CLIENT: Dir = Dir::Forward;
const SERVER: Dir = Dir::Reverse;

/// The handshake of TLS 1.3, two tickets, a request and its 101.
const OPENING: [(i64, Dir, u16); 9] = [
    (1, SERVER, 6),
    (1, SERVER, 881),
    (1, SERVER, 264),
    (1, SERVER, 52),
    (2, CLIENT, 52),
    (2, CLIENT, 275),
    (3, SERVER, 265),
    (3, SERVER, 265),
    (4, SERVER, 129),
];

fn facts(records: &[(i64, Dir, u16)], masked_pairs: u32, small_turns: u32) -> OpaqueFacts {
    let sealed: Vec<SealedRecord> = records
        .iter()
        .map(|(ms, dir, content)| SealedRecord {
            at: Timestamp(ms * 1_000_000),
            packet: PacketRef::new(0, 1),
            dir: *dir,
            content_type: ContentType::APPLICATION_DATA,
            len: content + 17,
        })
        .collect();
    let of = |dir: Dir| sealed.iter().filter(|record| record.dir == dir).take(8).copied().collect();
    OpaqueFacts {
        client: CLIENT,
        version: Version::TLS_1_3,
        suite: CipherSuite(0x1301),
        encrypt_then_mac: false,
        offers_h2: false,
        first: ByDir(Dir::BOTH.map(of)),
        last: sealed[sealed.len().saturating_sub(16)..].to_vec(),
        counts: ByDir([SealedCounts::default(); 2]),
        small_turns,
        masked_pairs,
        too_short: 0,
        holed: false,
    }
}

/// How it was closed: after the opening come these records, then FIN of `by` at `end` (None: it goes on).
fn closing(records: &[(i64, Dir, u16)], end: Option<(i64, Dir)>) -> (ClosingHandshake, Option<Dir>) {
    let mut ends = ByDir([None; 2]);
    if let Some((ms, by)) = end {
        ends[by] = Some(Timestamp(ms * 1_000_000));
    }
    let shape = shape(&facts(&[&OPENING, records].concat(), 2, 2), &ends);
    assert_eq!(shape.handshake, HandshakeShape::Completed);
    assert_eq!(shape.websocket, Some(0.9));
    (shape.close_handshake, shape.initiator)
}

#[test]
fn closing_handshakes() {
    let complete = |by: Dir| (ClosingHandshake::Complete, Some(by));
    // `hello` and its echo, a Close with a reason of 7 bytes and its echo, close_notify.
    let talk = [(10, CLIENT, 11), (11, SERVER, 7)];
    let client = [(500, CLIENT, 15), (501, SERVER, 11), (502, SERVER, 2)];
    assert_eq!(closing(&[talk.as_slice(), &client].concat(), Some((503, SERVER))), complete(CLIENT));
    let server = [(500, SERVER, 11), (501, CLIENT, 15), (502, SERVER, 2)];
    assert_eq!(closing(&[talk.as_slice(), &server].concat(), Some((503, SERVER))), complete(SERVER));
    // Answered with the code alone; a message was still on its way.
    let code_only = [(500, CLIENT, 15), (500, SERVER, 30), (501, SERVER, 4)];
    assert_eq!(closing(&code_only, Some((502, SERVER))), complete(CLIENT));
    // Empty ones: the server's echo looks like a close_notify.
    assert_eq!(closing(&[(500, CLIENT, 6), (501, SERVER, 2)], Some((502, SERVER))), complete(CLIENT));
    assert_eq!(closing(&[(500, SERVER, 2), (501, CLIENT, 6), (502, SERVER, 2)], Some((503, SERVER))), complete(SERVER));
}

#[test]
fn ends_without_one() {
    let none = |by: Dir| (ClosingHandshake::None, Some(by));
    // An echo like all the others, and a bare FIN 20 ms later.
    let echo: Vec<_> = (0..6).flat_map(|at| [(at * 80 + 10, CLIENT, 9), (at * 80 + 11, SERVER, 5)]).collect();
    assert_eq!(closing(&echo, Some((435, SERVER))), none(SERVER));
    // One more of a server's many messages.
    let feed: Vec<_> = (0..9).map(|at| (at * 50 + 10, SERVER, 30)).collect();
    assert_eq!(closing(&feed, Some((420, CLIENT))), none(CLIENT));
    // Silence, then a proxy's close_notify and FIN.
    let silent = [(10, CLIENT, 40), (11, SERVER, 90), (60_000, SERVER, 2)];
    assert_eq!(closing(&silent, Some((60_001, SERVER))), none(SERVER));
}

#[test]
fn what_cannot_be_told_is_not() {
    let untold = (ClosingHandshake::Unknown, None);
    assert_eq!(closing(&[(10, CLIENT, 11), (11, SERVER, 7)], None), untold);
    // One small message right before the end may have been a Close, or not.
    assert_eq!(closing(&[(10, CLIENT, 11), (11, SERVER, 7), (500, CLIENT, 20)], Some((510, SERVER))), untold);
    // An empty ping while the connection goes on.
    assert_eq!(closing(&[(10, CLIENT, 11), (11, SERVER, 7), (5000, SERVER, 2)], None), untold);
    let timeout = [(10, SERVER, 6), (11, CLIENT, 10), (20_000, SERVER, 26), (20_000, SERVER, 2)];
    assert_eq!(closing(&timeout, None), (ClosingHandshake::OneSided, Some(SERVER)));
}

#[test]
fn no_claim_on_https() {
    let claim =
        |records: &[(i64, Dir, u16)], pairs, turns| shape(&facts(records, pairs, turns), &ByDir([None; 2])).websocket;
    // Requests and answers.
    assert_eq!(claim(&[&OPENING[..], &[(50, CLIENT, 275), (51, SERVER, 300)]].concat(), 0, 0), None);
    // A body that waited for 100 Continue, twice: each is alone between requests.
    assert_eq!(claim(&OPENING, 0, 1), None);
    let mut continued = OPENING[..8].to_vec();
    continued.extend([(4, SERVER, 25), (5, CLIENT, 20), (6, SERVER, 200)]);
    assert_eq!(claim(&continued, 0, 2), None);
    // The same sizes as a WebSocket, and a client that offers HTTP/2 or sends what no masked frame can be.
    let offers = OpaqueFacts { offers_h2: true, ..facts(&OPENING, 5, 5) };
    let short = OpaqueFacts { too_short: 1, ..facts(&OPENING, 5, 5) };
    for facts in [offers, short] {
        assert_eq!(shape(&facts, &ByDir([None; 2])).websocket, None);
    }
}

#[test]
fn handshakes_that_failed() {
    let of = |records: &[(i64, Dir, u16)]| handshake(&facts(records, 0, 0));
    assert_eq!(of(&OPENING[..4]), HandshakeShape::AbandonedByClient);
    assert_eq!(of(&[&OPENING[..4], &[(5, CLIENT, 2)]].concat()), HandshakeShape::RejectedByClient);
    assert_eq!(of(&OPENING[..5]), HandshakeShape::Completed);
}
