//! A TLS connection that could not be read, judged from outside: is it a WebSocket, and how was it closed?
//!
//! Given the sizes, order and times of its records and when TCP ended, says what they speak for. A masked Close is 4 bytes
//! longer than its unmasked echo, a request for a WebSocket and its 101 have their sizes, and frames may be smaller than
//! any request. Careful: where another use of TLS could look the same, nothing is claimed.

mod closing;

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
}

#[cfg(test)]
mod tests;
