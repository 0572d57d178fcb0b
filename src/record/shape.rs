//! A TLS connection that could not be read, judged from outside: is it a WebSocket, and how was it closed?
//!
//! Given the sizes, order and times of its records and when TCP ended, says what they speak for. A masked Close is 4 bytes
//! longer than its unmasked echo, a request for a WebSocket and its 101 have their sizes, and frames may be smaller than
//! any request. Careful: where another use of TLS could look the same, nothing is claimed.

use std::time::Duration;

use super::ClosingHandshake;
use crate::event::tls::{OpaqueFacts, SealedRecord};
use crate::packet::{ByDir, Dir};
use crate::time::Timestamp;
use crate::wire::tls::{ContentType, Version};

/// A request for a WebSocket: `GET / HTTP/1.1`, Host and the four fields of RFC 6455 §4.1 are 150 bytes.
const REQUEST_BYTES: std::ops::RangeInclusive<usize> = 130..=8192;
/// A 101: its status line and the three fields of RFC 6455 §4.2.2 are 129 bytes; servers add a few.
const ANSWER_BYTES: std::ops::RangeInclusive<usize> = 125..=800;
/// A NewSessionTicket.
const TICKET_BYTES: std::ops::RangeInclusive<usize> = 60..=4096;
/// A Finished message: 4 bytes of header and the hash (RFC 8446 §4.4.4).
const FINISHED_BYTES: [usize; 2] = [36, 52];
/// An alert (RFC 8446 §6).
const ALERT_BYTES: usize = 2;
/// A Close with a code and no reason, from the server; the client's is 4 longer.
const BARE_CLOSE: usize = 4;
/// `keepalive ping timeout` (22 bytes), the reason that a widespread library gives with 1011.
const PING_TIMEOUT_CLOSE: usize = 26;
/// Length of a masking key (RFC 6455 §5.2).
const KEY: usize = 4;
/// Longest frame of a Close (RFC 6455 §5.5), from the server.
const CLOSE_MAX: usize = 127;
/// After the last frame of a closing handshake TCP ends at once: one side's work, or a round trip.
const PROMPT: Duration = Duration::from_millis(60);

/// What a connection looks like from outside.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Shape {
    /// It is probably a WebSocket: how probably, from 0.5 on. None: nothing is claimed.
    pub websocket: Option<f64>,
    /// How much of the closing handshake took place.
    pub close_handshake: ClosingHandshake,
    /// How sure that is, from 0 to 1.
    pub confidence: f64,
    /// Who sent the first Close, or ended the connection without one.
    pub initiator: Option<Dir>,
    /// How the TLS handshake went.
    pub handshake: HandshakeShape,
}

/// How a TLS handshake went, as far as sizes tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HandshakeShape {
    /// It was completed.
    Completed,
    /// The client sent an alert instead of its Finished: it rejected the certificate, or what came with it.
    RejectedByClient,
    /// The server showed its certificate, and the client answered nothing protected.
    AbandonedByClient,
    /// The records do not tell.
    Unknown,
}

/// When a direction ended: its FIN or RST.
pub type Ends = ByDir<Option<Timestamp>>;

/// How the TLS handshake went.
pub fn handshake(facts: &OpaqueFacts) -> HandshakeShape {
    View { facts }.handshake()
}

/// Judges a connection from outside.
pub fn shape(facts: &OpaqueFacts, ends: &Ends) -> Shape {
    let seen = View { facts };
    let handshake = seen.handshake();
    let websocket = seen.websocket(handshake);
    let (close_handshake, confidence, initiator) = seen.closing(ends);
    Shape { websocket, close_handshake, confidence, initiator, handshake }
}

/// What stands at the end of the records.
type Closing = (ClosingHandshake, f64, Option<Dir>);

const UNTOLD: Closing = (ClosingHandshake::Unknown, 0.0, None);

struct View<'f> {
    facts: &'f OpaqueFacts,
}

impl View<'_> {
    /// Content length where it is exact: with an AEAD.
    fn exact(&self, record: &SealedRecord) -> Option<usize> {
        self.facts.content_len(record).filter(|range| range.start() == range.end()).map(|range| *range.end())
    }

    fn may_have(&self, record: &SealedRecord, sizes: &std::ops::RangeInclusive<usize>) -> bool {
        self.facts
            .content_len(record)
            .is_some_and(|content| content.end() >= sizes.start() && content.start() <= sizes.end())
    }

    fn is_data(&self, record: &SealedRecord) -> bool {
        record.content_type == ContentType::APPLICATION_DATA
    }

    fn handshake(&self) -> HandshakeShape {
        let first = &self.facts.first[self.facts.client];
        if first.is_empty() && !self.facts.holed {
            return HandshakeShape::AbandonedByClient;
        }
        if self.facts.version < Version::TLS_1_3 {
            return match first.first() {
                Some(record) if record.content_type == ContentType::HANDSHAKE => HandshakeShape::Completed,
                Some(record) if record.content_type == ContentType::ALERT => HandshakeShape::RejectedByClient,
                _ => HandshakeShape::Unknown,
            };
        }
        match first.first().and_then(|record| self.exact(record)) {
            Some(len) if FINISHED_BYTES.contains(&len) => HandshakeShape::Completed,
            Some(ALERT_BYTES) => HandshakeShape::RejectedByClient,
            // A client certificate, or early data, goes before its Finished.
            Some(_) if first.iter().take(4).any(|record| self.is_finished(record)) => HandshakeShape::Completed,
            _ => HandshakeShape::Unknown,
        }
    }

    fn is_finished(&self, record: &SealedRecord) -> bool {
        self.exact(record).is_some_and(|len| FINISHED_BYTES.contains(&len))
    }

    /// The client's first records of application data, its handshake left out.
    fn client_data(&self) -> &[SealedRecord] {
        let first = &self.facts.first[self.facts.client];
        let start = if self.facts.version < Version::TLS_1_3 {
            first.iter().position(|record| self.is_data(record))
        } else {
            first.iter().take(4).position(|record| self.is_finished(record)).map(|at| at + 1)
        };
        start.and_then(|start| first.get(start..)).unwrap_or_default()
    }

    /// The server's first records after the request came, tickets left out.
    fn server_data(&self, request: &SealedRecord) -> &[SealedRecord] {
        let first = &self.facts.first[self.facts.client.opposite()];
        let tls13 = self.facts.version >= Version::TLS_1_3;
        let finished = self.facts.first[self.facts.client].first().map_or(request.at, |record| record.at);
        let start = first.iter().position(|record| self.is_data(record) && (!tls13 || record.at >= finished));
        let data = start.and_then(|start| first.get(start..)).unwrap_or_default();
        if !tls13 {
            return data;
        }
        // NewSessionTickets (RFC 8446 §4.6.1): several have one size; a single one goes before an answer that fits.
        match data {
            [one, two, rest @ ..] if one.len == two.len => rest,
            [ticket, answer, ..] if self.may_have(ticket, &TICKET_BYTES) && self.may_have(answer, &ANSWER_BYTES) => {
                data.get(1..).unwrap_or_default()
            }
            _ => data,
        }
    }

    fn websocket(&self, handshake: HandshakeShape) -> Option<f64> {
        let facts = self.facts;
        // RFC 8441 runs WebSockets over HTTP/2, but a client that may speak it nearly always fetches pages.
        if handshake != HandshakeShape::Completed || facts.offers_h2 || facts.too_short > 0 {
            return None;
        }
        let [request, sent @ ..] = self.client_data() else { return None };
        let answer = self.server_data(request).first()?;
        // RFC 6455 §4.1: no frame before the answer. A body that waited for 100 Continue comes before it.
        let in_turn = sent.first().is_none_or(|frame| answer.at <= frame.at);
        if !in_turn || !self.may_have(request, &REQUEST_BYTES) || !self.may_have(answer, &ANSWER_BYTES) {
            return None;
        }
        match (facts.masked_pairs, facts.small_turns) {
            (0, 2..) => Some(0.7),
            (1, 1..) => Some(0.8),
            (2.., 1..) => Some(0.9),
            (3.., 0) => Some(0.6),
            (0, 0 | 1) | (1 | 2, 0) => None,
        }
    }

    fn closing(&self, ends: &Ends) -> Closing {
        let (data, notified) = self.data_and_alert();
        let end = Dir::BOTH.iter().filter_map(|dir| Some((ends[*dir]?, *dir))).min();
        // An alert that answers the end of TCP tells nothing of how it came to that.
        let notified = notified.filter(|alert| end.is_none_or(|(at, _)| alert.at <= at));
        let over = end.is_some();
        let Some((end, by)) = notified.map(|alert| (alert.at, alert.dir)).or(end) else { return UNTOLD };
        let Some(last) = data.last() else { return UNTOLD };
        let closing = self.closing_of(&data, last, notified.is_some(), end, by);
        // What looks like an alert may be a ping without payload while the connection goes on.
        if !over && matches!(closing.0, ClosingHandshake::None) { UNTOLD } else { closing }
    }

    fn closing_of(
        &self,
        data: &[SealedRecord],
        last: &SealedRecord,
        notified: bool,
        end: Timestamp,
        by: Dir,
    ) -> Closing {
        // Messages that were on their way go before the answer; what the other side sent last must be its Close.
        let before = data.iter().rev().find(|before| before.dir != last.dir);
        if let Some(before) = before
            && let Some(sure) = self.closing_pair(before, last)
        {
            let answer_took = last.at.since(before.at);
            let prompt = end.since(last.at) <= PROMPT + answer_took * 3;
            let usual = self.pairs_like(data, before, last);
            return match (prompt, usual, notified) {
                _ if sure < 0.5 => UNTOLD,
                (_, _, false) if sure < 0.7 => UNTOLD,
                (true, 0, _) => (ClosingHandshake::Complete, sure, Some(before.dir)),
                (true, _, true) => (ClosingHandshake::Complete, sure - 0.1, Some(before.dir)),
                // One echo like all the others, and TCP ended without a word: somebody was killed.
                (true, 2.., false) => (ClosingHandshake::None, 0.6, Some(by)),
                (true, _, false) => UNTOLD,
                (false, ..) => self.closing_by_time(last, end, by),
            };
        }
        let like_it = data.iter().filter(|record| record.dir == last.dir && record.len == last.len).count();
        if like_it > 3 {
            // One more of many.
            return (ClosingHandshake::None, 0.7, Some(by));
        }
        let bare = |server: usize| self.size_as_server(last) == Some(server);
        if bare(PING_TIMEOUT_CLOSE) && last.dir != self.facts.client {
            return (ClosingHandshake::OneSided, 0.8, Some(last.dir));
        }
        if bare(BARE_CLOSE) || bare(ALERT_BYTES) {
            let prompt = end.since(last.at) <= PROMPT;
            return if prompt && notified {
                (ClosingHandshake::OneSided, 0.6, Some(last.dir))
            } else if prompt {
                UNTOLD
            } else {
                self.closing_by_time(last, end, by)
            };
        }
        self.closing_by_time(last, end, by)
    }

    /// Nothing like a Close was sent right before the end: there was none.
    fn closing_by_time(&self, last: &SealedRecord, end: Timestamp, by: Dir) -> Closing {
        let silence = end.since(last.at);
        let long = self.may_have(last, &(CLOSE_MAX + KEY + 1..=usize::MAX));
        match silence {
            // Longer than a Close can be, and nothing after it.
            _ if long && self.exact(last).is_some() => (ClosingHandshake::None, 0.8, Some(by)),
            _ if silence < Duration::from_millis(500) => UNTOLD,
            // Libraries wait for the echo of a Close, most for 10 s, 20 s or 30 s.
            _ if silence >= Duration::from_secs(5) && self.may_be_bare(last) => UNTOLD,
            _ => (ClosingHandshake::None, 0.75, Some(by)),
        }
    }

    fn may_be_bare(&self, record: &SealedRecord) -> bool {
        let key = if record.dir == self.facts.client { KEY } else { 0 };
        self.may_have(record, &(BARE_CLOSE + key..=BARE_CLOSE + key))
    }

    /// The records of application data at the end, and the first close_notify.
    fn data_and_alert(&self) -> (Vec<SealedRecord>, Option<SealedRecord>) {
        let mut data: Vec<SealedRecord> =
            self.facts.last.iter().copied().filter(|record| self.is_data(record)).collect();
        if self.facts.version < Version::TLS_1_3 {
            let mut records = self.facts.last.iter().rev();
            let alert = records.by_ref().take_while(|record| record.content_type == ContentType::ALERT).last();
            return (data, alert.copied());
        }
        // TLS 1.3 hides alerts among the data: two bytes, the last that a side sends. A server's could be an empty Close
        // as well, and is taken for one where another such record follows it.
        let mut alert = None;
        let mut taken = ByDir([false; 2]);
        while let Some(last) = data.last().copied() {
            if self.exact(&last) != Some(ALERT_BYTES) || std::mem::replace(&mut taken[last.dir], true) {
                break;
            }
            // Unless it answers an empty Close of the client, and is one itself.
            if let [.., start, SealedRecord { dir, .. }, _] = data.as_slice()
                && last.dir != self.facts.client
                && *dir == self.facts.client
                && data.len() >= 2
                && data.get(data.len() - 2).and_then(|close| self.exact(close)) == Some(ALERT_BYTES + KEY)
                && !(start.dir == last.dir && self.exact(start) == Some(ALERT_BYTES))
            {
                break;
            }
            alert = Some(last);
            data.pop();
        }
        (data, alert)
    }

    /// How sure these two are a Close and its answer.
    fn closing_pair(&self, first: &SealedRecord, answer: &SealedRecord) -> Option<f64> {
        if self.exact(first).is_none() {
            // CBC hides the key: both are as short as a Close can be, and no more can be said.
            let may_be = |record| self.may_have(record, &(2..=CLOSE_MAX));
            return (may_be(first) && may_be(answer)).then_some(0.6);
        }
        let (first, second) = (self.size_as_server(first)?, self.size_as_server(answer)?);
        // RFC 6455 §5.5.1: a body is empty, or begins with a code of 2 bytes.
        let close = |size: usize| size == 2 || (BARE_CLOSE..=CLOSE_MAX).contains(&size);
        if !close(first) || !close(second) {
            return None;
        }
        match first == second {
            // The usual answer repeats the code; most repeat the reason too.
            true => Some(0.9),
            false if second == BARE_CLOSE => Some(0.8),
            false => None,
        }
    }

    /// Length of the frame that fills `record`, without the client's masking key.
    fn size_as_server(&self, record: &SealedRecord) -> Option<usize> {
        let key = if record.dir == self.facts.client { KEY } else { 0 };
        self.exact(record)?.checked_sub(key)
    }

    /// Earlier pairs with the sizes of the last one: an echo, or pings and pongs.
    fn pairs_like(&self, data: &[SealedRecord], before: &SealedRecord, last: &SealedRecord) -> usize {
        let earlier = data.get(..data.len().saturating_sub(2)).unwrap_or_default();
        let same = |a: &SealedRecord, b: &SealedRecord| a.dir == b.dir && a.len == b.len;
        earlier.windows(2).filter(|pair| matches!(pair, [a, b] if same(a, before) && same(b, last))).count()
    }
}
