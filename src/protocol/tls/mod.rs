//! TLS on one TCP connection (RFC 8446, RFC 5246): opened with keys where there are any, else seen from outside.
//!
//! Given the ordered bytes of both directions, says as events what the handshake, alerts and certificates show, and
//! hands on the content of every record that authenticates — nothing else, ever. Where records are missing it finds the
//! next one and says how much content is missing before it.
//!
//! Each direction: Plain → (Early →) Handshake → Application(0) → Application(1) …, or Plain → Legacy up to TLS 1.2.

mod cbc;
mod half;
mod handshake;
mod keys;
mod opaque;
mod opener;
mod probe;
mod schedule;
mod session;
mod unlock;
mod workspace;

use std::borrow::Cow;

pub use keys::{ClientRandom, Keys, Label, Secret, Secrets};
pub use workspace::Workspace;

use crate::event::Events;
use crate::event::tls::{TlsEvent, Unreadable};
use crate::limits::TLS_TRIAL_BYTES;
use crate::packet::{ByDir, Dir};
use crate::tcp::Content;
use crate::wire::tls::{
    Alert, ContentType, RECORD_HEADER_BYTES, RecordHeader, Version, may_be_record, parse_record_header,
};
use half::{Epoch, Half, HeldRecord, Reading};
use opaque::Opaque;
use opener::Opened;
use session::Session;

/// Takes the content of records, piece by piece, with its direction.
pub type Sink<'a> = dyn FnMut(Dir, Content<'_>, &mut Events) + 'a;

/// What the machine works with while it takes a piece in.
struct Work<'w, 's> {
    keys: &'w Keys,
    workspace: &'w Workspace,
    events: &'w mut Events,
    sink: &'w mut Sink<'s>,
}

/// TLS on one connection.
#[derive(Debug)]
pub struct Tls {
    halves: ByDir<Half>,
    session: Session,
    /// Records that could not be read, from outside; None once some could.
    opaque: Option<Box<Opaque>>,
    /// What trying keys may still cost, in bytes.
    credit: u64,
    /// What is held may be readable now.
    retry: bool,
    said_unreadable: ByDir<bool>,
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            halves: ByDir::default(),
            session: Session::default(),
            opaque: None,
            credit: TLS_TRIAL_BYTES,
            retry: false,
            said_unreadable: ByDir::default(),
        }
    }
}

impl Tls {
    /// Takes the next piece of one direction's stream; the content of its records goes to `sink`.
    pub fn push(
        &mut self,
        dir: Dir,
        content: &Content<'_>,
        keys: &Keys,
        workspace: &Workspace,
        events: &mut Events,
        sink: &mut Sink<'_>,
    ) {
        let work = &mut Work { keys, workspace, events, sink };
        self.open_backlog(work);
        match content {
            Content::Data(bytes) => self.read(dir, bytes, work),
            Content::Gap(bytes) => self.skip_gap(dir, *bytes, work),
        }
        self.open_backlog(work);
    }

    /// The stream is over: says what could not be read.
    pub fn finish(&mut self, events: &mut Events) {
        if let Some(opaque) = self.opaque.take() {
            let facts = opaque.facts();
            events.tls(facts.client, TlsEvent::Shape(Box::new(facts)));
        }
    }

    /// Neither direction speaks TLS.
    pub fn is_foreign(&self) -> bool {
        Dir::BOTH.iter().all(|dir| self.halves[*dir].reading == Reading::Foreign)
    }

    fn read(&mut self, dir: Dir, bytes: &[u8], work: &mut Work<'_, '_>) {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = match self.halves[dir].reading {
                Reading::Records => self.read_record(dir, rest, work),
                Reading::Skipping(left) => {
                    let (_, after) = rest.split_at(left.min(rest.len()));
                    let left = left - (rest.len() - after.len());
                    self.halves[dir].reading = if left > 0 { Reading::Skipping(left) } else { Reading::Records };
                    after
                }
                Reading::Searching => self.search(dir, rest, work),
                Reading::Foreign => return,
            };
        }
    }

    /// Reads one record, or what there is of it; gives back the bytes after it.
    fn read_record<'b>(&mut self, dir: Dir, bytes: &'b [u8], work: &mut Work<'_, '_>) -> &'b [u8] {
        let half = &mut self.halves[dir];
        if !half.pending.is_empty() {
            return self.read_pending(dir, bytes, work);
        }
        let Ok((after, header)) = parse_record_header(bytes) else {
            if !may_be_record(bytes) {
                return self.read_foreign(dir, bytes, work);
            }
            half.pending.extend_from_slice(bytes);
            return &[];
        };
        if !header.is_plausible() {
            return self.read_foreign(dir, bytes, work);
        }
        if !self.wants(dir, header, work.keys) {
            self.pass_unread(dir, header, work);
            self.halves[dir].reading = Reading::Skipping(header.body_len());
            return if header.len > 0 { after } else { self.read_nothing(dir, after) };
        }
        if let Some((body, after)) = after.split_at_checked(header.body_len()) {
            self.take_record(dir, header, body, work);
            return after;
        }
        let mut pending = work.workspace.take_pending();
        pending.reserve(RECORD_HEADER_BYTES + header.body_len());
        pending.extend_from_slice(bytes);
        self.halves[dir].pending = pending;
        &[]
    }

    fn read_nothing<'b>(&mut self, dir: Dir, after: &'b [u8]) -> &'b [u8] {
        self.halves[dir].reading = Reading::Records;
        after
    }

    /// Goes on with the record whose beginning is pending.
    fn read_pending<'b>(&mut self, dir: Dir, bytes: &'b [u8], work: &mut Work<'_, '_>) -> &'b [u8] {
        let half = &mut self.halves[dir];
        let header_left = RECORD_HEADER_BYTES.saturating_sub(half.pending.len());
        let (first, bytes) = bytes.split_at(header_left.min(bytes.len()));
        half.pending.extend_from_slice(first);
        let Ok((body, header)) = parse_record_header(&half.pending) else { return bytes };
        let body_left = header.body_len().saturating_sub(body.len());
        if header_left > 0 {
            if !header.is_plausible() {
                let pending = std::mem::take(&mut half.pending);
                if !self.read_foreign(dir, &pending, work).is_empty() {
                    self.halves[dir].pending = pending;
                }
                return bytes;
            }
            if !self.wants(dir, header, work.keys) {
                self.halves[dir].pending.clear();
                self.pass_unread(dir, header, work);
                self.halves[dir].reading = if body_left > 0 { Reading::Skipping(body_left) } else { Reading::Records };
                return bytes;
            }
        }
        let half = &mut self.halves[dir];
        let (first, bytes) = bytes.split_at(body_left.min(bytes.len()));
        half.pending.extend_from_slice(first);
        if first.len() == body_left {
            let pending = std::mem::take(&mut half.pending);
            self.take_record(dir, header, pending.get(RECORD_HEADER_BYTES..).unwrap_or_default(), work);
            self.give_back(dir, pending, work);
        }
        bytes
    }

    /// Hands the buffer of a record to the next flow that needs one.
    fn give_back(&mut self, dir: Dir, mut buffer: Vec<u8>, work: &Work<'_, '_>) {
        buffer.clear();
        debug_assert!(self.halves[dir].pending.is_empty(), "one record at a time");
        work.workspace.put_pending(buffer);
    }

    /// Bytes that are no record.
    fn read_foreign<'b>(&mut self, dir: Dir, bytes: &'b [u8], work: &mut Work<'_, '_>) -> &'b [u8] {
        let half = &mut self.halves[dir];
        half.pending = Vec::new();
        if half.started || half.slack > 0 || !self.session.is_client(dir.opposite()) {
            half.reading = Reading::Searching;
            return bytes;
        }
        // TLS was asked for and another protocol answers: nearly always HTTP, with its 400.
        half.reading = Reading::Foreign;
        let line = bytes.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
        work.events.tls(dir, TlsEvent::PlainAnswer(session::text(line)));
        &[]
    }

    /// The body of that record is worth having.
    fn wants(&self, dir: Dir, header: RecordHeader, keys: &Keys) -> bool {
        let half = &self.halves[dir];
        let in_the_clear = header.content_type != ContentType::APPLICATION_DATA && half.epoch != Epoch::Legacy;
        in_the_clear || half.opener.is_some() || half.hopeless != Some(keys.generation())
    }

    /// A record goes by without being looked into.
    fn pass_unread(&mut self, dir: Dir, header: RecordHeader, work: &mut Work<'_, '_>) {
        let half = &mut self.halves[dir];
        half.started = true;
        half.miss_record(header.body_len());
        self.note_sealed(dir, header, work);
    }

    /// A record that nobody here can read.
    fn note_sealed(&mut self, dir: Dir, header: RecordHeader, work: &mut Work<'_, '_>) {
        if header.content_type != ContentType::APPLICATION_DATA && self.halves[dir].epoch == Epoch::Plain {
            return;
        }
        if header.content_type == ContentType::ALERT {
            work.events.tls(dir, TlsEvent::SealedAlert);
        }
        if Dir::BOTH.iter().any(|dir| self.halves[*dir].decrypted) {
            return;
        }
        if self.opaque.is_none() {
            self.opaque = Opaque::new(&self.session).map(Box::new);
        }
        if let (Some(opaque), Some(mark)) = (&mut self.opaque, work.events.mark()) {
            opaque.note(dir, header, mark);
        }
    }

    /// A whole record.
    fn take_record(&mut self, dir: Dir, header: RecordHeader, body: &[u8], work: &mut Work<'_, '_>) {
        let half = &mut self.halves[dir];
        half.started = true;
        let sealed = half.epoch == Epoch::Legacy;
        match header.content_type {
            ContentType::CHANGE_CIPHER_SPEC => self.change_cipher_spec(dir),
            ContentType::HANDSHAKE if !sealed => self.take_messages(dir, body, false, work),
            // TLS 1.3 alerts that are encrypted look like application data (RFC 8446 §5.2).
            ContentType::ALERT if !sealed => match Alert::parse(body) {
                Some(alert) => work.events.tls(dir, TlsEvent::Alert { alert, protected: false }),
                None => work.events.tls(dir, TlsEvent::SealedAlert),
            },
            _ => self.take_sealed(dir, header, body, work),
        }
    }

    /// TLS 1.2 and below: the sender's records are protected from here on. In TLS 1.3 it means nothing
    /// (RFC 8446 §D.4).
    fn change_cipher_spec(&mut self, dir: Dir) {
        if self.session.version.is_some_and(|version| version < Version::TLS_1_3) {
            self.halves[dir].enter(Epoch::Legacy);
        }
    }

    /// A record that is protected.
    fn take_sealed(&mut self, dir: Dir, header: RecordHeader, body: &[u8], work: &mut Work<'_, '_>) {
        if self.must_wait(dir, work.keys) && self.hold(dir, header, body, work) {
            return;
        }
        let mut plain = work.workspace.take_plain();
        match self.open(dir, header, body, &mut plain, work) {
            Ok((opened, lost)) => self.take_opened(dir, opened, lost, &plain, work),
            Err(why) => self.take_unreadable(dir, header, body.len(), why, work),
        }
        work.workspace.put_plain(plain);
    }

    fn take_opened(&mut self, dir: Dir, opened: Opened, lost: u64, plain: &[u8], work: &mut Work<'_, '_>) {
        let content = plain.get(..opened.len).unwrap_or_default();
        let half = &mut self.halves[dir];
        if half.epoch.carries_data()
            && let Some(missing) = half.take_hole(lost)
        {
            (work.sink)(dir, Content::Gap(missing), work.events);
        }
        match opened.content_type {
            ContentType::APPLICATION_DATA => {
                if !std::mem::replace(&mut self.halves[dir].decrypted, true) {
                    self.opaque = None;
                    work.events.tls(dir, TlsEvent::Decrypted);
                }
                if !content.is_empty() {
                    (work.sink)(dir, Content::Data(Cow::Borrowed(content)), work.events);
                }
            }
            ContentType::HANDSHAKE => self.take_messages(dir, content, true, work),
            ContentType::ALERT => {
                if let Some(alert) = Alert::parse(content) {
                    work.events.tls(dir, TlsEvent::Alert { alert, protected: true });
                }
            }
            // TLS 1.2: a handshake inside the connection changes keys once more.
            ContentType::CHANGE_CIPHER_SPEC => self.change_cipher_spec(dir),
            _ => {}
        }
    }

    fn take_unreadable(
        &mut self,
        dir: Dir,
        header: RecordHeader,
        body_len: usize,
        why: Option<Unreadable>,
        work: &mut Work<'_, '_>,
    ) {
        // RFC 8446 §4.2.10: early data that the server does not take is passed over by it, and by us.
        let refused = self.session.early_accepted == Some(false) && self.session.is_client(dir);
        let half = &mut self.halves[dir];
        if refused && half.epoch == Epoch::Handshake && half.seq == 0 {
            return;
        }
        half.miss_record(body_len);
        self.note_sealed(dir, header, work);
        if let Some(why) = why
            && !std::mem::replace(&mut self.said_unreadable[dir], true)
        {
            work.events.tls(dir, TlsEvent::Unreadable(why));
        }
    }

    /// Bytes of this direction are missing from the capture.
    fn skip_gap(&mut self, dir: Dir, bytes: u64, work: &mut Work<'_, '_>) {
        let half = &mut self.halves[dir];
        let within = match half.reading {
            Reading::Skipping(left) => left,
            Reading::Records => match parse_record_header(&half.pending) {
                Ok((body, header)) if header.is_plausible() => {
                    let left = header.body_len().saturating_sub(body.len());
                    half.pending = Vec::new();
                    self.pass_unread(dir, header, work);
                    left
                }
                _ => 0,
            },
            Reading::Searching | Reading::Foreign => 0,
        };
        let half = &mut self.halves[dir];
        match usize::try_from(bytes).ok().and_then(|bytes| within.checked_sub(bytes)) {
            // The hole lies within one record: boundaries hold.
            Some(0) => half.reading = Reading::Records,
            Some(left) => half.reading = Reading::Skipping(left),
            None if half.reading == Reading::Foreign => {}
            None => {
                let unread = std::mem::take(&mut half.pending).len();
                half.miss_bytes((bytes + unread as u64).saturating_sub(within as u64));
                half.reading = Reading::Searching;
                if let Some(opaque) = &mut self.opaque {
                    opaque.note_hole();
                }
            }
        }
    }

    /// Keys, or what decides which, may still come.
    fn must_wait(&self, dir: Dir, keys: &Keys) -> bool {
        let half = &self.halves[dir];
        if half.opener.is_some() || half.hopeless.is_some() {
            return false;
        }
        let Some(random) = &self.session.client_random else { return false };
        let early = half.epoch == Epoch::Early && self.session.early_accepted.is_none();
        match keys.find(random) {
            Some(_) => self.session.version.is_none() || early,
            None => keys.grows(),
        }
    }

    /// Holds a record until its keys can be known; false where there is no room for more.
    fn hold(&mut self, dir: Dir, header: RecordHeader, body: &[u8], work: &mut Work<'_, '_>) -> bool {
        let half = &mut self.halves[dir];
        if half.backlog_bytes + body.len() > crate::limits::TLS_BACKLOG_BYTES {
            // What was held is given up: it may be found again by its number, not by its bytes.
            for held in std::mem::take(&mut half.backlog) {
                half.miss_record(held.body.len());
            }
            half.backlog_bytes = 0;
            half.hopeless = Some(u64::MAX);
            return false;
        }
        half.backlog_bytes += body.len();
        half.backlog.push(HeldRecord { mark: work.events.mark(), header, body: body.to_vec() });
        true
    }

    /// Takes up again what was held, where it may be readable now.
    fn open_backlog(&mut self, work: &mut Work<'_, '_>) {
        if !std::mem::take(&mut self.retry) && self.session.generation == work.keys.generation() {
            return;
        }
        self.session.generation = work.keys.generation();
        // What the server's handshake says about early data comes before the early data.
        let client = self.session.client.unwrap_or(Dir::Forward);
        let order = if self.session.early_accepted.is_none() && self.halves[client].epoch == Epoch::Early {
            [client.opposite(), client]
        } else {
            [client, client.opposite()]
        };
        let now = work.events.mark();
        for dir in order {
            if self.halves[dir].backlog.is_empty() || self.must_wait(dir, work.keys) {
                continue;
            }
            self.halves[dir].backlog_bytes = 0;
            for held in std::mem::take(&mut self.halves[dir].backlog) {
                held.mark.into_iter().for_each(|mark| work.events.stamp(mark));
                self.take_sealed(dir, held.header, &held.body, work);
            }
        }
        now.into_iter().for_each(|mark| work.events.stamp(mark));
    }
}

#[cfg(test)]
mod tests;
