//! One direction of TLS: where its reader stands, which keys are in force, and what is missing.

use super::keys::Secret;
use super::opener::Opener;
use crate::event::Mark;
use crate::limits::{TLS_LOST_RECORDS, TLS_MESSAGE_BYTES};
use crate::wire::tls::{HANDSHAKE_HEADER_BYTES, HandshakeType, RecordHeader, parse_handshake_header};

/// Which keys protect a direction's records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Epoch {
    /// None.
    Plain,
    /// TLS 1.3: those of early data.
    Early,
    /// TLS 1.3: those of the handshake.
    Handshake,
    /// TLS 1.3: those of the application, after so many KeyUpdates.
    Application(u32),
    /// TLS 1.2 and below: those agreed on before ChangeCipherSpec.
    Legacy,
}

impl Epoch {
    /// Epochs that may follow, nearest first: the messages that say so may be missing, or their keys.
    pub(super) fn followers(self) -> &'static [Self] {
        match self {
            Self::Early => &[Self::Handshake, Self::Application(0)],
            Self::Handshake => &[Self::Application(0)],
            Self::Plain | Self::Application(_) | Self::Legacy => &[],
        }
    }

    /// Application data flows, or may flow, with these keys.
    pub(super) fn carries_data(self) -> bool {
        matches!(self, Self::Application(_) | Self::Legacy | Self::Early)
    }
}

/// Where the reader of a direction stands.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum Reading {
    /// At a record, or within one whose beginning is in `pending`.
    #[default]
    Records,
    /// Within a record that is not wanted, or not whole: so many bytes of it follow.
    Skipping(usize),
    /// Record boundaries are lost: the next is looked for, `pending` holds what may be one.
    Searching,
    /// No TLS: nothing is read.
    Foreign,
}

/// What is known to be missing before the next record, in terms of the content.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Hole {
    /// Bytes of content, of records whose header was seen.
    pub content: u64,
    /// How many such records.
    pub records: u64,
    /// Bytes of the stream whose records were not seen.
    pub swallowed: u64,
    /// The beginning of the stream, or records that were not looked at, may be missing too.
    pub unknown: bool,
}

/// A record held until its keys can be known.
#[derive(Debug)]
pub(super) struct HeldRecord {
    pub mark: Mark,
    pub header: RecordHeader,
    pub body: Vec<u8>,
}

/// One direction.
#[derive(Debug)]
pub(super) struct Half {
    pub reading: Reading,
    /// The beginning of a record, its header included.
    pub pending: Vec<u8>,
    /// A record was read.
    pub started: bool,
    pub epoch: Epoch,
    pub opener: Option<Opener>,
    /// The traffic secret in force, for the next KeyUpdate.
    pub secret: Option<Secret>,
    /// Sequence number of the next record.
    pub seq: u64,
    /// So many records more may have gone by unseen.
    pub slack: u64,
    pub hole: Hole,
    /// Records in a row that did not authenticate.
    pub failures: u32,
    /// A record with application data was opened.
    pub decrypted: bool,
    /// No keys fit as long as the key log is of this generation.
    pub hopeless: Option<u64>,
    pub backlog: Vec<HeldRecord>,
    pub backlog_bytes: usize,
    /// The beginning of a handshake message.
    messages: Vec<u8>,
}

impl Default for Half {
    fn default() -> Self {
        Self {
            reading: Reading::Records,
            pending: Vec::new(),
            started: false,
            epoch: Epoch::Plain,
            opener: None,
            secret: None,
            seq: 0,
            slack: 0,
            hole: Hole::default(),
            failures: 0,
            decrypted: false,
            hopeless: None,
            backlog: Vec::new(),
            backlog_bytes: 0,
            messages: Vec::new(),
        }
    }
}

impl Half {
    /// From here on records have the keys of `epoch`, counted from 0.
    pub(super) fn enter(&mut self, epoch: Epoch) {
        self.epoch = epoch;
        self.opener = None;
        self.secret = None;
        self.seq = 0;
        self.slack = 0;
        self.failures = 0;
        self.hopeless = None;
        self.messages = Vec::new();
    }

    /// A record went by whose content is unknown. It has its number all the same.
    pub(super) fn miss_record(&mut self, body_len: usize) {
        if self.opener.is_some() {
            self.seq += 1;
        } else {
            self.slack = (self.slack + 1).min(TLS_LOST_RECORDS);
        }
        self.hole.records += 1;
        let content = self.opener.as_ref().and_then(|opener| opener.content_len(body_len));
        self.hole.content += content.unwrap_or(body_len as u64);
    }

    /// Bytes went by in which record boundaries are not known.
    pub(super) fn miss_bytes(&mut self, bytes: u64) {
        if bytes == 0 {
            return;
        }
        self.hole.swallowed += bytes;
        // The shortest protected record: header, one byte of type or content, the shortest tag.
        self.slack = (self.slack + bytes / (5 + 1 + 8) + 1).min(TLS_LOST_RECORDS);
        self.messages.clear();
    }

    /// Content that is missing before a record `lost` numbers after the one expected. None if nothing is.
    pub(super) fn take_hole(&mut self, lost: u64) -> Option<u64> {
        let hole = std::mem::take(&mut self.hole);
        if lost == 0 && hole == Hole::default() {
            return None;
        }
        let per_record = self.opener.as_ref().and_then(Opener::overhead).map_or(0, |overhead| overhead as u64 + 5);
        let unseen = lost;
        let missing = hole.content + hole.swallowed.saturating_sub(unseen.saturating_mul(per_record));
        (missing > 0 || lost > 0 || hole.unknown).then_some(missing.max(1))
    }

    /// Takes handshake bytes in and hands out each message that is whole: type and body.
    pub(super) fn messages(&mut self, bytes: &[u8]) -> Messages {
        let mut all = std::mem::take(&mut self.messages);
        all.extend_from_slice(bytes);
        Messages { all, at: 0 }
    }

    /// Keeps the message that is not whole yet.
    pub(super) fn keep_messages(&mut self, messages: Messages) {
        let Messages { mut all, at } = messages;
        if at < all.len() && all.len() - at <= TLS_MESSAGE_BYTES {
            all.drain(..at);
            self.messages = all;
        }
    }
}

/// Handshake messages, one after the other.
pub(super) struct Messages {
    all: Vec<u8>,
    at: usize,
}

impl Messages {
    /// The next whole one.
    pub(super) fn next(&mut self) -> Option<(HandshakeType, &[u8])> {
        let (_, (kind, len)) = parse_handshake_header(self.all.get(self.at..)?).ok()?;
        let start = self.at + HANDSHAKE_HEADER_BYTES;
        let body = self.all.get(start..start.checked_add(len)?)?;
        self.at = start + len;
        Some((kind, body))
    }
}
