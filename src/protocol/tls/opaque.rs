//! Records that cannot be read, noted from outside: sizes, order and times, bounded.
//!
//! Given each protected record as it goes by, keeps what tells a WebSocket and its closing handshake from other uses of
//! TLS. Judges nothing: that is `record`'s business. Without the hellos the sizes mean nothing, and nothing is noted.

use super::session::Session;
use crate::event::Mark;
use crate::event::tls::{OpaqueFacts, SealedCounts, SealedRecord};
use crate::limits::{TLS_FIRST_RECORDS, TLS_LAST_RECORDS};
use crate::packet::{ByDir, Dir};
use crate::wire::tls::{ContentType, RecordHeader, Version};

/// Shortest masked frame: 2 bytes of header, 4 of key (RFC 6455 §5.2).
const MASKED_FRAME: usize = 6;
/// A KeyUpdate: 4 bytes of header, 1 of content.
const KEY_UPDATE: usize = 5;
/// Longer than pongs and the frames of small messages, shorter than any HTTP request: `GET / HTTP/1.1` and Host are 27.
const SMALL: usize = 25;
/// From here on a record of the client may be a request as libraries and browsers write them.
const REQUEST: usize = 130;
/// Longest control frame of a server: 2 bytes of header, 125 of payload (RFC 6455 §5.5).
const CONTROL_FRAME: usize = 127;

/// Notes records.
#[derive(Debug)]
pub(super) struct Opaque {
    facts: OpaqueFacts,
    /// Place in `facts.last` of the oldest.
    oldest: usize,
    previous: Option<SealedRecord>,
    /// A record as long as a request went by: before it there is only the handshake.
    asked: bool,
    /// Turns of the client since then that began with a small record.
    small_turns: u32,
    /// The client's last record was too short for a frame.
    short: bool,
}

impl Opaque {
    /// For a session whose hellos were seen.
    pub(super) fn new(session: &Session) -> Option<Self> {
        let facts = OpaqueFacts {
            client: session.client?,
            version: session.version?,
            suite: session.suite?,
            encrypt_then_mac: session.encrypt_then_mac,
            offers_h2: session.offers_h2,
            first: ByDir::default(),
            last: Vec::new(),
            counts: ByDir([SealedCounts::default(); 2]),
            small_turns: 0,
            masked_pairs: 0,
            too_short: 0,
            holed: false,
        };
        Some(Self { facts, oldest: 0, previous: None, asked: false, small_turns: 0, short: false })
    }

    /// A record goes by.
    pub(super) fn note(&mut self, dir: Dir, header: RecordHeader, mark: Mark) {
        let content_type = header.content_type;
        let record = SealedRecord { at: mark.at, packet: mark.packet, dir, content_type, len: header.len };
        let facts = &mut self.facts;
        facts.counts[dir].records += 1;
        facts.counts[dir].bytes += u64::from(header.len);
        if facts.first[dir].len() < TLS_FIRST_RECORDS {
            facts.first[dir].push(record);
        }
        if content_type == ContentType::APPLICATION_DATA {
            self.compare(&record);
        }
        let facts = &mut self.facts;
        if facts.last.len() < TLS_LAST_RECORDS {
            facts.last.push(record);
        } else if let Some(oldest) = facts.last.get_mut(self.oldest) {
            *oldest = record;
            self.oldest = (self.oldest + 1) % TLS_LAST_RECORDS;
        }
        self.previous = Some(record);
    }

    /// Records are missing: neighbours are no neighbours any more.
    pub(super) fn note_hole(&mut self) {
        self.facts.holed = true;
        self.previous = None;
        self.small_turns = 0;
    }

    /// What is known so far, the last records in order.
    pub(super) fn facts(&self) -> OpaqueFacts {
        let mut facts = self.facts.clone();
        facts.last.rotate_left(self.oldest.min(self.facts.last.len()));
        facts
    }

    fn compare(&mut self, record: &SealedRecord) {
        let facts = &mut self.facts;
        let Some(content) = facts.content_len(record) else { return };
        // A KeyUpdate (RFC 8446 §4.6.3): no frame of a client is so short.
        if facts.version >= Version::TLS_1_3 && record.dir == facts.client && *content.end() == KEY_UPDATE {
            return;
        }
        let previous = self.previous.filter(|previous| previous.content_type == ContentType::APPLICATION_DATA);
        let answers = previous.is_some_and(|previous| previous.dir != record.dir);
        if record.dir == facts.client {
            facts.too_short += u32::from(std::mem::replace(&mut self.short, *content.end() < MASKED_FRAME));
            // A request has one body, in its own turn or in one more (100 Continue); frames go on and on.
            if *content.end() >= REQUEST {
                self.asked = true;
                self.small_turns = 0;
            } else if self.asked && answers && (MASKED_FRAME..=SMALL).contains(content.end()) {
                self.small_turns += 1;
                facts.small_turns = facts.small_turns.max(self.small_turns);
            }
        }
        let Some(other) = previous.filter(|_| answers).and_then(|previous| facts.content_len(&previous)) else {
            return;
        };
        let (client, server) = if record.dir == facts.client { (content, other) } else { (other, content) };
        let exact = client.start() == client.end() && server.start() == server.end();
        if exact && self.asked && (2..=CONTROL_FRAME).contains(server.end()) && *client.end() == server.end() + 4 {
            facts.masked_pairs += 1;
        }
    }
}
