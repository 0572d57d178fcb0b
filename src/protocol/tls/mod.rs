//! TLS on one TCP connection (RFC 8446, RFC 5246): opened with keys where there are any, else seen from outside.
//!
//! Given the ordered bytes of both directions, says as events what the handshake, alerts and certificates show, and
//! hands on the content of every record that authenticates — nothing else, ever. Where records are missing it finds the
//! next one and says how much content is missing before it.
//!
//! Each direction: Plain → (Early →) Handshake → Application(0) → Application(1) …, or Plain → Legacy up to TLS 1.2.

mod backlog;
mod cbc;
mod guess;
mod half;
mod handshake;
mod keys;
mod opaque;
mod opener;
mod probe;
mod reader;
mod resync;
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
use crate::wire::tls::{Alert, ContentType, RecordHeader, Version};
use half::{Epoch, Half, Reading};
use opaque::Opaque;
use opener::Opened;
use session::Session;

/// Takes the content of records, piece by piece, with its direction.
pub type Sink<'a> = dyn FnMut(Dir, Content<'_>, &mut Events<'_>) + 'a;

/// What the machine works with while it takes a piece in.
struct Work<'w, 's, 'e> {
    keys: &'w Keys,
    workspace: &'w Workspace,
    events: &'w mut Events<'e>,
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
        events: &mut Events<'_>,
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
    pub fn finish(&mut self, events: &mut Events<'_>) {
        if let Some(opaque) = self.opaque.take() {
            let facts = opaque.facts();
            events.tls(facts.client, TlsEvent::Shape(Box::new(facts)));
        }
    }

    /// Neither direction speaks TLS.
    pub fn is_foreign(&self) -> bool {
        Dir::BOTH.iter().all(|dir| self.halves[*dir].reading == Reading::Foreign)
    }

    /// A record that nobody here can read.
    fn note_sealed(&mut self, dir: Dir, header: RecordHeader, work: &mut Work<'_, '_, '_>) {
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
        if let Some(opaque) = &mut self.opaque {
            opaque.note(dir, header, work.events.mark());
        }
    }

    /// A whole record.
    fn take_record(&mut self, dir: Dir, header: RecordHeader, body: &[u8], work: &mut Work<'_, '_, '_>) {
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
    fn take_sealed(&mut self, dir: Dir, header: RecordHeader, body: &[u8], work: &mut Work<'_, '_, '_>) {
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

    fn take_opened(&mut self, dir: Dir, opened: Opened, lost: u64, plain: &[u8], work: &mut Work<'_, '_, '_>) {
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
        work: &mut Work<'_, '_, '_>,
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
}

#[cfg(test)]
mod tests;
